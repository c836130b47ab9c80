// An app with better-auth and every part of Polar's plugin, driven as a browser drives it.
import assert from "node:assert/strict";
import { serve } from "@hono/node-server";
import { checkout, polar, portal, usage, webhooks } from "@polar-sh/better-auth";
import { Polar } from "@polar-sh/sdk";
import { betterAuth } from "better-auth";
import { getMigrations } from "better-auth/db/migration";
import Database from "better-sqlite3";
import { Hono } from "hono";

const base = process.env.BASE_URL;
const client = new Polar({ accessToken: "polar_oat_any", serverURL: base });
const pay = (id) => fetch(`${base}/_sandbox/checkouts/${id}/pay`, { method: "POST" });

const app = new Hono();
const port = await new Promise((resolve) => {
  serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" }, (address) => resolve(address.port));
});
const url = `http://127.0.0.1:${port}`;
const endpoint = await client.webhooks.createWebhookEndpoint({
  url: `${url}/api/auth/polar/webhooks`,
  format: "raw",
  events: ["order.paid", "subscription.active"],
});
const product = await client.products.create({
  name: "Pro",
  recurringInterval: "month",
  prices: [{ amountType: "fixed", priceAmount: 1500 }],
});
await client.meters.create({
  name: "Calls",
  filter: { conjunction: "and", clauses: [{ property: "name", operator: "eq", value: "call" }] },
  aggregation: { func: "count" },
});

const taken = new Map();
let told;
const both = new Promise((resolve) => (told = resolve));
const take = async (event) => {
  taken.set(event.type, event);
  if (taken.size === 2) told();
};
const auth = betterAuth({
  baseURL: url,
  secret: "a secret of this test, which keeps none",
  database: new Database(":memory:"),
  emailAndPassword: { enabled: true },
  plugins: [
    polar({
      client,
      createCustomerOnSignUp: true,
      use: [
        checkout({
          products: [{ productId: product.id, slug: "pro" }],
          successUrl: "/success?checkout_id={CHECKOUT_ID}",
          authenticatedUsersOnly: true,
        }),
        portal(),
        usage(),
        webhooks({ secret: endpoint.secret, onOrderPaid: take, onSubscriptionActive: take }),
      ],
    }),
  ],
});
const { runMigrations } = await getMigrations(auth.options);
await runMigrations();
app.on(["GET", "POST"], "/api/auth/*", (context) => auth.handler(context.req.raw));

let cookie = "";
async function call(method, path, body) {
  const headers = { "content-type": "application/json", origin: url, cookie };
  const answer = await fetch(url + "/api/auth" + path, {
    method,
    headers,
    body: body && JSON.stringify(body),
  });
  const set = answer.headers.getSetCookie();
  if (set.length > 0) cookie = set.map((one) => one.split(";")[0]).join("; ");
  const text = await answer.text();
  assert.equal(answer.status, 200, `${method} ${path}: ${answer.status} ${text}`);
  return JSON.parse(text);
}

const signUp = { name: "Ann", email: "ann@example.com", password: "correct horse" };
const { user } = await call("POST", "/sign-up/email", signUp);
const customer = await client.customers.getExternal({ externalId: user.id });
assert.equal(customer.email, "ann@example.com");

const opened = await call("POST", "/checkout", { slug: "pro" });
assert.ok(opened.url.startsWith(`${base}/checkout/polar_c_`), opened.url);
const { result } = await client.checkouts.list({ productId: product.id });
assert.equal(result.items[0].externalCustomerId, user.id);
assert.equal((await pay(result.items[0].id)).status, 200);
await both;
assert.equal(taken.get("order.paid").data.customer.externalId, user.id);
assert.equal(taken.get("subscription.active").data.customer.externalId, user.id);

const { url: portalUrl } = await call("GET", "/customer/portal");
assert.equal((await fetch(portalUrl)).status, 200);
const subscriptions = await call("GET", "/customer/subscriptions/list");
assert.equal(subscriptions.result.items[0].status, "active");
const orders = await call("GET", "/customer/orders/list");
assert.equal(orders.result.items[0].productId, product.id);
assert.deepEqual((await call("GET", "/customer/benefits/list")).result.items, []);
assert.equal((await call("GET", "/customer/state")).externalId, user.id);

const event = { event: "call", metadata: { path: "/" } };
assert.equal((await call("POST", "/usage/ingest", event)).inserted, 1);
let meter;
for (let tries = 0; meter?.consumedUnits !== 1; tries += 1) {
  assert.ok(tries < 200, `the event is not counted: ${JSON.stringify(meter)}`);
  await new Promise((resolve) => setTimeout(resolve, 25));
  [meter] = (await call("GET", "/usage/meters/list")).result.items;
}
assert.equal(meter.meter.name, "Calls");
console.log("ok");
process.exit(0);
