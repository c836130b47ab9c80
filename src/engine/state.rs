//! What a scenario has learned so far: steps read it, and what they return is added to it.

use std::collections::HashSet;
use std::time::Instant;

use serde_json::Value as Json;

use super::context::Context;
use super::cookies::Cookies;
use super::made::{Made, UndoStack};
use super::names::Names;
use super::ownership::Ledger;
use crate::event::{Status, StepResult};
use crate::evidence::{Outcome, StepEvidence};
use crate::http::Failure;
use crate::plan::texts;
use crate::scenario::{Action, StatusPattern, Step, TargetName};
use crate::variables::{FillError, Variables};

/// What a scenario has learned so far.
pub(super) struct State {
    pub(super) variables: Variables,
    pub(super) undo: UndoStack,
    pub(super) names: Names,
    pub(super) ledger: Ledger,
    pub(super) cookies: Cookies,
    /// The ids of deliveries that decided a step.
    pub(super) used: HashSet<String>,
    /// Waits count from here.
    pub(super) last_request: Instant,
    /// The last step that was to change something, where it certainly did not: nothing that would
    /// follow from it is waited for.
    pub(super) refused: Option<String>,
    /// The targets that nothing more can be sent to, and why.
    pub(super) down: Vec<Down>,
}

/// A target that nothing more can be sent to, and why.
pub(super) type Down = (TargetName, &'static str);

/// How a step ended, before it is timed.
pub(super) struct Ended {
    pub(super) result: StepResult,
    pub(super) outcome: Outcome,
    pub(super) learned: Learned,
}

/// What a step found out beside its outcome.
#[derive(Default)]
pub(super) struct Learned {
    pub(super) captured: Vec<(String, Json)>,
    pub(super) sent: Option<Sent>,
    /// The id of the delivery that decided it.
    pub(super) used: Option<String>,
    pub(super) down: Option<Down>,
}

/// What a step sent.
pub(super) struct Sent {
    /// Path and query.
    pub(super) path: String,
    pub(super) body: Option<Json>,
    /// Where a GET has shown a record of this run first.
    pub(super) own: Option<String>,
    /// When the last attempt ended.
    pub(super) at: Instant,
    /// Why no answer came.
    pub(super) failure: Option<Failure>,
}

impl Ended {
    pub(super) fn new(result: StepResult, outcome: Outcome) -> Self {
        Self { result, outcome, learned: Learned::default() }
    }

    /// A step that the end of the run cut short, or that it did not get to: whatever it would have
    /// come to, nothing was found out.
    pub(super) fn halted(mut result: StepResult, (status, reason): (Status, &str)) -> Self {
        (result.status, result.reason) = (status, Some(reason.to_owned()));
        Self::new(result, Outcome::Nothing)
    }

    /// A step whose templates could not be filled in: skipped where a value was never captured,
    /// failed where one was and is of no use.
    pub(super) fn unfilled(mut result: StepResult, error: FillError) -> Self {
        if matches!(error, FillError::Unknown(_)) {
            result.reason = Some(error.to_string());
            return Self::new(result, Outcome::Nothing);
        }
        result.status = Status::Failed;
        Self::new(result, Outcome::Unsendable(error))
    }

    /// Lets go of the body of an answer that needs no explanation; its JSON stays.
    pub(super) fn drop_body(&mut self) {
        if let (Status::Passed, Outcome::Exchange(exchange)) =
            (self.result.status, &mut self.outcome)
        {
            exchange.response.body = Vec::new();
        }
    }

    pub(super) fn into_evidence(self) -> StepEvidence {
        StepEvidence { result: self.result, outcome: self.outcome }
    }
}

impl State {
    pub(super) fn new(variables: Variables) -> Self {
        Self {
            variables,
            undo: UndoStack::default(),
            names: Names::default(),
            ledger: Ledger::default(),
            cookies: Cookies::default(),
            used: HashSet::new(),
            last_request: Instant::now(),
            refused: None,
            down: Vec::new(),
        }
    }

    /// Why nothing can be sent to a target, if that is so.
    pub(super) fn is_down(&self, target: TargetName) -> Option<&'static str> {
        self.down.iter().find(|(down, _)| *down == target).map(|(_, why)| *why)
    }

    /// Adds what a step has found out.
    pub(super) fn learn(&mut self, context: &Context<'_>, step: &Step, ended: &mut Ended) {
        let Learned { captured, sent, used, down } = std::mem::take(&mut ended.learned);
        self.used.extend(used);
        self.down.extend(down);
        let names: Vec<_> = captured.iter().map(|(name, _)| name.clone()).collect();
        for (name, value) in captured {
            if context.planned.scenario.secrets.iter().any(|(secret, _)| *secret == name) {
                let client = context.shared.targets.client(step.target());
                for text in texts(&value) {
                    client.hide(&text);
                }
            }
            self.variables.set(&name, value);
        }
        if let Some(changes) = went_through(step, &ended.outcome, sent.as_ref()) {
            self.refused = (!changes).then(|| step.name.clone());
        }
        if let Some(sent) = sent {
            self.learn_sent(context, step, &sent, &ended.outcome, &names);
        }
    }

    fn learn_sent(
        &mut self,
        context: &Context<'_>,
        step: &Step,
        sent: &Sent,
        outcome: &Outcome,
        captured: &[String],
    ) {
        let Action::Request(request) = &step.action else { return };
        self.last_request = sent.at;
        self.names.record_request(context.customer(), &sent.path, sent.body.as_ref());
        self.ledger.own(sent.own.clone());
        let exchange = match outcome {
            Outcome::Exchange(exchange) => Some(exchange),
            _ => None,
        };
        if let Some(exchange) = exchange {
            let answer = &exchange.response;
            self.cookies.keep(answer);
            self.ledger.record_creation(context, request, sent.body.as_ref(), answer);
            if request.method != "GET" {
                self.names.record_answer(context.customer(), answer, exchange.json.as_ref());
            }
            self.ledger.record_answer(context, &request.method, &sent.path, answer);
        }
        let answer = match (exchange, &sent.failure) {
            (Some(exchange), _) => Ok(&exchange.response),
            (None, Some(failure)) => Err(failure),
            (None, None) => return,
        };
        let (path, body) = (&*sent.path, sent.body.as_ref());
        let made = Made { step, request, path, body, answer, captured };
        self.undo.record(context, &self.ledger, &self.variables, &made);
    }
}

/// Whether a step that was to change something may have done so; `None` for other steps, and for
/// those that want a refusal.
fn went_through(step: &Step, outcome: &Outcome, sent: Option<&Sent>) -> Option<bool> {
    let Action::Request(request) = &step.action else { return None };
    let reads = matches!(request.method.as_str(), "GET" | "HEAD" | "OPTIONS");
    if reads || step.expect.status.as_ref().is_some_and(StatusPattern::wants_refusal) {
        return None;
    }
    let failure = sent.and_then(|sent| sent.failure.as_ref());
    Some(match outcome {
        Outcome::Exchange(exchange) => !(400..500).contains(&exchange.response.status),
        _ => failure.is_some_and(|failure| failure.maybe_done),
    })
}
