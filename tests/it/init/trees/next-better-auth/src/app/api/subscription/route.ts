import { headers } from "next/headers";
import { NextResponse } from "next/server";
import { auth } from "@/lib/auth";
import { subscriptionOf } from "@/lib/db";

export async function GET() {
  const session = await auth.api.getSession({ headers: await headers() });
  if (!session) return NextResponse.json({ error: "sign in first" }, { status: 401 });
  const active = await subscriptionOf(session.user.id);
  return NextResponse.json({ plan: active ? "pro" : "free" });
}
