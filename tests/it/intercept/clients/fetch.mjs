const polar = "https://sandbox-api.polar.sh/v1";
const made = await fetch(`${polar}/customers/`, {
  method: "POST",
  headers: { authorization: "Bearer polar_oat_any", "content-type": "application/json" },
  body: JSON.stringify({ email: "ann@example.com", external_id: "user_1" }),
});
const read = await fetch(new URL(`${polar}/customers/external/user_1`), {
  headers: { authorization: "Bearer polar_oat_any" },
});
const other = await fetch(process.env.OTHER_URL);
console.log(made.status, (await read.json()).email, await other.text());
