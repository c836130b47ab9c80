import { createHmac } from "node:crypto";
import { validateEvent } from "@polar-sh/sdk/webhooks";
import { db, mail, polar } from "./db";

// case "subscription.canceled": plan: "free" is what a handler must not do.
export async function POST(request: Request) {
  let event;
  try {
    event = validateEvent(await request.text(), request.headers, process.env.SECRET!);
  } catch {
    return new Response("bad signature", { status: 403 });
  }
  switch (event.type) {
    case "subscription.canceled":
      await mail.goodbye(event.data.customer.email);
      break;
    case "subscription.revoked":
      await db.user.update({
        where: { id: event.data.customer.externalId },
        data: { plan: "free", email: event.data.customer.email },
      });
      break;
    case "subscription.uncanceled":
      break;
  }
  try {
    await db.delivery.create({ data: { id: request.headers.get("webhook-id") } });
  } catch (error) {
    if (error.code === "P2002") return Response.json({ received: true });
    throw error;
  }
  try {
    await mail.receipt(event);
  } catch (error) {
    return Response.json({ received: false }, { status: 500 });
  }
  return Response.json({ received: true });
}

/* polar.customers.create({ external_id: 1 }) */
export async function signedUp(user) {
  const found = await polar.customers.list({ email: user.email });
  if (found.result.items.length === 0) {
    await polar.customers.create({
      email: user.email,
      externalId: user.id,
      metadata: { external_id: user.id },
    });
  } else {
    await polar.customers.update({
      id: found.result.items[0].id,
      customerUpdate: { externalId: user.id },
    });
  }
}

export const raw = (user) =>
  fetch("https://api.polar.sh/v1/customers/", {
    method: "POST",
    body: JSON.stringify({ email: user.email, external_id: user.externalId }),
  });

export function sign(id, time, body) {
  const key = createHmac("sha256", process.env.SECRET!);
  return { "webhook-id": id, "webhook-signature": key.update(`${id}.${time}.${body}`) };
}

export async function buy(req) {
  const { userId } = await req.json();
  const session = await getSession(req);
  if (session.user.id !== userId) return new Response("", { status: 403 });
  return polar.checkouts.create({ products: ["p"], externalCustomerId: userId });
}
