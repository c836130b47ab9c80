// A small app that sells one plan, put together as the documentation of its parts says: Hono,
// better-auth with SQLite, and Polar's plugin for it.

import { serve } from "@hono/node-server";
import { polar, webhooks } from "@polar-sh/better-auth";
import { Polar } from "@polar-sh/sdk";
import { betterAuth } from "better-auth";
import { getMigrations } from "better-auth/db/migration";
import Database from "better-sqlite3";
import { Hono } from "hono";

const { POLAR_BASE_URL, POLAR_ACCESS_TOKEN, POLAR_WEBHOOK_SECRET, PORT = "8018" } = process.env;
const url = `http://127.0.0.1:${PORT}`;
const database = new Database(process.env.DATABASE ?? "app.db");

database.exec(`CREATE TABLE IF NOT EXISTS subscription (
  id TEXT PRIMARY KEY, user_id TEXT, active INTEGER, at INTEGER)`);
const upsert = database.prepare(`INSERT INTO subscription VALUES (:id, :user, :active, :at)
  ON CONFLICT (id) DO UPDATE SET active = :active, at = :at WHERE subscription.at <= :at`);

const store = async ({ data, timestamp }) => {
  if (!data.customer.externalId) return;
  upsert.run({
    id: data.id,
    user: data.customer.externalId,
    active: ["active", "trialing"].includes(data.status) ? 1 : 0,
    at: new Date(timestamp).getTime(),
  });
};

const auth = betterAuth({
  baseURL: url,
  secret: process.env.BETTER_AUTH_SECRET ?? "only for this example, which keeps no secrets",
  database,
  emailAndPassword: { enabled: true },
  rateLimit: { enabled: false },
  plugins: [
    polar({
      client: new Polar({ accessToken: POLAR_ACCESS_TOKEN, serverURL: POLAR_BASE_URL }),
      createCustomerOnSignUp: true,
      use: [
        webhooks({
          secret: POLAR_WEBHOOK_SECRET,
          onSubscriptionCreated: store,
          onSubscriptionActive: store,
          onSubscriptionUpdated: store,
          onSubscriptionCanceled: store,
          onSubscriptionRevoked: store,
        }),
      ],
    }),
  ],
});

const { runMigrations } = await getMigrations(auth.options);
await runMigrations();

const app = new Hono();
app.get("/", (context) => context.text("ok"));
app.on(["GET", "POST"], "/api/auth/*", (context) => auth.handler(context.req.raw));
app.get("/api/subscription", async (context) => {
  const session = await auth.api.getSession({ headers: context.req.raw.headers });
  if (!session) return context.json({ message: "sign in first" }, 401);
  const active = database
    .prepare("SELECT count(*) AS count FROM subscription WHERE user_id = ? AND active")
    .get(session.user.id);
  return context.json({ plan: active.count > 0 ? "pro" : "free" });
});

serve({ fetch: app.fetch, port: Number(PORT), hostname: "127.0.0.1" });
