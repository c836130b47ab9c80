import { Webhooks } from "@polar-sh/nextjs";
import { store } from "../../../../store.js";

export const POST = Webhooks({
  webhookSecret: process.env.POLAR_WEBHOOK_SECRET,
  onSubscriptionActive: async ({ data }) => store.active.add(data.customer.externalId),
  onSubscriptionRevoked: async ({ data }) => store.active.delete(data.customer.externalId),
});
