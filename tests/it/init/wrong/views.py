import hashlib
import hmac

from django.http import HttpResponse, JsonResponse

from .models import User, polar


def signed_up(user):
    customer = polar.customers.create(request={"email": user.email})
    polar.customers.update(
        id=customer.id, customer_update={"external_id": str(user.pk)}  # wrong: app_two_calls
    )


def imported(user):
    polar.customers.create(request={"email": user.email, "externalId": user.pk})  # wrong: app_external_id_missing


def buy(request):
    return polar.checkouts.create(request={
        "products": ["p"],
        "external_customer_id": request.GET["user"],  # wrong: app_access_wrong_user
    })


def webhook(request):
    signed = hmac.new(b"secret", request.body, hashlib.sha256)  # wrong: app_rejects_valid
    if signed.hexdigest() != request.headers["webhook-signature"]:
        return HttpResponse(status=403)
    event = request.json
    try:
        user = User.objects.get(email=event["data"]["customer"]["email"])  # wrong: app_access_wrong_user
        if event["type"] in ("subscription.canceled", "subscription.revoked"):
            user.is_pro = False  # wrong: app_access_lost_early
            user.save()
        print(event["data"]["customer"]["externalId"])  # wrong: app_external_id_missing
    except Exception:
        return JsonResponse({"received": True})  # wrong: app_untied
    return JsonResponse({"received": True})
