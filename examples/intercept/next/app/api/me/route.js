import { NextResponse } from "next/server";
import { store, userOf } from "../../../store.js";

export async function GET(request) {
  const user = userOf(request);
  if (!user) return NextResponse.json({ message: "sign up first" }, { status: 401 });
  return NextResponse.json({ user, plan: store.active.has(user.id) ? "pro" : "free" });
}
