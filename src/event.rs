//! What happens during a run, as data: the contract between the engine, which sends these events,
//! and the reporters, which consume them. Neither knows the other.
//!
//! The results are also the JSON report: what carries `Serialize` here keeps its name, because
//! people's scripts read it. Durations are milliseconds; texts may come from the target and are
//! made printable by whoever prints them.

mod quoted;

use std::time::Duration;

use jiff::Timestamp;
use serde::{Serialize, Serializer};
use serde_json::Value;

pub use quoted::{Quote, excerpt, pieces, quoted};

/// The version of the JSON report's layout. Additions do not change it.
pub const SCHEMA: u32 = 1;

/// The longest text that a reporter keeps, in bytes: what comes from a target may be as long as an
/// answer. Whoever cuts a text before it is reported has to leave more than that, so that a
/// reporter knows it was cut, and that a secret may stand across the end. See [`quoted()`] for values in
/// sentences.
pub const LONGEST_TEXT: usize = 20 * 1024;

/// One thing that happened during a run, in the order in which it happened.
#[derive(Debug, Clone)]
pub enum Event {
    /// The run is about to send its first request.
    RunStarted(RunInfo),
    /// Something that people should know and that is no verdict; goes to stderr.
    Notice(String),
    /// Some seconds have passed, whatever else happened: a log that people follow is told now and then how
    /// far the run is.
    Tick,
    /// A scenario began. Scenarios run side by side, so their events interleave.
    ScenarioStarted {
        /// Index into [`RunInfo::scenarios`].
        scenario: usize,
    },
    /// A step began.
    StepStarted {
        /// Index into [`RunInfo::scenarios`].
        scenario: usize,
        /// Index of the step within its scenario.
        step: usize,
    },
    /// A step is waiting for something other than an ordinary answer: a webhook, a poll, a rate limit.
    Waiting {
        /// Index into [`RunInfo::scenarios`].
        scenario: usize,
        /// Index of the step within its scenario.
        step: usize,
        /// What it waits for, as a fragment: `customer.created`.
        what: String,
        /// The longest it will take from now.
        limit: Duration,
    },
    /// A step ended. Its diagnosis is not known yet: that takes the whole scenario.
    StepFinished {
        /// Index into [`RunInfo::scenarios`].
        scenario: usize,
        /// Index of the step within its scenario.
        step: usize,
        /// How it ended.
        status: Status,
    },
    /// A scenario ended and its undo requests were sent; everything about it is known.
    ScenarioFinished {
        /// Index into [`RunInfo::scenarios`].
        scenario: usize,
        /// The whole result.
        result: Box<ScenarioResult>,
    },
    /// The run is over; what was to be cleaned up has been. Always the last event.
    RunFinished(Box<RunReport>),
}

/// What is known before the first request.
#[derive(Debug, Clone)]
pub struct RunInfo {
    /// What is tested.
    pub target: Target,
    /// The selected scenarios, in the order in which they were selected.
    pub scenarios: Vec<ScenarioInfo>,
}

/// A selected scenario, before it ran.
#[derive(Debug, Clone)]
pub struct ScenarioInfo {
    /// Its `name`.
    pub name: String,
    /// The names of its steps, in order.
    pub steps: Vec<String>,
}

/// How the notice begins that says that a run in CI tested nothing but the program itself.
pub const SELF_TEST: &str = "nothing of yours was tested";

/// The API under test.
#[derive(Debug, Clone, Serialize)]
pub struct Target {
    /// Where paths are appended, without a trailing slash.
    pub base_url: String,
    /// What sort of target it is.
    pub kind: TargetKind,
    /// Where webhooks are read.
    pub events: EventSource,
}

/// What sort of target a base URL turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum TargetKind {
    /// The sandbox inside this process.
    Embedded,
    /// Something on this machine.
    Loopback,
    /// A remote API that says it is a sandbox.
    Sandbox,
    /// A live Polar.
    Production,
    /// Anything else.
    Other,
}

impl TargetKind {
    /// The name in reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Embedded => "embedded",
            Self::Loopback => "loopback",
            Self::Sandbox => "sandbox",
            Self::Production => "production",
            Self::Other => "other",
        }
    }
}

/// Where webhooks are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum EventSource {
    /// A local listener behind a webhook endpoint of this run.
    Listener,
    /// The API's server-sent events.
    Stream,
    /// The API's delivery log.
    Deliveries,
    /// Nowhere: event steps cannot be decided, or there are none.
    None,
}

impl EventSource {
    /// The name in reports and on the command line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Listener => "listener",
            Self::Stream => "stream",
            Self::Deliveries => "deliveries",
            Self::None => "none",
        }
    }
}

