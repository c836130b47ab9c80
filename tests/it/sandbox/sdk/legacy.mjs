// Works with customers and a purchase through npm @polar-sh/sdk 0.47, which most apps still have.
import assert from "node:assert/strict";
import http from "node:http";
import { Polar } from "@polar-sh/sdk";
import { ResourceNotFound } from "@polar-sh/sdk/models/errors/resourcenotfound.js";
import { validateEvent } from "@polar-sh/sdk/webhooks";

const base = process.env.BASE_URL;
const polar = new Polar({ accessToken: "polar_oat_any", serverURL: base });

const arrived = [];
const waiting = [];
const server = http.createServer((request, response) => {
  let body = "";
  request.on("data", (chunk) => (body += chunk));
  request.on("end", () => {
    response.end();
    const webhook = { headers: request.headers, body };
    waiting.length > 0 ? waiting.shift()(webhook) : arrived.push(webhook);
  });
});
const next = () =>
  arrived.length > 0 ? arrived.shift() : new Promise((resolve) => waiting.push(resolve));
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));

const endpoint = await polar.webhooks.createWebhookEndpoint({
  url: `http://127.0.0.1:${server.address().port}/hook`,
  format: "raw",
  events: ["customer.created", "order.paid", "subscription.active", "benefit_grant.created"],
});
const event = async () => {
  const { headers, body } = await next();
  return validateEvent(body, headers, endpoint.secret);
};

const customer = await polar.customers.create({ email: "ann@example.com", externalId: "user_1" });
assert.equal((await event()).data.externalId, "user_1");
assert.equal((await polar.customers.get({ id: customer.id })).email, "ann@example.com");
assert.equal((await polar.customers.getExternal({ externalId: "user_1" })).id, customer.id);
const { result: page } = await polar.customers.list({ email: "ann@example.com" });
assert.equal(page.items.length, 1);
const customerUpdate = { name: "Ann" };
assert.equal((await polar.customers.update({ id: customer.id, customerUpdate })).name, "Ann");

const benefit = await polar.benefits.create({
  type: "custom",
  description: "Support",
  properties: { note: null },
});
const product = await polar.products.create({
  name: "Pro",
  recurringInterval: "month",
  prices: [{ amountType: "fixed", priceAmount: 1500 }],
});
const productBenefitsUpdate = { benefits: [benefit.id] };
await polar.products.updateBenefits({ id: product.id, productBenefitsUpdate });
const checkout = await polar.checkouts.create({
  products: [product.id],
  externalCustomerId: "user_1",
});
const paid = await fetch(`${base}/_sandbox/checkouts/${checkout.id}/pay`, { method: "POST" });
assert.equal(paid.status, 200);
const missing = new Set(["order.paid", "subscription.active", "benefit_grant.created"]);
while (missing.size > 0) {
  const { type, data } = await event();
  assert.equal(data.customer.externalId, "user_1");
  missing.delete(type);
}
const mine = { externalCustomerId: "user_1" };
assert.equal((await polar.orders.list(mine)).result.items[0].status, "paid");
const subscription = (await polar.subscriptions.list(mine)).result.items[0];
const cancel = { id: subscription.id, subscriptionUpdate: { cancelAtPeriodEnd: true } };
assert.ok((await polar.subscriptions.update(cancel)).endsAt);
assert.equal((await polar.customers.getStateExternal({ externalId: "user_1" })).id, customer.id);
assert.ok((await polar.customerSessions.create(mine)).customerPortalUrl.startsWith(base));
assert.ok((await polar.webhooks.listWebhookDeliveries({})).result.items.length > 0);

await polar.customers.delete({ id: customer.id });
await assert.rejects(polar.customers.get({ id: customer.id }), ResourceNotFound);
console.log("ok");
process.exit(0);
