//! Webhooks as a provider sends them.

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
