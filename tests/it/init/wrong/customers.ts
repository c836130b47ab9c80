import { Webhooks } from "@polar-sh/nextjs";
import { polar, save } from "./polar";

export const signedUp = (user) =>
  polar.customers.create({
    email: user.email,
    external_id: user.id, // wrong: app_external_id_missing
  });

export const buy = (user) =>
  polar.checkouts.create({ products: ["p"], external_customer_id: user.id }); // wrong: app_external_id_missing

export const POST = Webhooks({
  webhookSecret: process.env.POLAR_WEBHOOK_SECRET!,
  onOrderPaid: async ({ data }) => save(data.customer.external_id), // wrong: app_external_id_missing
});
