import { Polar } from "sdk-0.47";

const polar = new Polar({ accessToken: "polar_oat_any", server: "sandbox" });
await polar.customers.create({ email: "ann@example.com", externalId: "user_1" });
const read = await polar.customers.getExternal({ externalId: "user_1" });
const other = await fetch(process.env.OTHER_URL);
console.log(201, read.email, await other.text());
