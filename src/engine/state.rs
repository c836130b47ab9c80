//! What a scenario has learned so far: steps read it, and what they return is added to it.

use std::collections::HashSet;
use std::time::Instant;

use serde_json::Value as Json;

use super::context::Context;
use super::cookies::Cookies;
use super::kept::Kept;
use super::made::{Made, UndoStack};
use super::names::Names;
use super::ownership::Ledger;
use crate::event::{Status, StepResult};
use crate::evidence::Outcome;
use crate::http::Failure;
use crate::scenario::{Action, Role, StatusPattern, Step, TargetName};
use crate::variables::{FillError, Variables};

/// What a scenario has learned so far.
#[derive(Clone)]
pub(super) struct State {
    pub(super) variables: Variables,
    pub(super) undo: UndoStack,
    pub(super) names: Names,
    pub(super) ledger: Ledger,
    /// The cookies of each session at each target, the API's under no name.
    jars: Vec<(Jar, Cookies)>,
    /// The webhooks that were kept, by name.
    pub(super) kept: Vec<(String, Kept)>,
    /// The faults that its steps armed.
    pub(super) faults: Vec<String>,
    /// Whether a step of it goes on in the background.
    pub(super) in_background: bool,
    /// What the app has refused of what it was to take.
    pub(super) refused_by_app: Vec<Kept>,
    /// Whether it refused everything of the last delivery: its state will not follow.
    pub(super) all_refused: bool,
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

/// Whose cookies: of a session at a target.
type Jar = (TargetName, Option<String>);

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
    /// The cookies of its session from now on.
    pub(super) cookies: Option<Cookies>,
    /// The fault that it armed.
    pub(super) fault: Option<String>,
    /// The webhook that it keeps.
    pub(super) kept: Option<(String, Kept)>,
    /// What the app answered to deliveries: what it refused, and the ids of what it took.
    pub(super) refused_by_app: Vec<Kept>,
    pub(super) taken_by_app: Vec<String>,
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
}

impl State {
    pub(super) fn new(variables: Variables) -> Self {
        Self {
            variables,
            undo: UndoStack::default(),
            names: Names::default(),
            ledger: Ledger::default(),
            jars: Vec::new(),
            kept: Vec::new(),
            faults: Vec::new(),
            in_background: false,
            refused_by_app: Vec::new(),
            all_refused: false,
            used: HashSet::new(),
            last_request: Instant::now(),
            refused: None,
            down: Vec::new(),
        }
    }

    /// The cookies that go with a step.
    pub(super) fn jar(&self, step: &Step) -> Option<&Cookies> {
        self.jar_of(step.target(), step.session.as_deref())
    }

    /// The cookies of a session at a target.
    pub(super) fn jar_of(&self, target: TargetName, session: Option<&str>) -> Option<&Cookies> {
        let mut jars = self.jars.iter();
        let found = jars.find(|((at, whose), _)| (*at, whose.as_deref()) == (target, session));
        found.map(|(_, jar)| jar)
    }

    fn keep_jar(&mut self, step: &Step, jar: Cookies) {
        let whose = (step.target(), step.session.clone());
        match self.jars.iter_mut().find(|(known, _)| *known == whose) {
            Some((_, known)) => *known = jar,
            None => self.jars.push((whose, jar)),
        }
    }

    /// Why nothing can be sent to a target, if that is so.
    pub(super) fn is_down(&self, target: TargetName) -> Option<&'static str> {
        self.down.iter().find(|(down, _)| *down == target).map(|(_, why)| *why)
    }

    /// Adds what a step has found out.
    pub(super) fn learn(&mut self, context: &Context<'_>, step: &Step, ended: &mut Ended) {
        let learned = std::mem::take(&mut ended.learned);
        let Learned { captured, sent, used, down, cookies, kept, .. } = learned;
        self.used.extend(used);
        self.down.extend(down);
        self.kept.extend(kept);
        self.faults.extend(learned.fault);
        if matches!(ended.outcome, Outcome::Delivered(_)) {
            self.all_refused =
                learned.taken_by_app.is_empty() && !learned.refused_by_app.is_empty();
        }
        self.refused_by_app.retain(|kept| !learned.taken_by_app.contains(&kept.id));
        for kept in learned.refused_by_app {
            self.refused_by_app.retain(|known| known.id != kept.id);
            self.refused_by_app.push(kept);
        }
        if let Some(jar) = cookies {
            self.keep_jar(step, jar);
        }
        let names: Vec<_> = captured.iter().map(|(name, _)| name.clone()).collect();
        for (name, value) in captured {
            if context.planned.scenario.secrets.iter().any(|(secret, _)| *secret == name) {
                context.hide(&value);
            }
            // The API takes ids as text, whatever the app makes of them.
            let value = match value {
                Json::Number(id) if step.role == Role::User => Json::String(id.to_string()),
                value => value,
            };
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
        self.last_request = sent.at;
        // What an app makes for its users is the app's.
        let Action::Request(request) = &step.action else { return };
        if request.target != TargetName::Api {
            return;
        }
        self.names.record_request(context.customer(), &sent.path, sent.body.as_ref());
        self.ledger.own(sent.own.clone());
        let exchange = match outcome {
            Outcome::Exchange(exchange) => Some(exchange),
            _ => None,
        };
        if let Some(exchange) = exchange {
            let answer = &exchange.response;
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
    let asked_for = step.expect.status.as_ref();
    Some(match outcome {
        // Either was fine, so that what it was to cause may have been there before.
        Outcome::Exchange(exchange)
            if asked_for.is_some_and(|asked| asked.holds(exchange.response.status)) =>
        {
            true
        }
        Outcome::Exchange(exchange) => !(400..500).contains(&exchange.response.status),
        _ => failure.is_some_and(|failure| failure.maybe_done),
    })
}
