const { Router } = require("express");
const db = require("../db");

const users = Router();

users.post("/register", async (req, res) => {
  const { name, email, password } = req.body;
  const id = await db.createUser(name, email, password);
  const answer = await fetch(`${process.env.POLAR_API_URL}/v1/customers/`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${process.env.POLAR_ACCESS_TOKEN}`,
      "content-type": "application/json",
    },
    body: JSON.stringify({ email, external_id: String(id) }),
  });
  if (!answer.ok) return res.status(503).json({ error: "billing does not answer" });
  res.status(201).json({ id });
});

users.get("/entitlements", async (req, res) => {
  const user = await db.signedIn(req);
  res.json({ hasAccess: await db.hasAccess(user.id) });
});

module.exports = users;
