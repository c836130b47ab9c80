import { createPolar } from "@polar-sh/sdk/2026-04";

const polar = createPolar({ accessToken: "polar_oat_any", environment: "sandbox" });
await polar.customers.create({ email: "ann@example.com", external_id: "user_1" });
const read = await polar.customers.getExternal("user_1");
const other = await fetch(process.env.OTHER_URL);
console.log(201, read.email, await other.text());
