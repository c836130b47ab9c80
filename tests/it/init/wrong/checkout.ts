import { polar } from "./polar";

export async function POST(req: Request) {
  const { userId, email, plan } = await req.json();
  const customer = await polar.customers.create({ email, metadata: { plan } });
  await polar.customers.update({
    id: customer.id,
    customerUpdate: { externalId: userId }, // wrong: app_two_calls
  });
  const checkout = await polar.checkouts.create({
    products: [process.env.PRODUCT_ID!],
    externalCustomerId: userId, // wrong: app_access_wrong_user
  });
  return Response.json({ url: checkout.url });
}

export async function GET(request: Request) {
  const url = new URL(request.url);
  return polar.checkouts.create({
    products: [process.env.PRODUCT_ID!],
    externalCustomerId: url.searchParams.get("user"), // wrong: app_access_wrong_user
  });
}
