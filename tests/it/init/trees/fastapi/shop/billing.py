import os

from fastapi import APIRouter, HTTPException, Request
from polar_sdk.webhooks import WebhookVerificationError, validate_event

from . import db

router = APIRouter(prefix="/api")


@router.post("/webhooks/polar", status_code=202)
async def webhook(request: Request):
    try:
        event = validate_event(
            body=await request.body(),
            headers=request.headers,
            secret=os.environ["POLAR_WEBHOOK_SECRET"],
        )
    except WebhookVerificationError as error:
        raise HTTPException(403) from error
    if event.TYPE == "subscription.canceled":
        db.set_end(event.data.customer.external_id, event.data.ends_at)
    elif event.TYPE == "subscription.revoked":
        db.set_plan(event.data.customer.external_id, plan="free")
    return {"received": True}
