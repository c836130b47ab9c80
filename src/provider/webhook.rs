//! Webhooks as a provider sends them.

use serde_json::Value as Json;

/// Values by name.
pub type Values<'a> = dyn Fn(&str) -> Option<String> + 'a;

/// What is known of a provider's webhooks.
#[derive(Debug, Clone, Copy)]
pub struct Webhook {
    /// Every type that an endpoint can subscribe to, in the provider's own order.
    pub event_types: &'static [&'static str],
    /// Names that people take for event types, and the type that is meant.
    pub often_meant: &'static [(&'static str, &'static str)],
    /// Two event types that help texts show.
    pub examples: [&'static str; 2],
    /// The header with the event's id, the same on every attempt.
    pub id_header: &'static str,
    /// The header with the time of the attempt, in Unix seconds.
    pub timestamp_header: &'static str,
    /// The header with the signatures.
    pub signature_header: &'static str,
    /// What generated secrets begin with; the rest is the key in base64.
    pub secret_prefix: &'static str,
    /// What secrets of other ages begin with.
    pub older_secret_prefixes: &'static [&'static str],
    /// Where the payload's parts stand.
    pub payload: Payload,
    /// The event that a customer's deletion causes.
    pub customer_deleted: &'static str,
    /// Endings of event types for which a handler grants access.
    pub grants: &'static [&'static str],
    /// The paths at which apps usually take webhooks.
    pub usual_paths: &'static [&'static str],
    /// The headers of a delivery beside those of its signature.
    pub sent_headers: &'static [(&'static str, &'static str)],
    /// An event of a type as the provider would send it; `None` for a type that it does not send.
    /// What it is about comes from values by name, where there are such: `customer_id`, `user_id`,
    /// `email`, `product.id`.
    pub example: fn(&str, &Values<'_>) -> Option<Json>,
}

impl Webhook {
    /// What the secrets of an older endpoint begin with.
    #[must_use]
    pub fn older_prefix(&self) -> &'static str {
        self.older_secret_prefixes.first().copied().unwrap_or_default()
    }
}

/// Where the parts of a payload stand, at its top level.
#[derive(Debug, Clone, Copy)]
pub struct Payload {
    /// The event's type, a string.
    pub event_type: &'static str,
    /// When it happened.
    pub timestamp: &'static str,
    /// The record, an object.
    pub data: &'static str,
}
