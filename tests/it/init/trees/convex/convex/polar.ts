import { Polar } from "@convex-dev/polar";
import { api, components } from "./_generated/api";

export const polar = new Polar(components.polar, {
  products: { pro: "0c4a3f6b-1d8e-4e0b-9b6a-7a8f0d9c2e55" },
  getUserInfo: async (ctx) => ctx.runQuery(api.users.current),
  organizationToken: process.env.POLAR_ORGANIZATION_TOKEN,
  webhookSecret: process.env.POLAR_WEBHOOK_SECRET,
});
