import got from "got";

const polar = got.extend({
  prefixUrl: "https://sandbox-api.polar.sh/v1",
  headers: { authorization: "Bearer polar_oat_any" },
});
const customer = { email: "ann@example.com", external_id: "user_1" };
const made = await polar.post("customers/", { json: customer });
const read = await polar.get("customers/external/user_1").json();
const other = await got(process.env.OTHER_URL).text();
console.log(made.statusCode, read.email, other);
