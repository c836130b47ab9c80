"""A small app that sells one plan: sign-up, webhooks from Polar, and who has access."""

import base64
import json
import os
import secrets
import sqlite3
from contextlib import closing

import httpx
from fastapi import Cookie, FastAPI, HTTPException, Request, Response
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

POLAR = os.environ["POLAR_BASE_URL"].rstrip("/")
TOKEN = os.environ["POLAR_ACCESS_TOKEN"]
SECRET = os.environ["POLAR_WEBHOOK_SECRET"]
DATABASE = os.environ.get("DATABASE", "app.db")
ACTIVE = ("active", "trialing")

app = FastAPI()


def database() -> sqlite3.Connection:
    db = sqlite3.connect(DATABASE, timeout=10, isolation_level=None)
    db.row_factory = sqlite3.Row
    return db


with closing(database()) as db:
    db.executescript("""
        PRAGMA journal_mode = WAL;
        CREATE TABLE IF NOT EXISTS user (
            id TEXT PRIMARY KEY, email TEXT UNIQUE, session TEXT UNIQUE, customer_id TEXT UNIQUE);
        CREATE TABLE IF NOT EXISTS subscription (
            id TEXT PRIMARY KEY, user_id TEXT, active INTEGER, at TEXT);
        CREATE TABLE IF NOT EXISTS paid_order (id TEXT PRIMARY KEY, user_id TEXT);
        CREATE TABLE IF NOT EXISTS webhook (id TEXT PRIMARY KEY);
    """)


# Users


@app.post("/api/sign-up")
async def sign_up(request: Request, response: Response):
    email = (await request.json())["email"].strip().lower()
    session = secrets.token_hex(24)
    with closing(database()) as db:
        # First the user: webhooks find it, and a sign-up that failed half way goes on with its id.
        db.execute("INSERT INTO user (id, email) VALUES (?, ?) ON CONFLICT DO NOTHING",
                   ["user_" + secrets.token_hex(8), email])
        user = db.execute("SELECT id, session FROM user WHERE email = ?", [email]).fetchone()
        if user["session"]:
            raise HTTPException(409, "this address is taken")
        customer_id = await customer_of(user["id"], email)
        done = db.execute("""UPDATE user SET session = ?, customer_id = ?
            WHERE id = ? AND session IS NULL""", [session, customer_id, user["id"]])
        if not done.rowcount:
            raise HTTPException(409, "this address is taken")
    response.set_cookie("session", session, httponly=True, secure=True, samesite="lax")
    return {"user": {"id": user["id"], "email": email}}


async def customer_of(user_id: str, email: str) -> str:
    """Makes the customer in one call, with the user's id, unless it is there already: from an
    earlier try, or left over without an owner by a checkout. The address should be verified."""
    body = {"email": email, "external_id": user_id}
    try:
        answer = await polar("POST", "/v1/customers/", json=body)
        if answer.status_code == 422:
            answer = await polar("GET", f"/v1/customers/external/{user_id}")
        if answer.status_code == 404:
            found = await polar("GET", "/v1/customers/", params={"email": email})
            free = [each for each in found.json()["items"] if each["external_id"] is None]
            if free:
                path, body = f"/v1/customers/{free[0]['id']}", {"external_id": user_id}
                answer = await polar("PATCH", path, json=body)
    except httpx.HTTPError as error:
        raise HTTPException(503, "billing does not answer") from error
    if not answer.is_success:
        raise HTTPException(503, f"billing answered {answer.status_code}")
    return answer.json()["id"]


async def polar(method: str, path: str, **options) -> httpx.Response:
    async with httpx.AsyncClient(headers={"authorization": f"Bearer {TOKEN}"}) as client:
        return await client.request(method, POLAR + path, **options)


def signed_in(db: sqlite3.Connection, session: str) -> sqlite3.Row:
    user = db.execute("SELECT * FROM user WHERE session = ?", [session]).fetchone()
    if user is None:
        raise HTTPException(401)
    return user


