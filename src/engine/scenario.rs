//! One scenario: its steps in order, then its undo requests, then the diagnosis.

use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};

use futures_util::FutureExt as _;

use super::context::{Context, FAILED_FAST, Shared};
use super::state::{Ended, State};
use super::verdict::worst;
use super::{background, deliver, exchange, exec, fault, place, undo, wait};
use crate::diagnose;
use crate::event::{Event, LeftBehind, ScenarioResult, Status, StepKind, StepResult};
use crate::evidence::{Outcome, StepEvidence, User};
use crate::plan::PlannedScenario;
use crate::provider::Provider;
use crate::scenario::{Action, Need, Part, Role, SESSION_VARIABLES, Step, TargetName, of_session};

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
    let all = Box::pin(run_steps(&context, &mut state, &mut steps));
    let all = AssertUnwindSafe(all).catch_unwind();
    if all.await.is_err() {
        give_up(&context, &mut steps);
    }
    fault::disarm(&context, &state.faults).await;
    let (undone, left_behind) = undo::run(&context, &state).await;
    let result = ScenarioResult {
        name: planned.scenario.name.clone(),
        title: planned.scenario.title.clone(),
        file: planned.scenario.source.name.clone(),
        built_in: planned.scenario.source.built_in,
        app: planned.scenario.needs.contains(&Need::App),
        status: status(&steps),
        at: context.since_began(context.started),
        duration: Duration::ZERO,
        webhooks: wait::arrivals(&context, &state),
        notices: [wait::duplicates(shared.events, &state.used), deliver::slow(&steps)].concat(),
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

/// Whether a scenario says that it runs alone, or changes what the others at the same sandbox see.
pub(super) fn is_alone(provider: &Provider, planned: &PlannedScenario) -> bool {
    let for_all = |path: &str| provider.sandbox.for_all.iter().any(|one| path.starts_with(one));
    planned.scenario.alone
        || planned.scenario.steps.iter().any(|step| match &step.action {
            Action::Fault(_) => true,
            Action::Request(request) => {
                let path = request.path.parts.first();
                matches!(path, Some(Part::Text(text)) if for_all(text))
            }
            _ => false,
        })
}

/// Why a scenario cannot run here, if that is so.
fn lacks<'a>(context: &Context<'a>) -> Option<&'a str> {
    let planned = context.planned;
    let sandbox = planned.scenario.needs.contains(&Need::Sandbox);
    planned.app.lacks.as_deref().or_else(|| {
        (sandbox && !context.shared.targets.is_sandbox())
            .then_some("it needs a sandbox of tieback as the API")
    })
}

/// Runs the steps, and explains those that did not pass.
async fn run_steps(context: &Context<'_>, state: &mut State, steps: &mut Vec<StepEvidence>) {
    let scenario = &context.planned.scenario;
    let about_app = scenario.needs.contains(&Need::App);
    if let Some(down) =
        context.shared.targets.app_down(scenario.live.is_some()).filter(|_| about_app)
    {
        for (number, step) in scenario.steps.iter().enumerate() {
            let mut result = blank(context, step);
            let outcome = if number == 0 {
                result.status = Status::Errored;
                Outcome::AppDown(down.code, down.why.clone())
            } else {
                result.reason = Some("the app is not there".to_owned());
                Outcome::Nothing
            };
            steps.push(evidence(step, Ended::new(result, outcome)));
        }
        diagnose::diagnose(steps, context.shared.provider);
        return;
    }
    if let Some(why) = lacks(context) {
        for step in &scenario.steps {
            let reason = Some(why.to_owned());
            let result = StepResult { reason, ..blank(context, step) };
            steps.push(evidence(step, Ended::new(result, Outcome::Nothing)));
        }
        return;
    }
    let mut background: Option<background::Going<'_>> = None;
    for (number, step) in scenario.steps.iter().enumerate() {
        if let Some((at, going)) = background
            .take_if(|(at, _)| step.background || background::waits_for(step, &scenario.steps[*at]))
        {
            let ended = going.await;
            end(context, state, steps, at, ended);
        }
        state.in_background = background.is_some();
        if step.background {
            context.shared.send(Event::StepStarted { scenario: context.index, step: number });
            let before = state.clone();
            let going = async move {
                let started = Instant::now();
                let mut ended = run_step(context, &before, number, step).await;
                ended.result.duration = started.elapsed();
                ended.result.at = context.since_began(started);
                ended
            };
            background = Some((number, Box::pin(going)));
            steps.push(evidence(step, Ended::new(blank(context, step), Outcome::Nothing)));
            continue;
        }
        context.shared.send(Event::StepStarted { scenario: context.index, step: number });
        let started = Instant::now();
        let running = Box::pin(run_step(context, state, number, step));
        let mut ended = background::beside(&mut background, running).await;
        ended.result.duration = started.elapsed();
        ended.result.at = context.since_began(started);
        steps.push(evidence(step, Ended::new(blank(context, step), Outcome::Nothing)));
        end(context, state, steps, number, ended);
    }
    if let Some((at, going)) = background {
        let ended = going.await;
        end(context, state, steps, at, ended);
    }
    diagnose::diagnose(steps, context.shared.provider);
}

