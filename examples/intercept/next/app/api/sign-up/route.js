import { Polar } from "@polar-sh/sdk";
import { NextResponse } from "next/server";
import { store } from "../../../store.js";

const polar = new Polar({ accessToken: process.env.POLAR_ACCESS_TOKEN, server: "sandbox" });

export async function POST(request) {
  const { email } = await request.json();
  const user = { id: `user_${crypto.randomUUID()}`, email };
  await polar.customers.create({ email, externalId: user.id });
  const session = crypto.randomUUID();
  store.sessions.set(session, user);
  const answer = NextResponse.json({ user });
  answer.cookies.set("session", session, { httpOnly: true });
  return answer;
}
