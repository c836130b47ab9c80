import { validateEvent } from "@polar-sh/sdk/webhooks";
import { db, polar, withdrawAccess } from "./db";

export async function POST(request: Request) {
  const event = validateEvent(await request.text(), request.headers, process.env.SECRET!);
  try {
    switch (event.type) {
      case "subscription.active": {
        const user = await db.user.findUnique({
          where: { email: event.data.customer.email }, // wrong: app_access_wrong_user
        });
        await db.user.update({ where: { id: user.id }, data: { plan: "pro" } });
        break;
      }
      case "subscription.canceled":
      case "subscription.revoked":
        await db.user.update({
          where: { id: event.data.customer.externalId },
          data: { plan: "free" }, // wrong: app_access_lost_early
        });
        break;
    }
  } catch (error) {
    console.error("webhook failed", error);
    return Response.json({ received: true }); // wrong: app_untied
  }
  return Response.json({ received: true });
}

export const handlers = {
  onSubscriptionCanceled: async ({ data }) => {
    await withdrawAccess(data.customer.externalId); // wrong: app_access_lost_early
  },
};

export async function legacy(event, users) {
  if (event.type === "subscription.canceled" || event.type === "subscription.revoked") {
    await db.update(users).set({ isPro: false }); // wrong: app_access_lost_early
  }
  return db.select().from(users).where(eq(users.email, event.data.customer.email)); // wrong: app_access_wrong_user
}
