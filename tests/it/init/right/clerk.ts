import { Webhook } from "svix";
import { polar } from "./polar";

export async function POST(req: Request) {
  const event = new Webhook(process.env.CLERK_SECRET!).verify(await req.text(), req.headers);
  const { id, email } = event.data;
  await polar.customers.create({ email, externalId: id });
  return new Response("ok", { status: 200 });
}

export const handlers = { onSubscriptionCanceled: sendSurvey, onSubscriptionRevoked: revokeAccess };
