import { json } from "@sveltejs/kit";
import { accessOf } from "$lib/access";

export async function GET({ locals }) {
  const user = await locals.user();
  return json({ isPro: await accessOf(user.id) });
}
