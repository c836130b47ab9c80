//! An event step: wait for the delivery that decides it.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};

use super::capture;
use super::context::Context;
use super::kept::Kept;
use super::options::Events;
use super::state::{Ended, Learned, State};
use super::target::down;
use crate::event::{Arrival, Check, Status, StepResult, quoted};
use crate::evidence::{Missing, Outcome, places, summary};
use crate::http::Failure;
use crate::provider::Provider;
use crate::scenario::{EventWait, Shape, Step, TargetName};
use crate::variables::{FillError, Variables};
use crate::webhook::{Delivery, Inbox, RejectReason, Verification};

/// No source looks for longer: it gives up by itself long before.
const LONGEST_LOOK: Duration = Duration::from_hours(1);

/// What the checks of a payload call it.
const PAYLOAD: &str = "body";

pub(super) async fn run(
    context: &Context<'_>,
    state: &State,
    number: usize,
    step: &Step,
    event: &EventWait,
    mut result: StepResult,
) -> Ended {
    let (filter, headers, body) = match fill(&state.variables, step, event) {
        Ok(filled) => filled,
        Err(error) => return Ended::unfilled(result, error),
    };
    let inbox = match context.shared.events {
        Events::Inbox(inbox) => inbox.clone(),
        Events::Off => {
            result.reason = Some("--events none".to_owned());
            return Ended::new(result, Outcome::Nothing);
        }
        Events::Unavailable { why, failure } => {
            result.status = Status::Errored;
            // The first step says so where no request can do any better.
            let Some(kind) = failure.filter(|_| number == 0) else {
                return Ended::new(result, Outcome::NoSource(why.clone()));
            };
            let down = down(kind).map(|why| (TargetName::Api, why));
            let outcome = Outcome::Failed(Failure::new(kind, why.clone()));
            return Ended { result, outcome, learned: Learned { down, ..Learned::default() } };
        }
    };
    let limit = step.stays.or(step.within).unwrap_or(context.shared.options.wait);
    let deadline = match state.refused {
        Some(_) => Instant::now(),
        None => state.last_request + limit,
    };
    context.waiting(
        number,
        &event.event_type,
        to_tenths(deadline.saturating_duration_since(Instant::now())),
    );
    let seeker = Seeker { context, state, event, filter: filter.as_ref() };
    let decides = |delivery: &Delivery| {
        delivery.verification.is_ok() && !state.used.contains(&delivery.id) && seeker.fits(delivery)
    };
    let found = tokio::select! {
        biased;
        found = look(&inbox, deadline, decides) => found,
        () = context.shared.halt.cancelled() => match context.shared.halted() {
            Some(halted) => return Ended::halted(result, halted),
            None => None,
        },
    };
    let Some(delivery) = found else {
        if let Some(refused) = &state.refused {
            result.reason = Some(format!("\"{refused}\" was refused, so nothing is waited for"));
            return Ended::new(result, Outcome::Nothing);
        }
        let waited = state.last_request.elapsed().min(limit);
        let missing = Missing { waited, ..seeker.missing(&inbox) };
        // What may have come unseen cannot be said to be missing.
        let nothing_to_reject = missing.fitting.is_empty() && missing.unreadable.is_empty();
        if let Some(why) = inbox.coverage.gap_since(context.started).filter(|_| nothing_to_reject) {
            result.status = Status::Errored;
            return Ended::new(result, Outcome::NoSource(why));
        }
        if step.stays.is_some() && nothing_to_reject {
            result.status = Status::Passed;
            return Ended::new(result, Outcome::Nothing);
        }
        result.status = Status::Failed;
        let (arrived, fits) = (inbox.all(), |delivery: &Delivery| seeker.fits(delivery));
        let seen: Vec<_> =
            arrived.into_iter().filter(|one| one.arrived >= context.started).collect();
        let times = context.times(state.last_request);
        result.arrived = summary::arrived(&seen, &event.event_type, times, fits);
        return Ended::new(result, Outcome::Missing(Box::new(missing)));
    };
    let payload = context.unmarked(&delivery.payload).into_owned();
    for (name, pattern) in headers {
        let found = header(&delivery, &name).map(Json::String);
        pattern.check(&format!("headers.{name}"), found.as_ref(), &mut result.checks);
    }
    if let Some(pattern) = body {
        pattern.check(PAYLOAD, Some(&payload), &mut result.checks);
    }
    if step.stays.is_some() {
        result.checks.push(Check {
            path: "event".to_owned(),
            expected: json!({ "$exists": false }),
            actual: json!(delivery.event_type),
            missing: false,
            status: Status::Failed,
            line: Some(context.planned.scenario.source.line(event.span.start)),
        });
    }
    let holds = result.checks.iter().all(|check| check.status == Status::Passed);
    result.status = if holds { Status::Passed } else { Status::Failed };
    let source = &context.planned.scenario.source;
    let from = capture::From::Webhook { headers: &delivery.headers, payload: &payload };
    let captured = capture::take(step, source, &state.variables, &from);
    let captured = captured.judge(&mut result);
    let whole = context.keeps(result.status);
    result.event = Some(summary::event(&delivery, context.times(state.last_request), whole));
    let kept = event.keep.as_ref().map(|name| (name.value.clone(), Kept::of(&delivery)));
    let learned = Learned { captured, used: Some(delivery.id.clone()), kept, ..Learned::default() };
    Ended { result, outcome: Outcome::Arrived(payload), learned }
}

