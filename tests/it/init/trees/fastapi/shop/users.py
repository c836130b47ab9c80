import os

from fastapi import APIRouter, Depends
from polar_sdk import Polar

from . import db

users = APIRouter()
polar = Polar(
    access_token=os.environ["POLAR_ACCESS_TOKEN"], server_url=os.environ["POLAR_SERVER_URL"]
)


@users.post("/signup", status_code=201)
async def signup(body: db.SignUp):
    user = db.add(body.email, body.password)
    # externalId is what the TypeScript SDK calls it.
    polar.customers.create(request={"email": body.email, "external_id": str(user.id)})
    return {"user": {"id": user.id}}


@users.get("/subscription")
async def subscription(user=Depends(db.signed_in)):
    return {"plan": "pro" if db.active(user.id) else "free"}
