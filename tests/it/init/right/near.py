import hashlib
import hmac

from flask import request

from .models import IntegrityError, User, db, polar


def signed_up(user):
    try:
        return polar.customers.create(request={"email": user.email, "external_id": user.id})
    except ConflictError:
        return {"known": True}


def webhook():
    signed = request.headers["webhook-id"] + "." + request.headers["webhook-timestamp"] + "."
    mac = hmac.new(b"secret", signed.encode() + request.data, hashlib.sha256)
    if mac.hexdigest() != request.headers["webhook-signature"]:
        return "bad signature", 403
    event = request.json
    user = User.query.filter_by(id=event["data"]["customer"]["external_id"]).first()
    user.email = event["data"]["customer"]["email"]
    if event["type"] == "subscription.canceled":
        user.ends_at = event["data"]["ends_at"]
    elif event["type"] == "subscription.revoked":
        user.is_pro = False
    try:
        db.session.commit()
    except IntegrityError:
        return {"received": True}
    except Exception:
        return {"error": "try again"}, 500
    return {"received": True}
