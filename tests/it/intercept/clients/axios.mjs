import axios from "axios";

const polar = axios.create({
  baseURL: "https://sandbox-api.polar.sh/v1",
  headers: { Authorization: "Bearer polar_oat_any" },
});
const made = await polar.post("/customers/", { email: "ann@example.com", external_id: "user_1" });
const read = await polar.get("/customers/external/user_1");
const other = await axios.get(process.env.OTHER_URL);
console.log(made.status, read.data.email, other.data);
