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
    # Not through the SDK: its model of an endpoint has fields that 2026-04 did not answer with when
    # it was recorded.
    endpoint = httpx.post(
        os.environ["BASE_URL"] + "/v1/webhooks/endpoints",
        headers={"authorization": "Bearer polar_oat_any"},
        json={
            "url": f"http://127.0.0.1:{server.server_port}/hook",
            "format": "raw",
            "events": ["customer.created"],
        },
    ).json()
    customer = polar.customers.create(email="ann@example.com", external_id="user_1")
    headers, body = arrived.get(timeout=20)
    event = validate_event(body, headers, endpoint["secret"])
    assert event.data.external_id == "user_1"

    assert polar.customers.get(customer.id).email == "ann@example.com"
    assert polar.customers.get_external("user_1").id == customer.id
    assert polar.customers.get_state_external("user_1").active_subscriptions == []
    assert len(polar.customers.list(email="ann@example.com").items) == 1
    assert polar.customers.update(customer.id, name="Ann").name == "Ann"
    polar.customers.delete(customer.id)
    try:
        polar.customers.get(customer.id)
    except Exception as error:
        assert "ResourceNotFound" in type(error).__name__, error
    else:
        raise AssertionError("still there")
print("ok")
