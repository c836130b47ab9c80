// The three handlers of @polar-sh/hono. It knows the addresses of Polar alone, so that its calls to
// the sandbox there are turned to this one.
import assert from "node:assert/strict";
import { serve } from "@hono/node-server";
import { Checkout, CustomerPortal, Webhooks } from "@polar-sh/hono";
import { Hono } from "hono";

const base = process.env.BASE_URL;
const unturned = globalThis.fetch;
globalThis.fetch = async (input, options) => {
  const request = new Request(input, options);
  const { method, headers, url } = request;
  const body = method === "GET" ? undefined : await request.text();
  return unturned(url.replace("https://sandbox-api.polar.sh", base), { method, headers, body });
};

async function api(path, body) {
  const headers = { authorization: "Bearer polar_oat_any", "content-type": "application/json" };
  const options = { method: "POST", headers, body: JSON.stringify(body) };
  const answer = await unturned(base + path, options);
  assert.ok(answer.ok, `${path}: ${answer.status}`);
  return answer.json();
}

const app = new Hono();
const port = await new Promise((resolve) => {
  serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" }, (address) => resolve(address.port));
});
const url = `http://127.0.0.1:${port}`;
const customer = await api("/v1/customers/", { email: "ann@example.com", external_id: "user_1" });
const price = { amount_type: "fixed", price_amount: 1500 };
const plan = { name: "Pro", recurring_interval: "month", prices: [price] };
const product = await api("/v1/products/", plan);
const { secret } = await api("/v1/webhooks/endpoints", {
  url: `${url}/webhooks`,
  format: "raw",
  events: ["order.paid"],
});

let told;
const paid = new Promise((resolve) => (told = resolve));
const shared = { accessToken: "polar_oat_any", server: "sandbox" };
app.get("/checkout", Checkout({ ...shared, successUrl: `${url}/success` }));
app.get("/portal", CustomerPortal({ ...shared, getCustomerId: async () => customer.id }));
app.post("/webhooks", Webhooks({ webhookSecret: secret, onOrderPaid: async (one) => told(one) }));

const redirected = async (path) => {
  const answer = await unturned(url + path, { redirect: "manual" });
  assert.equal(answer.status, 302, await answer.text());
  return answer.headers.get("location");
};
const page = await redirected(`/checkout?products=${product.id}&customerExternalId=user_1`);
assert.ok(page.startsWith(`${base}/checkout/polar_c_`), page);
const open = await (await unturned(`${base}/v1/checkouts/client/${page.split("/").pop()}`)).json();
await api(`/_sandbox/checkouts/${open.id}/pay`, {});
assert.equal((await paid).data.customer.externalId, "user_1");
assert.equal((await unturned(await redirected("/portal"))).status, 200);
console.log("ok");
process.exit(0);