/// How a check, a step, a scenario or a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Everything held.
    Passed,
    /// A check did not hold.
    Failed,
    /// It could not be checked.
    Errored,
    /// Not tried: something it needs was never captured, the target is gone, or the user said so.
    Skipped,
    /// The user ended the run first.
    Interrupted,
}

impl Status {
    /// The name in reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Errored => "errored",
            Self::Skipped => "skipped",
            Self::Interrupted => "interrupted",
        }
    }
}

/// The whole result of a run: the JSON report.
#[derive(Debug, Clone, Serialize)]
pub struct RunReport {
    /// [`SCHEMA`].
    pub schema: u32,
    /// The version of this program.
    pub version: &'static str,
    /// The worst thing that happened.
    pub status: Status,
    /// What was tested.
    pub target: Target,
    /// When the run began.
    pub started_at: Timestamp,
    /// How long it took, clean-up included.
    #[serde(rename = "duration_ms", serialize_with = "millis")]
    pub duration: Duration,
    /// How many scenarios ended how.
    pub summary: Summary,
    /// What the run created and could not remove.
    pub left_behind: Vec<LeftBehind>,
    /// What people should know beside the verdicts.
    pub notices: Vec<String>,
    /// In the order in which they were selected.
    pub scenarios: Vec<ScenarioResult>,
}

/// How many scenarios ended how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// All that were selected.
    pub scenarios: usize,
    /// [`Status::Passed`].
    pub passed: usize,
    /// [`Status::Failed`].
    pub failed: usize,
    /// [`Status::Skipped`].
    pub skipped: usize,
    /// [`Status::Errored`].
    pub errored: usize,
    /// [`Status::Interrupted`].
    pub interrupted: usize,
    /// Steps that were skipped, in all scenarios: what they would have shown is not known.
    pub skipped_steps: usize,
}

/// Something that stays at the target after the run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LeftBehind {
    /// The request that removes it: `DELETE /v1/customers/…`.
    pub request: String,
    /// Why this run did not remove it.
    pub reason: String,
}

/// The result of one scenario.
#[derive(Debug, Clone, Serialize)]
pub struct ScenarioResult {
    /// Its `name`.
    pub name: String,
    /// Its `title`.
    pub title: String,
    /// The file as the user named it; `built-in NAME` for one that ships with the program.
    pub file: String,
    /// Whether it ships with the program: then `file` is no file.
    pub built_in: bool,
    /// The worst status of its steps.
    pub status: Status,
    /// How long it took, its undo requests included.
    #[serde(rename = "duration_ms", serialize_with = "millis")]
    pub duration: Duration,
    /// In the order of the file.
    pub steps: Vec<StepResult>,
    /// What was sent to remove what it made, in the order in which it was sent.
    pub undo: Vec<UndoResult>,
    /// What people should know beside the verdict, such as duplicate deliveries.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notices: Vec<String>,
}

/// What a step does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum StepKind {
    /// Sends a request and checks the response.
    Request,
    /// Waits for a webhook and checks it.
    Event,
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
    /// The request as it was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<RequestSummary>,
    /// The response as it came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response: Option<ResponseSummary>,
    /// The webhook that decided the step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<EventSummary>,
    /// Every check that was made, in the order of the file.
    pub checks: Vec<Check>,
    /// What broke, where this step is the first to show it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub diagnosis: Option<Diagnosis>,
}

/// A request as it was sent. Headers and bodies are left out: they may hold secrets.
#[derive(Debug, Clone, Serialize)]
pub struct RequestSummary {
    /// `GET`, `POST`, …
    pub method: String,
    /// The whole URL.
    pub url: String,
    /// How often it was sent: more than once for a poll or after a 429.
    pub attempts: u32,
}

/// A response as it came.
#[derive(Debug, Clone, Serialize)]
pub struct ResponseSummary {
    /// The status code.
    pub status: u16,
    /// The first part of the body, for people to read.
    pub body: String,
}

