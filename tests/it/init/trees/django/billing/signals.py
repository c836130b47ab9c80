import os

import requests
from django.contrib.auth import get_user_model
from django.db.models.signals import post_save
from django.dispatch import receiver


@receiver(post_save, sender=get_user_model())
def make_customer(instance, created, **kwargs):
    if created:
        requests.post(
            os.environ["POLAR_BASE_URL"] + "/v1/customers/",
            headers={"authorization": "Bearer " + os.environ["POLAR_TOKEN"]},
            json={"email": instance.email, "external_id": str(instance.pk)},
            timeout=10,
        ).raise_for_status()