fn evidence(step: &Step, ended: Ended) -> StepEvidence {
    StepEvidence {
        role: step.role,
        session: step.session.clone(),
        target: step.target(),
        fault: matches!(step.action, Action::Fault(_)),
        ..StepEvidence::plain(ended.result, ended.outcome)
    }
}

/// The user that a step made, by what the scenario knows then.
fn user(state: &State, step: &Step) -> Option<User> {
    let value = |name| {
        let value = state.variables.get(&of_session(step.session.as_deref(), name)).ok()?;
        Some(value.as_str().map_or_else(|| value.to_string(), str::to_owned))
    };
    let [email, id] = SESSION_VARIABLES;
    (step.role == Role::User).then(|| User { id: value(id), email: value(email) })
}

/// Takes in what a step has come to.
fn end(
    context: &Context<'_>,
    state: &mut State,
    steps: &mut [StepEvidence],
    number: usize,
    mut ended: Ended,
) {
    let Some(step) = context.planned.scenario.steps.get(number) else { return };
    place::add_lines(&context.planned.scenario.source, step, &mut ended.result.checks);
    state.learn(context, step, &mut ended);
    context.shared.budget.cut(&mut ended.result);
    ended.drop_body();
    let status = ended.result.status;
    let scenario = context.index;
    context.shared.send(Event::StepFinished { scenario, step: number, status });
    if let Some(place) = steps.get_mut(number) {
        *place = StepEvidence { user: user(state, step), ..evidence(step, ended) };
    }
}

async fn run_step(context: &Context<'_>, state: &State, number: usize, step: &Step) -> Ended {
    let mut result = blank(context, step);
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
        Action::Deliver(deliver) => deliver::run(context, state, step, deliver, result).await,
        Action::Fault(fault) => fault::run(context, state, fault, result).await,
        Action::Exec(exec) => exec::run(context, state, number, step, exec, result).await,
        // The plan has put what the app file says in place of it.
        Action::Use(_) => Ended::new(result, Outcome::Nothing),
    }
}

/// The program failed in the middle of a step, or of the diagnosis.
fn give_up(context: &Context<'_>, steps: &mut Vec<StepEvidence>) {
    let missing = context.planned.scenario.steps.get(steps.len()..).unwrap_or_default();
    for (index, step) in missing.iter().enumerate() {
        let mut result = blank(context, step);
        if index == 0 {
            result.status = Status::Errored;
            result.reason = Some("tieback itself failed here: please report it".to_owned());
        }
        steps.push(evidence(step, Ended::new(result, Outcome::Nothing)));
    }
}

/// A step that has not done anything yet.
fn blank(context: &Context<'_>, step: &Step) -> StepResult {
    let kind = match &step.action {
        Action::Request(request) if request.target == TargetName::App => StepKind::App,
        Action::Request(_) => StepKind::Request,
        Action::Event(_) => StepKind::Event,
        Action::Use(_) | Action::Exec(_) => StepKind::App,
        Action::Deliver(_) => StepKind::Deliver,
        Action::Fault(_) => StepKind::Fault,
    };
    let line = context.planned.scenario.source.line(step.span.start);
    let at = context.since_began(Instant::now());
    StepResult { at, note: step.note.clone(), ..nothing(&step.name, kind, line) }
}

/// The result of a step that did nothing.
pub(super) fn nothing(name: &str, kind: StepKind, line: usize) -> StepResult {
    StepResult {
        name: name.to_owned(),
        kind,
        status: Status::Skipped,
        at: Duration::ZERO,
        duration: Duration::ZERO,
        line,
        note: None,
        reason: None,
        calls: Vec::new(),
        rate_limited: Vec::new(),
        request: None,
        response: None,
        event: None,
        arrived: Vec::new(),
        checks: Vec::new(),
        diagnosis: None,
    }
}
