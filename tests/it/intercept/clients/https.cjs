const https = require("node:https");
const http = require("node:http");

const headers = { authorization: "Bearer polar_oat_any", "content-type": "application/json" };
const body = JSON.stringify({ email: "ann@example.com", external_id: "user_1" });
const text = (answer, then) => {
  let all = "";
  answer.on("data", (part) => (all += part)).on("end", () => then(all));
};
const made = https.request(
  { hostname: "sandbox-api.polar.sh", path: "/v1/customers/", method: "POST", headers },
  (made) => {
    made.resume();
    https.get("https://sandbox-api.polar.sh/v1/customers/external/user_1", { headers }, (read) =>
      text(read, (customer) => {
        const { get } = process.env.OTHER_URL.startsWith("https") ? https : http;
        get(process.env.OTHER_URL, (other) =>
          text(other, (other) => console.log(made.statusCode, JSON.parse(customer).email, other)),
        );
      }),
    );
  },
);
made.end(body);
