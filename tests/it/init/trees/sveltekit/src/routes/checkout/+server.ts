import { redirect } from "@sveltejs/kit";
import { polar } from "$lib/polar";

export async function GET({ url, locals }) {
  const user = await locals.user();
  const checkout = await polar.checkouts.create({
    products: [url.searchParams.get("product")!],
    externalCustomerId: user.id,
  });
  redirect(303, checkout.url);
}
