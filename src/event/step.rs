//! What one step sent, saw and showed.

use std::time::Duration;

use serde::Serialize;
use serde_json::Value;

use super::code::Code;
use super::message::{Body, Headers};
use super::millis;
use super::named::named;
use super::status::Status;
use super::traffic::{Call, RateLimitWait};

named! {
    /// What a step does.
    pub enum StepKind {
        /// Sends a request and checks the response.
        Request = "request",
        /// Waits for a webhook and checks it.
        Event = "event",
        /// Sends a request to the app, or runs a program of its file.
        App = "app",
        /// Sends webhooks to the app.
        Deliver = "deliver",
        /// Arms a fault of the sandbox.
        Fault = "fault",
    }
}

/// The result of one step.
#[derive(Debug, Clone, Serialize)]
pub struct StepResult {
    /// Its `name`.
    pub name: String,
    /// What it does.
    pub kind: StepKind,
    /// How it ended.
    pub status: Status,
    /// When it began, from the beginning of the run.
    #[serde(rename = "at_ms", serialize_with = "millis")]
    pub at: Duration,
    /// How long it took, waits and retries included.
    #[serde(rename = "duration_ms", serialize_with = "millis")]
    pub duration: Duration,
    /// The line in the scenario's file on which the step starts, from 1.
    pub line: usize,
    /// The scenario's own remark on the step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Why it was skipped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Everything that was sent, polls and repetitions included, in the order of time.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub calls: Vec<Call>,
    /// The waits for a rate limit.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rate_limited: Vec<RateLimitWait>,
    /// The request as it was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<RequestSummary>,
    /// The response as it came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response: Option<ResponseSummary>,
    /// The webhook that decided the step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<EventSummary>,
    /// Where no webhook decided the step, what arrived instead: what would have fitted and has to
    /// be rejected first, then the others of its type.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub arrived: Vec<EventSummary>,
    /// Every check that was made, in the order of the file.
    pub checks: Vec<Check>,
    /// What broke, where this step is the first to show it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub diagnosis: Option<Diagnosis>,
}

/// A request as it was sent.
#[derive(Debug, Clone, Serialize)]
pub struct RequestSummary {
    /// `GET`, `POST`, …
    pub method: String,
    /// The whole URL.
    pub url: String,
    /// How often it was sent: more than once for a poll or after a 429, and 0 where the target
    /// could not be used. Redirects, and a GET that is
    /// sent again because its connection was lost, do not count.
    pub attempts: u32,
    /// Its headers.
    #[serde(skip_serializing_if = "Headers::is_empty")]
    pub headers: Headers,
    /// Its body, where it had one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<Body>,
    /// The environment variable that stands in `headers` in place of the run's token.
    #[serde(skip)]
    pub token: Option<&'static str>,
}

/// A response as it came.
#[derive(Debug, Clone, Serialize)]
pub struct ResponseSummary {
    /// The status code.
    pub status: u16,
    /// Its headers.
    #[serde(skip_serializing_if = "Headers::is_empty")]
    pub headers: Headers,
    /// Its body.
    pub body: Body,
}

/// A webhook that arrived.
#[derive(Debug, Clone, Serialize)]
pub struct EventSummary {
    /// Its `webhook-id` header.
    pub webhook_id: String,
    /// Its type.
    #[serde(rename = "type")]
    pub event_type: String,
    /// Which way of making the key verified the signature: `standard`, `legacy`, or `not signed`.
    /// Of one that a handler must reject, why.
    pub signature: &'static str,
    /// When it arrived, from the beginning of the run.
    #[serde(rename = "at_ms", serialize_with = "millis")]
    pub at: Duration,
    /// From the end of the last request before the wait to the arrival; 0 when it was there before.
    #[serde(rename = "waited_ms", serialize_with = "millis")]
    pub waited: Duration,
    /// Its headers, without the signature.
    #[serde(skip_serializing_if = "Headers::is_empty")]
    pub headers: Headers,
    /// What it says.
    pub payload: Body,
}

/// One comparison of what was expected with what came.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Check {
    /// Where: `status`, `headers.content-type`, `body.data.external_id`.
    pub path: String,
    /// The value or matcher of the scenario, variables filled in.
    pub expected: Value,
    /// What came; null when nothing was there.
    pub actual: Value,
    /// Nothing was there, as opposed to a null.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub missing: bool,
    /// [`Status::Passed`] or [`Status::Failed`].
    pub status: Status,
    /// The line in the scenario's file on which it stands, from 1, where it is written there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
}

/// What broke, in the user's words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Diagnosis {
    /// The stable code.
    pub code: Code,
    /// What it means for the user's app.
    pub message: String,
    /// What to try next.
    pub hint: String,
}
