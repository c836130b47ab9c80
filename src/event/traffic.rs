//! What passed between at which time, counted from the beginning of the run.

use std::time::Duration;

use serde::Serialize;

use super::millis;

/// A request, a poll or a delivery to the app that was sent, with its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Call {
    /// Method and path, or the type of the webhook that was delivered.
    pub what: String,
    /// When it was sent.
    #[serde(rename = "at_ms", serialize_with = "millis")]
    pub at: Duration,
    /// How long its answer took, or how long none was waited for.
    #[serde(rename = "duration_ms", serialize_with = "millis")]
    pub duration: Duration,
    /// The status of the answer; left out where none came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
}

/// A time that was spent waiting for a rate limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct RateLimitWait {
    /// When it began.
    #[serde(rename = "at_ms", serialize_with = "millis")]
    pub at: Duration,
    /// How long it took.
    #[serde(rename = "duration_ms", serialize_with = "millis")]
    pub duration: Duration,
}

/// A webhook about what a scenario made, whether a step waited for it or not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Arrival {
    /// When it arrived.
    #[serde(rename = "at_ms", serialize_with = "millis")]
    pub at: Duration,
    /// Its `webhook-id` header, the same on every copy.
    pub webhook_id: String,
    /// Its type.
    #[serde(rename = "type")]
    pub event_type: String,
    /// Which way of making the key verified the signature, or why it has to be rejected.
    pub signature: &'static str,
}
