const express = require("express");
const users = require("./routes/users");
const webhooks = require("./routes/webhooks");

const app = express();
app.use("/hooks", webhooks);
app.use(express.json());
app.use("/v1", users);
app.get("/health", (req, res) => res.send("ok"));

app.listen(process.env.PORT || 4000);
