import { fetch, request } from "undici-6";

const polar = "https://sandbox-api.polar.sh/v1";
const headers = { authorization: "Bearer polar_oat_any", "content-type": "application/json" };
const made = await request(`${polar}/customers/`, {
  method: "POST",
  headers,
  body: JSON.stringify({ email: "ann@example.com", external_id: "user_1" }),
});
const read = await fetch(`${polar}/customers/external/user_1`, { headers });
const other = await fetch(process.env.OTHER_URL);
console.log(made.statusCode, (await read.json()).email, await other.text());
