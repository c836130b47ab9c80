//! One scenario: its steps in order, then its undo requests, then the diagnosis.

use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};

use futures_util::FutureExt as _;

use super::context::{Context, FAILED_FAST, Shared};
use super::state::{Ended, State};
use super::verdict::worst;
use super::{exchange, place, undo, wait};
use crate::diagnose;
use crate::event::{Event, LeftBehind, ScenarioResult, Status, StepKind, StepResult};
use crate::evidence::{Outcome, StepEvidence};
use crate::plan::PlannedScenario;
use crate::scenario::{Action, Step};

/// Runs one scenario to its end, whatever happens.
pub(super) async fn run(
    shared: &Shared<'_>,
    index: usize,
    planned: &PlannedScenario,
) -> (ScenarioResult, Vec<LeftBehind>) {
    let context = Context { shared, planned, index, started: Instant::now() };
    let mut state = State::new(planned.variables.clone());
    let mut steps = Vec::new();
    // What was made is taken back, also where the program itself is at fault.
    let all = AssertUnwindSafe(run_steps(&context, &mut state, &mut steps)).catch_unwind();
    if all.await.is_err() {
        give_up(planned, &mut steps);
    }
    let (undone, left_behind) = undo::run(&context, &state).await;
    let result = ScenarioResult {
        name: planned.scenario.name.clone(),
        title: planned.scenario.title.clone(),
        file: planned.scenario.source.name.clone(),
        built_in: planned.scenario.source.built_in,
        status: status(&steps),
        duration: Duration::ZERO,
        notices: wait::duplicates(shared.events, &state.used),
        steps: steps.into_iter().map(|step| step.result).collect(),
        undo: undone,
    };
    (result, left_behind)
}

/// What the steps of a scenario amount to. One that was cut short has not passed.
fn status(steps: &[StepEvidence]) -> Status {
    let cut_short = steps.iter().any(|step| step.result.reason.as_deref() == Some(FAILED_FAST));
    match worst(steps.iter().map(|step| step.result.status)) {
        Status::Passed if cut_short => Status::Skipped,
        worst => worst,
    }
}

/// Runs the steps, and explains those that did not pass.
async fn run_steps(context: &Context<'_>, state: &mut State, steps: &mut Vec<StepEvidence>) {
    let (shared, scenario) = (context.shared, context.index);
    for (number, step) in context.planned.scenario.steps.iter().enumerate() {
        let started = Instant::now();
        shared.send(Event::StepStarted { scenario, step: number });
        let mut ended = run_step(context, state, number, step).await;
        ended.result.duration = started.elapsed();
        place::add_lines(&context.planned.scenario.source, step, &mut ended.result.checks);
        state.learn(context, step, &mut ended);
        shared.budget.cut(&mut ended.result);
        ended.drop_body();
        let status = ended.result.status;
        shared.send(Event::StepFinished { scenario, step: number, status });
        steps.push(ended.into_evidence());
    }
    diagnose::diagnose(steps, shared.provider);
}

async fn run_step(context: &Context<'_>, state: &State, number: usize, step: &Step) -> Ended {
    let mut result = blank(context.planned, step);
    if let Some(halted) = context.shared.halted() {
        return Ended::halted(result, halted);
    }
    if let Some(reason) = state.is_down(step.target()) {
        result.reason = Some(reason.to_owned());
        return Ended::new(result, Outcome::Nothing);
    }
    match &step.action {
        Action::Request(request) => {
            exchange::run(context, state, number, step, request, result).await
        }
        Action::Event(event) => wait::run(context, state, number, step, event, result).await,
    }
}

/// The program failed in the middle of a step, or of the diagnosis.
fn give_up(planned: &PlannedScenario, steps: &mut Vec<StepEvidence>) {
    let missing = planned.scenario.steps.get(steps.len()..).unwrap_or_default();
    for (index, step) in missing.iter().enumerate() {
        let mut result = blank(planned, step);
        if index == 0 {
            result.status = Status::Errored;
            result.reason = Some("tieback itself failed here: please report it".to_owned());
        }
        steps.push(StepEvidence { result, outcome: Outcome::Nothing });
    }
}

/// A step that has not done anything yet.
fn blank(planned: &PlannedScenario, step: &Step) -> StepResult {
    StepResult {
        name: step.name.clone(),
        kind: match step.action {
            Action::Request(_) => StepKind::Request,
            Action::Event(_) => StepKind::Event,
        },
        status: Status::Skipped,
        duration: Duration::ZERO,
        line: planned.scenario.source.line(step.span.start),
        note: step.note.clone(),
        reason: None,
        request: None,
        response: None,
        event: None,
        arrived: Vec::new(),
        checks: Vec::new(),
        diagnosis: None,
    }
}
