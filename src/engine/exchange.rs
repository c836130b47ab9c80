//! A request step: fill, send, check, capture; again and again where `within` says so.

use std::cell::Cell;
use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};

use super::capture;
use super::context::Context;
use super::ownership::Permission;
use super::prepare::prepare;
use super::state::{Ended, Learned, Sent, State};
use super::target::down;
use crate::event::{Body as Excerpt, Check, Status, StepResult};
use crate::evidence::{Exchange, Outcome, decides_alone, summary};
use crate::http::{self, FailureKind};
use crate::scenario::{Expect, Request, Shape, StatusPattern, Step, TargetName};
use crate::variables::{FillError, Variables};

/// The first pause between two polls; it doubles up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// A request with its variables filled in, and what must hold of the answer.
struct Asked {
    request: http::Request,
    sent: Option<Json>,
    headers: Vec<(String, Shape)>,
    body: Option<Shape>,
}

pub(super) async fn run(
    context: &Context<'_>,
    state: &State,
    number: usize,
    step: &Step,
    request: &Request,
    mut result: StepResult,
) -> Ended {
    let asked = capture::fillable(step, &state.variables)
        .and_then(|()| ask(&state.variables, request, &step.expect));
    let mut asked = match asked {
        Ok(asked) => asked,
        Err(error) => return Ended::unfilled(result, error),
    };
    let client = context.shared.steps.client(request.target);
    state.cookies.add(&mut asked.request, client.base());
    let path = &asked.request.path;
    let own = match state.ledger.permits(context, client, request, &asked.request).await {
        Ok(Permission::Granted(own)) => own,
        Ok(Permission::Refused(why)) => {
            result.status = Status::Failed;
            let request = format!("{} {path}", asked.request.method);
            return Ended::new(result, Outcome::Forbidden { request, why });
        }
        // Nothing was sent, and nothing is known of the record.
        Err(failure) => return failed(context, request.target, result, failure),
    };
    let (path, body) = (path.clone(), asked.sent.clone());
    let mut sent = Sent { path, body, own, at: Instant::now(), failure: None };
    // What would have caused a change did not happen: there is nothing to wait for.
    let within = step.within.filter(|_| state.refused.is_none());
    let deadline = within.map(|within| Instant::now() + within);
    let mut stays_until = None;
    let mut pause = FIRST_PAUSE;
    let attempts = Cell::new(0);
    let mut ended = loop {
        // The last try begins at the deadline: what holds by then has held in time.
        let last = deadline.is_none_or(|deadline| Instant::now() >= deadline);
        let answer = send(context, client, number, &asked.request, &attempts).await;
        sent.at = Instant::now();
        let response = match answer {
            Ok(response) => response,
            Err(failure) => {
                sent.failure = Some(failure.clone());
                break failed(context, request.target, result, failure);
            }
        };
        let (checks, exchange) = check(context, step, request, &asked, response);
        let holds = checks.iter().all(|check| check.status == Status::Passed);
        let (what, until) = match step.stays {
            Some(stays) if holds => {
                let until = *stays_until.get_or_insert_with(|| Instant::now() + stays);
                ("the answer to stay as it is", Some(until))
            }
            // What has held once has to go on.
            _ => ("the answer to change", deadline.filter(|_| stays_until.is_none())),
        };
        let left = until.map_or(Duration::ZERO, |until| until - Instant::now());
        let decided = if step.stays.is_some() { left.is_zero() } else { holds };
        if decided || last && stays_until.is_none() {
            result.status = if holds { Status::Passed } else { Status::Failed };
            result.checks = checks;
            break answered(context, state, step, result, exchange);
        }
        context.waiting(number, what, left);
        tokio::select! {
            () = tokio::time::sleep(pause.min(left)) => {}
            () = context.shared.halt.cancelled() => {}
        }
        if let Some(halted) = context.shared.halted() {
            break Ended::halted(result, halted);
        }
        pause = (pause * 2).min(LONGEST_PAUSE);
    };
    if !matches!(ended.outcome, Outcome::Nothing) {
        let variable = context.shared.provider.token.variable;
        let whole = context.keeps(ended.result.status).then_some(variable);
        let request = summary::request(client, &asked.request, whole, attempts.get());
        ended.result.request = Some(request);
    }
    ended.learned.sent = Some(sent);
    ended
}

/// A step whose answer decides: what it captures, and what the answer says of the target.
fn answered(
    context: &Context<'_>,
    state: &State,
    step: &Step,
    mut result: StepResult,
    exchange: Exchange,
) -> Ended {
    let response = &exchange.response;
    let source = &context.planned.scenario.source;
    let answer = capture::From::Answer { response, json: exchange.json.as_ref() };
    let captured = capture::take(step, source, &state.variables, &answer);
    let captured = captured.judge(&mut result);
    let refused = response.status == 401 && exchange.with_token && result.status != Status::Passed;
    let down = refused.then(|| down(FailureKind::Unauthorized)).flatten();
    let down = down.map(|why| (step.target(), why));
    result.response = Some(summary::response(response, context.keeps(result.status)));
    let learned = Learned { captured, down, ..Learned::default() };
    Ended { result, outcome: Outcome::Exchange(Box::new(exchange)), learned }
}

