//! What went to the app's webhook handler.

use std::time::Duration;

use serde_json::Value as Json;

use crate::scenario::{KeyScheme, Sign, StatusPattern};

/// The webhooks of one step, in the order in which they were sent.
#[derive(Debug, Clone)]
pub struct Delivered {
    /// Each copy of each.
    pub webhooks: Vec<SentWebhook>,
    /// The status that was asked for.
    pub expected: StatusPattern,
}

/// A webhook that was sent to the app, and what the app made of it.
#[derive(Debug, Clone)]
pub struct SentWebhook {
    /// Its type.
    pub event_type: String,
    /// The event's id.
    pub id: String,
    /// What it says.
    pub payload: Json,
    /// How it was signed.
    pub sign: Sign,
    /// How the key was made.
    pub scheme: KeyScheme,
    /// How old its timestamp was, in seconds.
    pub age: i64,
    /// Which copy of several under one id, from 0.
    pub copy: u32,
    /// Whether the copies went side by side.
    pub at_once: bool,
    /// Whether a sign-up was still under way.
    pub early: bool,
    /// How long the app took to answer.
    pub took: Duration,
    /// What it answered.
    pub answer: Answer,
    /// The body of the answer.
    pub said: String,
}

/// What an app answered to a webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// This status.
    Status(u16),
    /// Nothing; says why.
    None(String),
}
