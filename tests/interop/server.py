#!/usr/bin/env python3
"""A small billing API that shares no code with tieback: customers, webhook endpoints, signed webhooks.

    python3 tests/interop/server.py [--port 4020] [--key standard|legacy] [--fault NAME]
    tieback run customer-mapping customer-lookup --base-url http://127.0.0.1:4020

Standard library only, state in memory, no token needed. With --fault it breaks in one way; tieback
has to notice and say which:

    forgets             creates customers and does not find them again
    drops-external-id   stores customers without their external ID
    changes-external-id stores it in upper case
    changes-email       stores the e-mail under another domain
    silent              never sends a webhook
    unmapped            sends customer.created without the external ID
    wrong-user          sends customer.created with somebody else's external ID
    wrong-key           signs with another key
    unsigned            does not sign
    stale               signs with a timestamp of an hour ago
    malformed           sends a body that is no JSON, properly signed
    twice               sends every webhook two times (harmless)
    late                waits half a second before it sends a webhook (harmless)
    early               sends the webhook before it answers the request (harmless)
"""
import argparse, base64, hashlib, hmac, http.client, json, re, secrets, sys, threading, time, uuid
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, unquote, urlsplit

CUSTOMERS, ENDPOINTS, LOCK = {}, {}, threading.Lock()


def now():
    return datetime.now(timezone.utc).isoformat().replace("+00:00", "Z")


def sign(secret, scheme, event_id, timestamp, body):
    key = base64.b64decode(secret.removeprefix("whsec_")) if scheme == "standard" else secret.encode()
    digest = hmac.new(key, f"{event_id}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    return "v1," + base64.b64encode(digest).decode()


def deliver(options, kind, customer):
    if options.fault == "late":
        time.sleep(0.5)
    for endpoint in list(ENDPOINTS.values()):
        if not endpoint["enabled"] or kind not in endpoint["events"] or options.fault == "silent":
            continue
        data = dict(customer)
        if options.fault == "unmapped":
            data["external_id"] = None
        if options.fault == "wrong-user":
            data["external_id"] = "somebody_else"
        body = json.dumps({"type": kind, "timestamp": now(), "data": data}).encode()
        if options.fault == "malformed":
            body = body[:-20]
        event_id, timestamp = str(uuid.uuid4()), int(time.time())
        if options.fault == "stale":
            timestamp -= 3600
        secret = "whsec_" + base64.b64encode(b"another key").decode() if options.fault == "wrong-key" else endpoint["secret"]
        headers = {"content-type": "application/json", "webhook-id": event_id, "webhook-timestamp": str(timestamp)}
        if options.fault != "unsigned":
            headers["webhook-signature"] = sign(secret, options.key, event_id, timestamp, body)
        for _ in range(2 if options.fault == "twice" else 1):
            url = urlsplit(endpoint["url"])
            link = http.client.HTTPConnection(url.netloc, timeout=10)
            try:
                link.request("POST", url.path, body, headers)
                link.getresponse().read()
            except OSError as error:
                print(f"delivery to {url.netloc} failed: {error}", file=sys.stderr)
            finally:
                link.close()


class Api(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # one packet an answer
    options = None

    def log_message(self, *_):
        pass

    def reply(self, status, body=None):
        raw = b"" if body is None else json.dumps(body).encode()
        self.send_response(status)
        if status != 204:
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def not_found(self):
        self.reply(404, {"error": "ResourceNotFound", "detail": "Not found"})

    def read_json(self):
        return json.loads(self.rfile.read(int(self.headers.get("content-length") or 0)) or b"{}")

    def route(self, method):
        url = urlsplit(self.path)
        body = self.read_json() if method in ("POST", "PATCH") else None
        if re.fullmatch(r"/v1/customers/?", url.path):
            return self.create(body) if method == "POST" else self.find(dict(parse_qsl(url.query)))
        if match := re.fullmatch(r"/v1/customers/external/([^/]+)", url.path):
            wanted = unquote(match[1])
            return self.one(method, next((c for c in CUSTOMERS.values() if c["external_id"] == wanted), None), body)
        if match := re.fullmatch(r"/v1/customers/([^/]+)", url.path):
            return self.one(method, CUSTOMERS.get(match[1]), body)
        if re.fullmatch(r"/v1/webhooks/endpoints/?", url.path) and method == "POST":
            endpoint = dict(body, id=str(uuid.uuid4()), enabled=True)
            endpoint["secret"] = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
            ENDPOINTS[endpoint["id"]] = endpoint
            return self.reply(201, endpoint)
        if match := re.fullmatch(r"/v1/webhooks/endpoints/([^/]+)", url.path):
            endpoint = ENDPOINTS.get(match[1])
            if endpoint is None:
                return self.not_found()
            if method == "DELETE":
                del ENDPOINTS[match[1]]
                return self.reply(204)
            endpoint.update(body or {})
            return self.reply(200, endpoint)
        self.not_found()

    def create(self, body):
        fault = self.options.fault
        customer = {"id": str(uuid.uuid4()), "created_at": now(), "metadata": {}, "external_id": None, "name": None}
        customer.update(body)
        with LOCK:
            for key in ("email", "external_id"):
                if customer[key] and any(c[key] == customer[key] for c in CUSTOMERS.values()):
                    msg = f"A customer with this {key} already exists."
                    return self.reply(422, {"error": "RequestValidationError", "detail": [{"loc": ["body", key], "msg": msg}]})
            if fault == "drops-external-id":
                customer["external_id"] = None
            if fault == "changes-external-id":
                customer["external_id"] = customer["external_id"].upper()
            if fault == "changes-email":
                customer["email"] = customer["email"].split("@")[0] + "@elsewhere.example"
            if fault != "forgets":
                CUSTOMERS[customer["id"]] = customer
        if fault == "early":
            deliver(self.options, "customer.created", customer)
        self.reply(201, customer)
        if fault != "early":
            threading.Thread(target=deliver, args=(self.options, "customer.created", customer)).start()

    def find(self, query):
        found = list(CUSTOMERS.values())
        for key, wanted in query.items():
            low = wanted.lower()
            if key == "email":
                found = [c for c in found if c["email"].lower() == low]
            elif key == "query":
                found = [c for c in found if low in c["email"].lower() or low in (c["name"] or "").lower()
                         or (c["external_id"] or "").lower().startswith(low)]
            elif match := re.fullmatch(r"metadata\[(.+)\]", key):
                found = [c for c in found if str(c["metadata"].get(match[1])) == wanted]
        self.reply(200, {"items": found, "pagination": {"total_count": len(found), "max_page": 1}})

    def one(self, method, customer, body):
        if customer is None:
            return self.not_found()
        if method == "DELETE":
            del CUSTOMERS[customer["id"]]
            return self.reply(204)
        customer.update(body or {})
        self.reply(200, customer)

    def do_GET(self): self.route("GET")
    def do_POST(self): self.route("POST")
    def do_PATCH(self): self.route("PATCH")
    def do_DELETE(self): self.route("DELETE")


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--port", type=int, default=4020)
    options.add_argument("--key", choices=["standard", "legacy"], default="standard")
    options.add_argument("--fault", default="")
    Api.options = options.parse_args()
    server = ThreadingHTTPServer(("127.0.0.1", Api.options.port), Api)
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()


main()