/// A step without an answer, which the end of the run may have cut short.
fn failed(
    context: &Context<'_>,
    target: TargetName,
    mut result: StepResult,
    failure: http::Failure,
) -> Ended {
    let halted = context.shared.halted();
    if let Some(halted) = halted.filter(|(status, _)| cut_short(*status, failure.kind)) {
        return Ended::halted(result, halted);
    }
    result.status = Status::Errored;
    let down = down(failure.kind).map(|why| (target, why));
    let learned = Learned { down, ..Learned::default() };
    Ended { result, outcome: Outcome::Failed(failure), learned }
}

/// Sends a request, and counts how often that takes. Once the run is interrupted it may take as
/// long as its time-out, redirects and repetitions included.
async fn send(
    context: &Context<'_>,
    client: &http::Client,
    number: usize,
    request: &http::Request,
    attempts: &Cell<u32>,
) -> Result<http::Response, http::Failure> {
    let tell = |next| match next {
        http::Next::Wait(wait) => context.waiting(number, "the rate limit to pass", wait),
        http::Next::Attempt => attempts.set(attempts.get() + 1),
    };
    tokio::select! {
        answer = client.send_and_tell(request, tell) => answer,
        () = interrupted_long_ago(context, client) => {
            Err(http::Failure::timed_out("the run was interrupted".to_owned()))
        }
    }
}

/// Whether a request failed because the run was to end, where it was: a wait for a rate limit is
/// given up. Ctrl-C gets to a target that runs in the same terminal as well.
fn cut_short(halted: Status, failure: FailureKind) -> bool {
    halted == Status::Interrupted || failure == FailureKind::RateLimited
}

/// Resolves once an interrupted run has given its last request the time it may take.
async fn interrupted_long_ago(context: &Context<'_>, client: &http::Client) {
    context.shared.stop.soon.cancelled().await;
    tokio::time::sleep(client.timeout()).await;
}

/// Fills in a step.
fn ask(variables: &Variables, request: &Request, expect: &Expect) -> Result<Asked, FillError> {
    let mut path = variables.path(&request.path)?;
    let query = variables.query(&request.query)?;
    if !query.is_empty() {
        path.push(if path.contains('?') { '&' } else { '?' });
        path.push_str(&query);
    }
    let line = (request.method.as_str(), path);
    let prepared = prepare(variables, line, &request.headers, &request.body, request.auth)?;
    let expected_headers = expect
        .headers
        .iter()
        .map(|(name, pattern)| Ok((name.to_lowercase(), variables.fill(pattern)?)));
    Ok(Asked {
        headers: expected_headers.collect::<Result<_, FillError>>()?,
        body: expect.body.as_ref().map(|pattern| variables.fill(pattern)).transpose()?,
        request: prepared.request,
        sent: prepared.sent,
    })
}

/// Makes every check of a step.
fn check(
    context: &Context<'_>,
    step: &Step,
    request: &Request,
    asked: &Asked,
    response: http::Response,
) -> (Vec<Check>, Exchange) {
    let expected = step.expect.status.clone().unwrap_or(StatusPattern::Class(2));
    let mut checks = vec![Check {
        path: "status".to_owned(),
        expected: written(&expected),
        actual: json!(response.status),
        missing: false,
        status: if expected.holds(response.status) { Status::Passed } else { Status::Failed },
        line: None,
    }];
    // What is expected of a record is not held against a refusal: that would bury what it says.
    let decided = decides_alone(&expected, response.status);
    for (name, pattern) in asked.headers.iter().filter(|_| !decided) {
        let found: Vec<_> = response.all(name).map(Json::from).collect();
        let fits = found.iter().find(|found| pattern.matches(Some(found)));
        pattern.check(&format!("headers.{name}"), fits.or(found.first()), &mut checks);
    }
    let json = response.json().map(|json| context.unmarked(&json).into_owned());
    let text = asked.body.as_ref().filter(|pattern| pattern.is_of_text());
    let text = text.and_then(|_| text_of(&response, json.as_ref()));
    if let Some(pattern) = asked.body.as_ref().filter(|_| !decided) {
        match text.as_ref().or(json.as_ref()) {
            Some(body) => pattern.check("body", Some(body), &mut checks),
            None => checks.push(Check {
                path: "body".to_owned(),
                expected: pattern.clone().into_json(),
                actual: Json::String(Excerpt::of(&response.body).text),
                missing: false,
                status: Status::Failed,
                line: None,
            }),
        }
    }
    let wants_json = asked.body.is_some() && text.is_none() || capture::reads_json(step);
    let exchange = Exchange {
        method: request.method.clone(),
        path: asked.request.path.clone(),
        with_token: asked.request.with_token
            && context.shared.steps.client(request.target).has_token(),
        sent: asked.sent.clone(),
        expected,
        json,
        wants_json,
        response,
    };
    (checks, exchange)
}

/// A status as it is written in a scenario.
fn written(status: &StatusPattern) -> Json {
    match status {
        StatusPattern::Code(code) => json!(code),
        StatusPattern::Class(_) => json!(status.to_string()),
        StatusPattern::AnyOf(all) => all.iter().map(written).collect(),
    }
}

/// The body as text, where it is not JSON or does not call itself that.
fn text_of(response: &http::Response, json: Option<&Json>) -> Option<Json> {
    let plain = response.header("content-type").is_some_and(|kind| kind.starts_with("text/"));
    let text = (json.is_none() || plain).then(|| str::from_utf8(&response.body).ok()).flatten();
    text.map(Json::from)
}
