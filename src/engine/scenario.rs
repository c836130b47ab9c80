//! One scenario: its steps in order, then its undo requests, then the diagnosis.

use std::collections::HashSet;
use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};

use futures_util::FutureExt as _;

use super::made::UndoStack;
use super::ownership::Ledger;
use super::{FAILED_FAST, Shared, exchange, place, undo, wait, worst};
use crate::diagnose;
use crate::event::{Event, LeftBehind, ScenarioResult, Status, StepKind, StepResult};
use crate::evidence::{Outcome, StepEvidence};
use crate::plan::PlannedScenario;
use crate::scenario::{Action, Step};
use crate::variables::{FillError, Variables};

/// What a scenario knows while it runs.
pub(super) struct Run<'a> {
    pub(super) shared: &'a Shared<'a>,
    pub(super) planned: &'a PlannedScenario,
    /// Index of the scenario in the run.
    pub(super) index: usize,
    pub(super) variables: Variables,
    pub(super) undo: UndoStack,
    /// Whom its requests have named or made, by id or e-mail: an event without `where` has to show
    /// one.
    pub(super) named: HashSet<String>,
    /// Who owns the records that it made and met.
    pub(super) ledger: Ledger,
    /// The ids of deliveries that decided a step.
    pub(super) used: HashSet<String>,
    /// When it began.
    pub(super) started: Instant,
    /// Waits count from here.
    pub(super) last_request: Instant,
    /// Why nothing more can be sent.
    pub(super) gone: Option<&'static str>,
}

/// How a step ended, before it is named and timed.
pub(super) struct Ended {
    pub(super) result: StepResult,
    pub(super) outcome: Outcome,
}

impl Ended {
    /// A step that the end of the run cut short, or that it did not get to: whatever it would have
    /// come to, nothing was found out.
    pub(super) fn halted(mut result: StepResult, (status, reason): (Status, &str)) -> Self {
        (result.status, result.reason) = (status, Some(reason.to_owned()));
        Self { result, outcome: Outcome::Nothing }
    }

    /// A step whose templates could not be filled in: skipped where a value was never captured,
    /// failed where one was and is of no use.
    pub(super) fn unfilled(mut result: StepResult, error: FillError) -> Self {
        if matches!(error, FillError::Unknown(_)) {
            result.reason = Some(error.to_string());
            return Self { result, outcome: Outcome::Nothing };
        }
        result.status = Status::Failed;
        Self { result, outcome: Outcome::Unsendable(error) }
    }
}

/// Runs one scenario to its end, whatever happens.
pub(super) async fn run(
    shared: &Shared<'_>,
    index: usize,
    planned: &PlannedScenario,
) -> (ScenarioResult, Vec<LeftBehind>) {
    let mut run = Run {
        shared,
        planned,
        index,
        variables: planned.variables.clone(),
        undo: UndoStack::default(),
        named: HashSet::new(),
        ledger: Ledger::default(),
        used: HashSet::new(),
        started: Instant::now(),
        last_request: Instant::now(),
        gone: None,
    };
    let mut steps = Vec::new();
    // What was made is taken back, also where the program itself is at fault.
    if AssertUnwindSafe(run.steps(&mut steps)).catch_unwind().await.is_err() {
        run.give_up(&mut steps);
    }
    let (undone, left_behind) = undo::run(&run).await;
    let result = ScenarioResult {
        name: planned.scenario.name.clone(),
        title: planned.scenario.title.clone(),
        file: planned.scenario.source.name.clone(),
        built_in: planned.scenario.source.built_in,
        status: status(&steps),
        duration: Duration::ZERO,
        notices: wait::duplicates(&run),
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

impl Run<'_> {
    /// Runs the steps, and explains those that did not pass.
    async fn steps(&mut self, steps: &mut Vec<StepEvidence>) {
        for (number, step) in self.planned.scenario.steps.iter().enumerate() {
            let started = Instant::now();
            self.shared.send(Event::StepStarted { scenario: self.index, step: number });
            let mut ended = self.step(number, step).await;
            ended.result.duration = started.elapsed();
            place::add_lines(&self.planned.scenario.source, step, &mut ended.result.checks);
            let status = ended.result.status;
            self.shared.send(Event::StepFinished { scenario: self.index, step: number, status });
            steps.push(StepEvidence { result: ended.result, outcome: ended.outcome });
        }
        diagnose::diagnose(steps, self.shared.provider);
    }

    /// The program failed in the middle of a step, or of the diagnosis.
    fn give_up(&self, steps: &mut Vec<StepEvidence>) {
        let missing = self.planned.scenario.steps.get(steps.len()..).unwrap_or_default();
        for (index, step) in missing.iter().enumerate() {
            let mut result = self.blank(step);
            if index == 0 {
                result.status = Status::Errored;
                result.reason = Some("tieback itself failed here: please report it".to_owned());
            }
            steps.push(StepEvidence { result, outcome: Outcome::Nothing });
        }
    }

    async fn step(&mut self, number: usize, step: &Step) -> Ended {
        let mut result = self.blank(step);
        if let Some(halted) = self.shared.halted() {
            return Ended::halted(result, halted);
        }
        if let Some(reason) = self.gone {
            result.reason = Some(reason.to_owned());
            return Ended { result, outcome: Outcome::Nothing };
        }
        match &step.action {
            Action::Request(request) => exchange::run(self, number, step, request, result).await,
            Action::Event(event) => wait::run(self, number, step, event, result).await,
        }
    }

    /// A step that has not done anything yet.
    fn blank(&self, step: &Step) -> StepResult {
        StepResult {
            name: step.name.clone(),
            kind: match step.action {
                Action::Request(_) => StepKind::Request,
                Action::Event(_) => StepKind::Event,
            },
            status: Status::Skipped,
            duration: Duration::ZERO,
            line: self.planned.scenario.source.line(step.span.start),
            note: step.note.clone(),
            reason: None,
            request: None,
            response: None,
            event: None,
            checks: Vec::new(),
            diagnosis: None,
        }
    }

    /// Reports that a step waits.
    pub(super) fn waiting(&self, step: usize, what: &str, limit: Duration) {
        self.shared.send(Event::Waiting {
            scenario: self.index,
            step,
            what: what.to_owned(),
            limit,
        });
    }
}
