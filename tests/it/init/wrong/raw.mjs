import { createHmac } from "node:crypto";

export const signedUp = (user) =>
  fetch("https://api.polar.sh/v1/customers/", {
    method: "POST",
    headers: { authorization: `Bearer ${process.env.POLAR_ACCESS_TOKEN}` },
    body: JSON.stringify({ email: user.email, externalId: user.id }), // wrong: app_external_id_missing
  });

export function verify(body, headers) {
  const wanted = createHmac("sha256", process.env.SECRET).update(body).digest("base64"); // wrong: app_rejects_valid
  return headers["webhook-signature"] === `v1,${wanted}`;
}
