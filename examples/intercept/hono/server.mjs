import { serve } from "@hono/node-server";
import { checkout, polar, webhooks } from "@polar-sh/better-auth";
import { Polar } from "@polar-sh/sdk";
import { betterAuth } from "better-auth";
import { getMigrations } from "better-auth/db/migration";
import Database from "better-sqlite3";
import { Hono } from "hono";

const url = "http://127.0.0.1:8022";
const paid = new Set();

const auth = betterAuth({
  baseURL: url,
  secret: "only for this example, which keeps no secrets",
  database: new Database(":memory:"),
  emailAndPassword: { enabled: true },
  plugins: [
    polar({
      client: new Polar({ accessToken: process.env.POLAR_ACCESS_TOKEN, server: "sandbox" }),
      createCustomerOnSignUp: true,
      use: [
        checkout({ successUrl: "/welcome", authenticatedUsersOnly: true }),
        webhooks({
          secret: process.env.POLAR_WEBHOOK_SECRET,
          onSubscriptionActive: async ({ data }) => paid.add(data.customer.externalId),
          onSubscriptionRevoked: async ({ data }) => paid.delete(data.customer.externalId),
        }),
      ],
    }),
  ],
});
await (await getMigrations(auth.options)).runMigrations();

const app = new Hono();
app.on(["GET", "POST"], "/api/auth/*", (context) => auth.handler(context.req.raw));
app.get("/api/me", async (context) => {
  const session = await auth.api.getSession({ headers: context.req.raw.headers });
  if (!session) return context.json({ message: "sign in first" }, 401);
  return context.json({ plan: paid.has(session.user.id) ? "pro" : "free" });
});

serve({ fetch: app.fetch, port: 8022, hostname: "127.0.0.1" });
