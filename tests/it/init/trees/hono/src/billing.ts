import { validateEvent, WebhookVerificationError } from "@polar-sh/sdk/webhooks";
import { Hono } from "hono";
import { polar } from "./polar";
import { save, signedIn } from "./db";

export const billing = new Hono();

billing.post("/webhooks/polar", async (c) => {
  let event;
  try {
    event = validateEvent(await c.req.text(), c.req.header(), process.env.POLAR_WEBHOOK_SECRET!);
  } catch (error) {
    if (error instanceof WebhookVerificationError) return c.text("bad signature", 403);
    throw error;
  }
  switch (event.type) {
    case "subscription.active":
    case "subscription.updated":
    case "subscription.canceled":
      await save(event.data.customer.externalId, event.data.id, event.data.status);
      break;
    case "subscription.revoked":
      await save(event.data.customer.externalId, event.data.id, "revoked");
      break;
  }
  return c.json({ received: true });
});

billing.post("/checkout", async (c) => {
  const user = await signedIn(c);
  const checkout = await polar.checkouts.create({
    products: [process.env.POLAR_PRODUCT_ID!],
    externalCustomerId: user.id,
  });
  return c.redirect(checkout.url);
});
