//! The webhooks that Polar sends.

/// Every event type that a webhook endpoint can subscribe to, in the API's own order.
pub const TYPES: [&str; 41] = [
    "checkout.created",
    "checkout.updated",
    "checkout.expired",
    "customer.created",
    "customer.updated",
    "customer.deleted",
    "customer.state_changed",
    "customer_seat.assigned",
    "customer_seat.claimed",
    "customer_seat.revoked",
    "member.created",
    "member.updated",
    "member.deleted",
    "order.created",
    "order.updated",
    "order.paid",
    "order.refunded",
    "subscription.created",
    "subscription.updated",
    "subscription.active",
    "subscription.canceled",
    "subscription.uncanceled",
    "subscription.cycled",
    "subscription.revoked",
    "subscription.past_due",
    "subscription.paused",
    "subscription.resumed",
    "refund.created",
    "refund.updated",
    "product.created",
    "product.updated",
    "discount.created",
    "discount.updated",
    "discount.deleted",
    "benefit.created",
    "benefit.updated",
    "benefit_grant.created",
    "benefit_grant.cycled",
    "benefit_grant.updated",
    "benefit_grant.revoked",
    "organization.updated",
];

/// Names that people take for webhooks, mostly from the event log in `/v1/events/`, and the webhook
/// that says the same.
pub const OFTEN_MEANT: [(&str, &str); 5] = [
    ("benefit.granted", "benefit_grant.created"),
    ("benefit.cycled", "benefit_grant.cycled"),
    ("benefit.revoked", "benefit_grant.revoked"),
    ("customer.state", "customer.state_changed"),
    ("checkout.completed", "order.paid"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_often_meant_exists() {
        for (name, meant) in OFTEN_MEANT {
            assert!(!TYPES.contains(&name), "{name} is a webhook");
            assert!(TYPES.contains(&meant), "{meant} is no webhook");
        }
    }
}