@app.delete("/api/me", status_code=204)
async def delete_account(session: str = Cookie(default="")):
    """The customer goes first, so that what is left of a failed deletion can be deleted again."""
    with closing(database()) as db:
        user = signed_in(db, session)
        answer = await polar("DELETE", f"/v1/customers/{user['customer_id']}")
        if not answer.is_success and answer.status_code != 404:
            raise HTTPException(503, f"billing answered {answer.status_code}")
        db.execute("DELETE FROM user WHERE id = ?", [user["id"]])


@app.get("/api/me")
def me(session: str = Cookie(default="")):
    with closing(database()) as db:
        user = signed_in(db, session)
        active = db.execute(
            "SELECT count(*) FROM subscription WHERE user_id = ? AND active", [user["id"]])
        orders = db.execute("SELECT count(*) FROM paid_order WHERE user_id = ?", [user["id"]])
        plan = "pro" if active.fetchone()[0] else "free"
        return {"plan": plan, "credits": 100 * orders.fetchone()[0]}


@app.get("/")
def home():
    return {"ok": True}


# Webhooks


def verified(body: bytes, headers) -> dict:
    """The payload, if the signature over the raw bytes stands. Secrets make their key in one of two
    ways: those from September 2026 on are decoded, older and chosen ones are used as they are."""
    keys = [SECRET] if SECRET.startswith("whsec_") else []
    keys.append(base64.b64encode(SECRET.encode()).decode())
    for key in keys:
        try:
            return Webhook(key).verify(body, dict(headers))
        except (WebhookVerificationError, ValueError):
            continue
    raise HTTPException(403, "bad signature")


@app.post("/api/webhooks/polar", status_code=202)
async def webhook(request: Request):
    body = await request.body()
    event = verified(body, request.headers)
    with closing(database()) as db:
        db.execute("BEGIN IMMEDIATE")
        # The id goes in with the effect: a second copy finds it, also one at the same moment.
        seen = db.execute("INSERT INTO webhook VALUES (?) ON CONFLICT DO NOTHING",
                          [request.headers["webhook-id"]])
        if seen.rowcount:
            try:
                apply(db, event)
            except Exception:
                db.execute("ROLLBACK")
                raise
        db.execute("COMMIT")
    return {}


def user_of(db: sqlite3.Connection, customer: dict, customer_id: str | None) -> str | None:
    """By the app's own id; after a deletion that is null, and only Polar's id is left."""
    found = db.execute("SELECT id FROM user WHERE id = ? OR customer_id = ?",
                       [customer.get("external_id"), customer_id]).fetchone()
    return found and found["id"]


def apply(db: sqlite3.Connection, event: dict):
    data, kind = event["data"], event["type"]
    customer = data.get("customer") or {}
    if kind.startswith("subscription."):
        user = user_of(db, customer, data["customer_id"])
        if user is None:
            return unmapped(customer)
        # What is older than what is stored is left alone.
        db.execute("""INSERT INTO subscription VALUES (:id, :user, :active, :at)
            ON CONFLICT (id) DO UPDATE SET active = :active, at = :at
            WHERE subscription.at <= :at""",
            {"id": data["id"], "user": user, "active": data["status"] in ACTIVE,
             "at": event["timestamp"]})
    elif kind == "order.paid":
        user = user_of(db, customer, data["customer_id"])
        if user is None:
            return unmapped(customer)
        db.execute("INSERT INTO paid_order VALUES (?, ?) ON CONFLICT DO NOTHING",
                   [data["id"], user])
    elif kind == "customer.deleted":
        db.execute("UPDATE subscription SET active = 0, at = ? WHERE user_id = ?",
                   [event["timestamp"], user_of(db, data, data["id"])])


def unmapped(customer: dict):
    """Users are stored before their customers: this is none of ours, and gets nothing."""
    print(json.dumps({"alarm": "no user for this customer", "customer": customer.get("id")}))
