# Works with customers through PyPI polar-sdk, and verifies a webhook with its own helper.
import http.server
import os
import queue
import threading

import httpx
from polar.v2026_04 import Polar
from polar.v2026_04.webhooks import validate_event

arrived = queue.Queue()


class Hook(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()
        arrived.put(({name.lower(): value for name, value in self.headers.items()}, body))

    def log_message(self, *_):
        pass


server = http.server.HTTPServer(("127.0.0.1", 0), Hook)
threading.Thread(target=server.serve_forever, daemon=True).start()

with Polar("polar_oat_any", base_url=os.environ["BASE_URL"]) as polar:
    endpoint = polar.webhooks.create_webhook_endpoint(
        url=f"http://127.0.0.1:{server.server_port}/hook",
        format="raw",
        events=["customer.created", "order.paid", "subscription.active", "benefit_grant.created"],
    )
    assert polar.webhooks.list_webhook_endpoints().items[0].id == endpoint.id
    customer = polar.customers.create(email="ann@example.com", external_id="user_1")
    headers, body = arrived.get(timeout=20)
    event = validate_event(body, headers, endpoint.secret)
    assert event.data.external_id == "user_1"

    assert polar.customers.get(customer.id).email == "ann@example.com"
    assert polar.customers.get_external("user_1").id == customer.id
    assert polar.customers.get_state_external("user_1").active_subscriptions == []
    assert len(polar.customers.list(email="ann@example.com").items) == 1
    assert polar.customers.update(customer.id, name="Ann").name == "Ann"
    # A purchase: every record and every webhook has to be one that the SDK reads.
    def post(path, body):
        headers = {"authorization": "Bearer polar_oat_any"}
        answer = httpx.post(os.environ["BASE_URL"] + path, headers=headers, json=body)
        assert answer.status_code < 300, answer.text
        return answer.json()

    price = {"amount_type": "fixed", "price_amount": 1500}
    plan = post("/v1/products/", {"name": "Pro", "recurring_interval": "month", "prices": [price]})
    flag = {"type": "feature_flag", "description": "Beta", "properties": {}}
    post(f"/v1/products/{plan['id']}/benefits", {"benefits": [post("/v1/benefits/", flag)["id"]]})
    checkout = polar.checkouts.create(products=[plan["id"]], external_customer_id="user_1")
    assert polar.checkouts.client_get(checkout.client_secret).id == checkout.id
    post(f"/_sandbox/checkouts/{checkout.id}/pay", {})
    kinds = set()
    while kinds != {"order.paid", "subscription.active", "benefit_grant.created"}:
        headers, body = arrived.get(timeout=20)
        event = validate_event(body, headers, endpoint.secret)
        assert event.data.customer.external_id == "user_1"
        kinds.add(event.type)
    assert polar.orders.list(external_customer_id="user_1").items[0].status == "paid"
    subscription = polar.subscriptions.list(external_customer_id="user_1").items[0]
    assert polar.subscriptions.update(subscription.id, cancel_at_period_end=True).ends_at
    assert polar.products.get(plan["id"]).name == "Pro"
    assert polar.benefit_grants.list(external_customer_id="user_1").items[0].is_granted
    assert polar.customer_sessions.create(external_customer_id="user_1").token
    assert polar.webhooks.list_webhook_deliveries().items

    polar.customers.delete(customer.id)
    try:
        polar.customers.get(customer.id)
    except Exception as error:
        assert "ResourceNotFound" in type(error).__name__, error
    else:
        raise AssertionError("still there")
print("ok")
