import fetch from "node-fetch";

const polar = "https://sandbox-api.polar.sh/v1";
const headers = { authorization: "Bearer polar_oat_any", "content-type": "application/json" };
const body = JSON.stringify({ email: "ann@example.com", external_id: "user_1" });
const made = await fetch(`${polar}/customers/`, { method: "POST", headers, body });
const read = await fetch(`${polar}/customers/external/user_1`, { headers });
const other = await fetch(process.env.OTHER_URL);
console.log(made.status, (await read.json()).email, await other.text());
