import os
import secrets

from fastapi import Cookie, FastAPI, HTTPException, Request, Response
from polar.v2026_04 import Polar
from polar.v2026_04.webhooks import validate_event

app = FastAPI()
polar = Polar(os.environ["POLAR_ACCESS_TOKEN"], environment="sandbox")
sessions: dict[str, str] = {}
active: set[str] = set()


def signed_in(session: str) -> str:
    if session not in sessions:
        raise HTTPException(401)
    return sessions[session]


@app.post("/api/sign-up")
async def sign_up(request: Request, response: Response):
    user, session = "user_" + secrets.token_hex(8), secrets.token_hex(24)
    polar.customers.create(email=(await request.json())["email"], external_id=user)
    sessions[session] = user
    response.set_cookie("session", session, httponly=True)
    return {"user": {"id": user}}


@app.get("/api/checkout")
def checkout(product: str, session: str = Cookie(default="")):
    made = polar.checkouts.create(products=[product], external_customer_id=signed_in(session))
    return {"url": made.url}


@app.post("/api/webhook/polar", status_code=202)
async def webhook(request: Request):
    event = validate_event(
        await request.body(), dict(request.headers), os.environ["POLAR_WEBHOOK_SECRET"]
    )
    if event.type == "subscription.active":
        active.add(event.data.customer.external_id)
    elif event.type == "subscription.revoked":
        active.discard(event.data.customer.external_id)


@app.get("/api/me")
def me(session: str = Cookie(default="")):
    return {"plan": "pro" if signed_in(session) in active else "free"}