/// Waits for a delivery until the deadline, and for the last look that a source which has to ask
/// takes then, however long a rate limit holds that up.
async fn look(
    inbox: &Inbox,
    deadline: Instant,
    decides: impl Fn(&Delivery) -> bool,
) -> Option<Arc<Delivery>> {
    if let Some(found) = inbox.wait(deadline.into(), &decides).await {
        return Some(found);
    }
    tokio::select! {
        biased;
        found = inbox.wait((Instant::now() + LONGEST_LOOK).into(), &decides) => found,
        () = inbox.last_look() => inbox.wait(deadline.into(), &decides).await,
    }
}

/// A time for people, who do not want to read 29.999 s.
fn to_tenths(time: Duration) -> Duration {
    Duration::from_millis(100) * u32::try_from((time.as_millis() + 50) / 100).unwrap_or(u32::MAX)
}

/// The filter, the headers and the body of a step, variables filled in.
type Filled = (Option<Shape>, Vec<(String, Shape)>, Option<Shape>);

fn fill(variables: &Variables, step: &Step, event: &EventWait) -> Result<Filled, FillError> {
    capture::fillable(step, variables)?;
    let filter = event.filter.as_ref().map(|pattern| variables.fill(pattern)).transpose()?;
    let mut headers = Vec::new();
    for (name, pattern) in &step.expect.headers {
        headers.push((name.to_lowercase(), variables.fill(pattern)?));
    }
    let body = step.expect.body.as_ref().map(|pattern| variables.fill(pattern)).transpose()?;
    Ok((filter, headers, body))
}

fn header(delivery: &Delivery, name: &str) -> Option<String> {
    delivery.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
}

/// What an event step looks for.
struct Seeker<'a> {
    context: &'a Context<'a>,
    state: &'a State,
    event: &'a EventWait,
    filter: Option<&'a Shape>,
}

impl Seeker<'_> {
    /// Whether a delivery is of the type that is waited for, and one that `where` selects. Without
    /// that it has to show something of this run: other runs may cause events of the same type.
    fn fits(&self, delivery: &Delivery) -> bool {
        let payload = &delivery.payload;
        let selected = || match self.filter {
            Some(filter) => filter.matches(Some(&self.context.unmarked(payload))),
            None => self.state.names.are_shown_in(self.context, &self.state.variables, payload),
        };
        delivery.event_type == self.event.event_type && selected()
    }

    /// What did arrive, where nothing that decides did.
    fn missing(&self, inbox: &Inbox) -> Missing {
        let &Self { context, state, event, filter } = self;
        let fits = |delivery: &Delivery| self.fits(delivery);
        let mut missing = Missing {
            event_type: event.event_type.clone(),
            wanted: selection(filter, None)
                .into_iter()
                .map(|check| (check.path, check.expected))
                .collect(),
            waited: Duration::ZERO,
            fitting: Vec::new(),
            unreadable: Vec::new(),
            others: Vec::new(),
            used_up: false,
        };
        let mut others = BTreeMap::<String, usize>::new();
        for delivery in inbox.all() {
            match &delivery.verification {
                // Another scenario's: nothing of this one had happened yet.
                Err(_) if delivery.arrived < context.started => {}
                // Only the first is reported, and finding out what is wrong with it takes a moment.
                Err(_) if fits(&delivery) && missing.fitting.is_empty() => {
                    missing.fitting.extend(delivery.explained());
                }
                Err(problem) if fits(&delivery) => missing.fitting.push(problem.clone()),
                // Without a type, whether it fits is unknown.
                Err(problem) if delivery.event_type.is_empty() => {
                    missing.unreadable.push(problem.clone());
                }
                Err(problem)
                    if delivery.event_type == event.event_type
                        && matches!(problem, RejectReason::Malformed(_)) =>
                {
                    missing.unreadable.push(problem.clone());
                }
                Err(_) => {}
                Ok(_) if fits(&delivery) => missing.used_up |= state.used.contains(&delivery.id),
                Ok(_) => {
                    let selects = filter.filter(|_| delivery.event_type == event.event_type);
                    *others
                        .entry(describe(
                            context.shared.provider,
                            &delivery,
                            &selection(selects, Some(&context.unmarked(&delivery.payload))),
                        ))
                        .or_default() += 1;
                }
            }
        }
        missing.others = others.into_iter().collect();
        // Scenarios run side by side: what is about this one's customers comes first.
        missing.others.sort_by_key(|(what, _)| !what.contains(context.run_id()));
        missing
    }
}

