import json
import os

from django.contrib.auth.decorators import login_required
from django.db import IntegrityError
from django.http import HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from .models import Delivery, Profile


@csrf_exempt
def webhook(request):
    try:
        event = Webhook(os.environ["POLAR_WEBHOOK_SECRET"]).verify(request.body, request.headers)
    except WebhookVerificationError:
        return HttpResponse(status=403)
    try:
        Delivery.objects.create(id=request.headers["webhook-id"])
    except IntegrityError:
        return HttpResponse(status=200)
    profile = Profile.objects.filter(user_id=event["data"]["customer"]["external_id"]).first()
    if profile is None:
        return HttpResponse(status=404)
    if event["type"] == "subscription.revoked":
        profile.is_pro = False
        profile.save()
    return HttpResponse(status=202)


@login_required
def subscription(request):
    return JsonResponse({"is_pro": request.user.profile.is_pro})
