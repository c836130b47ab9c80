import { checkout, polar, portal, webhooks } from "@polar-sh/better-auth";
import { Polar } from "@polar-sh/sdk";
import { betterAuth } from "better-auth";
import { db, store } from "./db";

const client = new Polar({
  accessToken: process.env.POLAR_ACCESS_TOKEN!,
  server: "sandbox",
});

export const auth = betterAuth({
  database: db,
  emailAndPassword: { enabled: true },
  plugins: [
    polar({
      client,
      createCustomerOnSignUp: true,
      use: [
        checkout({
          products: [{ productId: "5b0a1c4e-8d0f-4a51-9a3e-2f6f7c1f2b10", slug: "pro" }],
          successUrl: process.env.POLAR_SUCCESS_URL,
          authenticatedUsersOnly: true,
        }),
        portal(),
        webhooks({
          secret: process.env.POLAR_WEBHOOK_SECRET!,
          // Canceled is not over: the status and the end of the period say so.
          onSubscriptionCanceled: async ({ data }) => {
            await store(data.customer.externalId, { status: data.status, endsAt: data.endsAt });
          },
          onSubscriptionRevoked: async ({ data }) => {
            await store(data.customer.externalId, { plan: "free", status: data.status });
          },
        }),
      ],
    }),
  ],
});
