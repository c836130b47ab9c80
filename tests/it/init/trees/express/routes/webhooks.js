const express = require("express");
const { Webhook } = require("standardwebhooks");
const db = require("../db");

const router = express.Router();
const webhook = new Webhook(Buffer.from(process.env.POLAR_WEBHOOK_SECRET).toString("base64"));

router.post("/polar", express.raw({ type: "application/json" }), async (req, res) => {
  let event;
  try {
    event = webhook.verify(req.body, req.headers);
  } catch {
    return res.sendStatus(403);
  }
  try {
    // subscription.canceled is not handled: hasAccess: false comes with the revocation.
    if (event.type === "subscription.active") {
      await db.setAccess(event.data.customer.external_id, { hasAccess: true });
    } else if (event.type === "subscription.revoked") {
      await db.setAccess(event.data.customer.external_id, { hasAccess: false });
    }
  } catch (error) {
    console.error(error);
    return res.sendStatus(500);
  }
  res.sendStatus(202);
});

module.exports = router;