/// What `where` asks for of a payload, and whether that is there.
fn selection(filter: Option<&Shape>, payload: Option<&Json>) -> Vec<Check> {
    let mut checks = Vec::new();
    if let Some(filter) = filter {
        filter.check(PAYLOAD, payload, &mut checks);
    }
    for check in &mut checks {
        if let Some(within) =
            check.path.strip_prefix(PAYLOAD).and_then(|rest| rest.strip_prefix('.'))
        {
            check.path = within.to_owned();
        }
    }
    checks
}

/// A delivery as people would name it: its type, whose it is, and why it was not selected.
fn describe(provider: &Provider, delivery: &Delivery, selection: &[Check]) -> String {
    let customer = &provider.customer;
    let data = &delivery.payload[provider.webhook.payload.data];
    let keys = [customer.external_id, customer.email, customer.id];
    let whose = keys.into_iter().find_map(|key| Some((key, data[key].as_str()?)));
    let whose = whose.map(|(key, value)| format!("{key} {}", quoted(value)));
    let differs = selection.iter().filter(|check| check.status != Status::Passed).map(|check| {
        let actual = || quoted(&check.actual.to_string());
        let seen = if check.missing {
            format!("no `{}`", check.path)
        } else {
            format!("`{}` {}", check.path, actual())
        };
        let elsewhere = check
            .expected
            .as_str()
            .and_then(|wanted| places(&delivery.payload, wanted, "").into_iter().next());
        let elsewhere =
            elsewhere.map(|place| format!(" but it stands at `{}`", place.trim_start_matches('.')));
        seen + &elsewhere.unwrap_or_default()
    });
    let all: Vec<_> = whose.into_iter().chain(differs).collect();
    if all.is_empty() {
        delivery.event_type.clone()
    } else {
        format!("{} ({})", delivery.event_type, all.join(", "))
    }
}

/// The most arrivals that a report has of one scenario.
const MOST_ARRIVALS: usize = 200;

/// The deliveries about what a scenario made, as they arrived.
pub(super) fn arrivals(context: &Context<'_>, state: &State) -> Vec<Arrival> {
    let Events::Inbox(inbox) = context.shared.events else { return Vec::new() };
    let about_it = |delivery: &Arc<Delivery>| {
        delivery.arrived >= context.started
            && state.names.are_shown_in(context, &state.variables, &delivery.payload)
    };
    let arrived = inbox.all().into_iter().filter(about_it).take(MOST_ARRIVALS);
    let arrival = |delivery: Arc<Delivery>| Arrival {
        at: context.since_began(delivery.arrived),
        webhook_id: delivery.id.clone(),
        event_type: delivery.event_type.clone(),
        signature: summary::signature(&delivery),
    };
    arrived.map(arrival).collect()
}

/// What to say of deliveries that arrived more than once. Copies read from a log are attempts of
/// one delivery, which is how a log works.
pub(super) fn duplicates(events: &Events, used: &HashSet<String>) -> Vec<String> {
    let Events::Inbox(inbox) = events else { return Vec::new() };
    let mut copies = BTreeMap::<(String, String), usize>::new();
    for delivery in inbox.all() {
        if matches!(delivery.verification, Ok(Verification::Signed(_)))
            && used.contains(&delivery.id)
        {
            *copies.entry((delivery.event_type.clone(), delivery.id.clone())).or_default() += 1;
        }
    }
    let repeated = copies.into_iter().filter(|(_, count)| *count > 1);
    repeated
        .map(|((event_type, id), count)| {
            format!(
                "{event_type} was delivered {count} times ({id}): a handler must be able \
                 to live with that"
            )
        })
        .collect()
}