/// A webhook that decided a step.
#[derive(Debug, Clone, Serialize)]
pub struct EventSummary {
    /// Its `webhook-id` header.
    pub webhook_id: String,
    /// Its type.
    #[serde(rename = "type")]
    pub event_type: String,
    /// Which way of making the key verified the signature: `standard`, `legacy`, or `not signed`.
    pub signature: &'static str,
    /// From the end of the last request before the wait to the arrival; 0 when it was there before.
    #[serde(rename = "waited_ms", serialize_with = "millis")]
    pub waited: Duration,
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

/// The stable codes of diagnoses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// No connection could be made.
    TargetUnreachable,
    /// No whole answer in time.
    TimedOut,
    /// The connection ended before the answer did.
    ConnectionLost,
    /// No secure connection could be agreed on.
    TlsFailed,
    /// 401.
    Unauthorized,
    /// 403.
    Forbidden,
    /// 429, longer than the run was willing to wait.
    RateLimited,
    /// 5xx.
    ServerError,
    /// 4xx with the API's reasons.
    Rejected,
    /// A status that was not asked for.
    UnexpectedStatus,
    /// A body that is not JSON.
    NotJson,
    /// The target answers from a script.
    NotStateful,
    /// Created, and then not found.
    CustomerLost,
    /// A lookup returned somebody else's record.
    WrongCustomer,
    /// The external ID is gone.
    ExternalIdLost,
    /// The external ID is another.
    ExternalIdChanged,
    /// The e-mail is another.
    EmailChanged,
    /// No fitting webhook in time.
    WebhookMissing,
    /// The webhook carries no external ID.
    WebhookUnmapped,
    /// The webhook names another user.
    WebhookWrongUser,
    /// The webhook has no signature.
    WebhookUnsigned,
    /// The webhook's signature does not verify.
    WebhookBadSignature,
    /// The webhook's timestamp is too far from now.
    WebhookStale,
    /// The webhook cannot be read.
    WebhookMalformed,
    /// No way to receive events could be set up.
    NoEventSource,
    /// Any other check that failed.
    Mismatch,
}

impl Code {
    /// All of them, in the order in which they are documented.
    pub const ALL: [Self; Self::Mismatch as usize + 1] = [
        Self::TargetUnreachable,
        Self::TimedOut,
        Self::ConnectionLost,
        Self::TlsFailed,
        Self::Unauthorized,
        Self::Forbidden,
        Self::RateLimited,
        Self::ServerError,
        Self::Rejected,
        Self::UnexpectedStatus,
        Self::NotJson,
        Self::NotStateful,
        Self::CustomerLost,
        Self::WrongCustomer,
        Self::ExternalIdLost,
        Self::ExternalIdChanged,
        Self::EmailChanged,
        Self::WebhookMissing,
        Self::WebhookUnmapped,
        Self::WebhookWrongUser,
        Self::WebhookUnsigned,
        Self::WebhookBadSignature,
        Self::WebhookStale,
        Self::WebhookMalformed,
        Self::NoEventSource,
        Self::Mismatch,
    ];

    /// The name in reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TargetUnreachable => "target_unreachable",
            Self::TimedOut => "timed_out",
            Self::ConnectionLost => "connection_lost",
            Self::TlsFailed => "tls_failed",
            Self::Unauthorized => "unauthorized",
            Self::Forbidden => "forbidden",
            Self::RateLimited => "rate_limited",
            Self::ServerError => "server_error",
            Self::Rejected => "rejected",
            Self::UnexpectedStatus => "unexpected_status",
            Self::NotJson => "not_json",
            Self::NotStateful => "not_stateful",
            Self::CustomerLost => "customer_lost",
            Self::WrongCustomer => "wrong_customer",
            Self::ExternalIdLost => "external_id_lost",
            Self::ExternalIdChanged => "external_id_changed",
            Self::EmailChanged => "email_changed",
            Self::WebhookMissing => "webhook_missing",
            Self::WebhookUnmapped => "webhook_unmapped",
            Self::WebhookWrongUser => "webhook_wrong_user",
            Self::WebhookUnsigned => "webhook_unsigned",
            Self::WebhookBadSignature => "webhook_bad_signature",
            Self::WebhookStale => "webhook_stale",
            Self::WebhookMalformed => "webhook_malformed",
            Self::NoEventSource => "no_event_source",
            Self::Mismatch => "mismatch",
        }
    }

    /// Whether a step with this code could not be checked (`errored`) rather than failed.
    #[must_use]
    pub fn is_error(self) -> bool {
        matches!(
            self,
            Self::TargetUnreachable
                | Self::TimedOut
                | Self::ConnectionLost
                | Self::TlsFailed
                | Self::Unauthorized
                | Self::Forbidden
                | Self::RateLimited
                | Self::NoEventSource
        )
    }
}

/// An undo request and how it ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UndoResult {
    /// `DELETE /v1/customers/…`
    pub request: String,
    /// [`Status::Passed`] also when it was gone already; [`Status::Skipped`] with `--keep`.
    pub status: Status,
    /// Why it did not pass.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Milliseconds with one decimal: finer is noise.
fn millis<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64((duration.as_secs_f64() * 10_000.0).round() / 10.0)
}
