//! Runs a plan: scenarios side by side, each step in order, everything undone at the end.
//!
//! The engine sends [`Event`]s and returns the report. A check that fails, a time-out, a broken
//! body are values in there; nothing that a target does is an `Err`.
//!
//! `scenario` runs one scenario. It hands each step a `Context` and the `State` so far; the step
//! (`exchange`, `wait`, `deliver`, `exec`, `fault`) returns what it has learned, and the state takes
//! that in: variables, the names of customers (`names`), whose record is whose (`ownership`), what
//! was `made`. `undo` takes it back. `check` compares answers, `poll` asks until one decides,
//! `calls` notes what is sent and when,
//! `background` lets a step go on beside others, `chosen` picks the webhooks that are delivered.

#[cfg(test)]
mod acme_tests;
mod age;
mod background;
mod calls;
mod capture;
mod check;
mod chosen;
mod context;
mod cookies;
mod deliver;
mod exchange;
mod exec;
pub mod expect;
mod fault;
mod kept;
mod lenient;
mod made;
mod mark;
mod names;
mod options;
mod ownership;
mod place;
mod poll;
mod prepare;
mod scenario;
mod state;
mod target;
mod undo;
mod values;
mod verdict;
mod wait;

use std::time::Instant;

use futures_util::StreamExt as _;
use futures_util::stream;
use tokio::sync::RwLock;
use tokio::sync::mpsc::UnboundedSender;

pub use context::FAILED_FAST;
pub use options::{Events, RunOptions, Stop};
pub use target::{AppDown, AppTarget, Targets, WebhookHandler};
pub use verdict::{troubles, verdict};

use self::context::Shared;
use crate::event::{Event, LeftBehind, ScenarioResult, Status};
use crate::evidence::Budget;
use crate::plan::{Plan, PlannedScenario};

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
    targets: &Targets,
    events: &Events,
    options: &RunOptions,
    stop: &Stop,
    sink: &UnboundedSender<Event>,
) -> RunOutcome {
    let halt = stop.soon.child_token();
    let (provider, steps) = (plan.provider, targets.until(&halt));
    let budget = Budget::default();
    let turns = RwLock::default();
    let shared =
        Shared { provider, targets, steps, events, options, budget, stop, halt, turns, sink };
    // Those that run alone come last, so that no other waits for them.
    let mut order: Vec<_> = plan.scenarios.iter().enumerate().collect();
    order.sort_by_key(|(_, planned)| scenario::is_alone(provider, planned));
    let mut done: Vec<_> = stream::iter(order)
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
    // What goes wrong at the sandbox, or when its clock advances, concerns every scenario.
    let (_alone, _beside) = if scenario::is_alone(shared.provider, planned) {
        (Some(shared.turns.write().await), None)
    } else {
        (None, Some(shared.turns.read().await))
    };
    let started = Instant::now();
    shared.send(Event::ScenarioStarted { scenario: index });
    let (mut result, left) = Box::pin(scenario::run(shared, index, planned)).await;
    result.duration = started.elapsed();
    if shared.options.fail_fast && matches!(result.status, Status::Failed | Status::Errored) {
        shared.halt.cancel();
    }
    shared.send(Event::ScenarioFinished { scenario: index, result: Box::new(result.clone()) });
    (index, result, left)
}
