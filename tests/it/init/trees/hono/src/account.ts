import { Hono } from "hono";
import { createSession, createUser, planOf, signedIn } from "./db";
import { polar } from "./polar";

export const account = new Hono();

account.post("/sign-up", async (c) => {
  const { email, password } = await c.req.json();
  const user = await createUser(email, password);
  await polar.customers.create({ email, externalId: user.id });
  await createSession(c, user.id);
  return c.json({ user: { id: user.id, email } }, 201);
});

account.get("/me", async (c) => {
  const user = await signedIn(c);
  return c.json({ plan: (await planOf(user.id)) ? "pro" : "free" });
});

account.delete("/me", async (c) => {
  const user = await signedIn(c);
  await polar.customers.deleteExternal({ externalId: user.id });
  return c.body(null, 204);
});
