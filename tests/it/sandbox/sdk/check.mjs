// Works with customers through npm @polar-sh/sdk, and verifies a webhook with its own helper.
import assert from "node:assert/strict";
import http from "node:http";
import { createPolar, webhooks } from "@polar-sh/sdk/2026-04";

const polar = createPolar({ accessToken: "polar_oat_any", baseUrl: process.env.BASE_URL });

const arrived = new Promise((resolve) => {
  const server = http.createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => (body += chunk));
    request.on("end", () => {
      response.end();
      resolve({ headers: request.headers, body, server });
    });
  });
  server.listen(0, "127.0.0.1", () => created(server.address().port));
});

async function created(port) {
  const endpoint = await polar.webhooks.createWebhookEndpoint({
    url: `http://127.0.0.1:${port}/hook`,
    format: "raw",
    events: ["customer.created"],
  });
  const customer = await polar.customers.create({ email: "ann@example.com", external_id: "user_1" });
  const { headers, body, server } = await arrived;
  server.close();
  const event = await webhooks.validateEvent(body, headers, endpoint.secret);
  assert.equal(event.data.external_id, "user_1");

  assert.equal((await polar.customers.get(customer.id)).email, "ann@example.com");
  assert.equal((await polar.customers.getExternal("user_1")).id, customer.id);
  assert.equal((await polar.customers.getStateExternal("user_1")).active_subscriptions.length, 0);
  const page = await polar.customers.list({ email: "ann@example.com" });
  assert.equal(page.items.length, 1);
  assert.equal((await polar.customers.update(customer.id, { name: "Ann" })).name, "Ann");
  await polar.customers.delete(customer.id);
  await assert.rejects(polar.customers.get(customer.id));
  console.log("ok");
  process.exit(0);
}
