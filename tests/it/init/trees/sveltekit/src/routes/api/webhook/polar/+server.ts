import { POLAR_WEBHOOK_SECRET } from "$env/static/private";
import { Webhooks } from "@polar-sh/sveltekit";
import { grant, revoke } from "$lib/access";

export const POST = Webhooks({
  webhookSecret: POLAR_WEBHOOK_SECRET,
  onSubscriptionActive: async ({ data }) => grant(data.customer.externalId),
  onSubscriptionRevoked: async ({ data }) => revoke(data.customer.externalId),
});
