//! What happens during a run, as data: the contract between the engine, which sends these events,
//! and the reporters, which consume them. Neither knows the other.
//!
//! The results are also the JSON report: what is serialized here keeps its name, because people's
//! scripts read it. Durations are milliseconds. Texts may come from the target; reporters redact
//! them and make them printable. `result` is a run and its scenarios, `step` a step, `code` the
//! diagnoses, `message` headers and bodies, `target` what is tested, `traffic` what passed
//! between and when; `quoted` marks what sentences
//! quote.

mod code;
mod comparison;
mod message;
mod named;
mod quoted;
mod result;
mod status;
mod step;
mod target;
mod traffic;

use std::time::Duration;

use serde::Serializer;

pub use code::Code;
pub use comparison::{Comparison, Difference, EarlierRun};
pub use message::{Body, CUT, Headers, KEPT, KEPT_PASSED};
pub use quoted::{Quote, excerpt, pieces, quoted};
pub use result::{LeftBehind, RunReport, ScenarioResult, Summary, Troubles, UndoResult};
pub use status::Status;
pub use step::{
    Check, Diagnosis, EventSummary, RequestSummary, ResponseSummary, StepKind, StepResult,
};
pub use target::{EventSource, Target, TargetKind};
pub use traffic::{Arrival, Call, RateLimitWait};

/// The version of the JSON report's layout. Additions do not change it.
pub const SCHEMA: u32 = 1;

/// The longest text that a reporter keeps, in bytes. A text from a target may be longer; what is
/// cut before it gets to a reporter has to keep more than this, so that the cut shows and a secret
/// across it is found. See [`quoted()`] for values in sentences.
pub const LONGEST_TEXT: usize = 20 * 1024;

/// How the notice begins that says that a run in CI tested nothing but the program itself.
pub const SELF_TEST: &str = "nothing of yours was tested";

/// One thing that happened during a run, in the order in which it happened.
#[derive(Debug, Clone)]
pub enum Event {
    /// The run is about to send its first request.
    RunStarted(RunInfo),
    /// Something to know beside the verdicts; goes to stderr.
    Notice(String),
    /// Some seconds have passed, whatever else happened: a log that people follow is told now and
    /// then how far the run is.
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
    /// A step is waiting for something other than an ordinary answer: a webhook, a poll, a rate
    /// limit.
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

/// Milliseconds with one decimal: finer is noise.
fn millis<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64((duration.as_secs_f64() * 10_000.0).round() / 10.0)
}
