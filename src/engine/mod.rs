//! Runs a plan: scenarios side by side, each step in order, everything undone at the end.
//!
//! The engine sends [`Event`]s and returns the report. A check that fails, a time-out, a broken
//! body are values in there; nothing that a target does is an `Err`.

mod about;
#[cfg(test)]
mod acme_tests;
mod age;
mod capture;
mod exchange;
pub mod expect;
mod lenient;
mod made;
mod mark;
mod ownership;
mod place;
mod scenario;
mod undo;
mod wait;

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use futures_util::stream;
use tokio::sync::mpsc::UnboundedSender;
use tokio_util::sync::CancellationToken;

use crate::event::{Event, LeftBehind, ScenarioResult, Status, Summary};
use crate::http::{Client, FailureKind};
use crate::plan::{Plan, PlannedScenario};
use crate::provider::Provider;
use crate::webhook::Inbox;

/// How a plan is to be run.
#[derive(Debug, Clone)]
pub struct Options {
    /// How many scenarios run at once.
    pub jobs: usize,
    /// How long an event step waits when the scenario does not say.
    pub wait: Duration,
    /// Whether the first failed scenario ends the run.
    pub fail_fast: bool,
    /// Whether what the run makes stays.
    pub keep: bool,
}

/// The source of events.
#[derive(Debug, Clone)]
pub enum Events {
    /// Events arrive in this inbox.
    Inbox(Arc<Inbox>),
    /// Disabled by the user: event steps are skipped.
    Off,
    /// No source could be set up.
    Unavailable {
        /// Why, as a sentence fragment.
        why: String,
        /// What it says of the target, where no request to it will do any better.
        failure: Option<FailureKind>,
    },
}

/// Ends a run early.
#[derive(Debug, Clone, Default)]
pub struct Stop {
    /// No further step: the request in flight ends, then everything is undone.
    pub soon: CancellationToken,
    /// The clean-up waits for no rate limit either.
    pub hurry: CancellationToken,
    /// The clean-up ends as well; what it did not get to is left behind.
    pub now: CancellationToken,
}

/// Why a step is skipped in a run that a failed scenario ended.
pub(crate) const FAILED_FAST: &str = "another scenario failed, and --fail-fast ends the run";

/// What all scenarios of a run share.
pub(crate) struct Shared<'a> {
    pub(crate) provider: &'static Provider,
    /// For cleaning up, which an interruption does not end.
    pub(crate) client: &'a Client,
    /// For steps, which wait for no rate limit once the run is to end.
    pub(crate) steps: Client,
    pub(crate) events: &'a Events,
    pub(crate) options: &'a Options,
    pub(crate) stop: &'a Stop,
    /// Cancelled when no further step may start, and what waits is to wait no longer: with
    /// [`Stop::soon`], and when a failed scenario ends the run.
    pub(crate) halt: CancellationToken,
    pub(crate) sink: &'a UnboundedSender<Event>,
}

impl Shared<'_> {
    /// Sends an event. The receiver may be gone; the run goes on, to undo what it made.
    pub(crate) fn send(&self, event: Event) {
        let _ = self.sink.send(event);
    }

    /// Why no further step may start, if that is so.
    pub(crate) fn halted(&self) -> Option<(Status, &'static str)> {
        if self.stop.soon.is_cancelled() {
            Some((Status::Interrupted, "interrupted"))
        } else if self.halt.is_cancelled() {
            Some((Status::Skipped, FAILED_FAST))
        } else {
            None
        }
    }
}

/// What came of a plan.
#[derive(Debug, Clone, Default)]
pub struct RunOutcome {
    /// In the order of the plan.
    pub scenarios: Vec<ScenarioResult>,
    /// What could not be removed.
    pub left_behind: Vec<LeftBehind>,
}

/// Runs every scenario of `plan`.
pub async fn run(
    plan: &Plan,
    client: &Client,
    events: &Events,
    options: &Options,
    stop: &Stop,
    sink: &UnboundedSender<Event>,
) -> RunOutcome {
    let halt = stop.soon.child_token();
    let steps = client.until(&halt);
    let provider = plan.provider;
    let shared = Shared { provider, client, steps, events, options, stop, halt, sink };
    let mut done: Vec<_> = stream::iter(plan.scenarios.iter().enumerate())
        .map(|(index, planned)| one(&shared, index, planned))
        .buffer_unordered(options.jobs.max(1))
        .collect()
        .await;
    done.sort_by_key(|(index, ..)| *index);
    let mut outcome = RunOutcome::default();
    for (_, result, left) in done {
        outcome.scenarios.push(result);
        outcome.left_behind.extend(left);
    }
    outcome
}

async fn one(
    shared: &Shared<'_>,
    index: usize,
    planned: &PlannedScenario,
) -> (usize, ScenarioResult, Vec<LeftBehind>) {
    let started = Instant::now();
    shared.send(Event::ScenarioStarted { scenario: index });
    let (mut result, left) = scenario::run(shared, index, planned).await;
    result.duration = started.elapsed();
    if shared.options.fail_fast && matches!(result.status, Status::Failed | Status::Errored) {
        shared.halt.cancel();
    }
    shared.send(Event::ScenarioFinished { scenario: index, result: Box::new(result.clone()) });
    (index, result, left)
}

/// Counts how scenarios ended, and the worst of it: the verdict of a run.
#[must_use]
pub fn verdict(scenarios: &[ScenarioResult], interrupted: bool) -> (Status, Summary) {
    let mut summary = Summary { scenarios: scenarios.len(), ..Summary::default() };
    for scenario in scenarios {
        *match scenario.status {
            Status::Passed => &mut summary.passed,
            Status::Failed => &mut summary.failed,
            Status::Errored => &mut summary.errored,
            Status::Skipped => &mut summary.skipped,
            Status::Interrupted => &mut summary.interrupted,
        } += 1;
        summary.skipped_steps +=
            scenario.steps.iter().filter(|step| step.status == Status::Skipped).count();
    }
    let status = match summary {
        _ if interrupted => Status::Interrupted,
        Summary { failed: 1.., .. } => Status::Failed,
        Summary { errored: 1.., .. } => Status::Errored,
        Summary { passed: 0, .. } => Status::Skipped,
        _ => Status::Passed,
    };
    (status, summary)
}

/// The worst of some statuses: what a scenario's steps amount to.
pub(crate) fn worst(statuses: impl Iterator<Item = Status>) -> Status {
    let rank = |status: &Status| match status {
        Status::Skipped => 0,
        Status::Passed => 1,
        Status::Interrupted => 2,
        Status::Errored => 3,
        Status::Failed => 4,
    };
    statuses.max_by_key(rank).unwrap_or(Status::Skipped)
}
