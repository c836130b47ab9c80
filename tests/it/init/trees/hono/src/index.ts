import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { account } from "./account";
import { billing } from "./billing";

const app = new Hono();
app.get("/", (c) => c.text("ok"));
app.route("/api", account);
app.route("/billing", billing);

serve({ fetch: app.fetch, port: 8787 });
