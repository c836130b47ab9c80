//! A request step: fill, send, check, capture; again and again where `within` says so.

use std::cell::Cell;
use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};

use super::capture;
use super::context::Context;
use super::ownership::Permission;
use super::state::{Ended, Learned, Sent, State};
use super::target::down;
use crate::event::{Body as Excerpt, Check, Status, StepResult};
use crate::evidence::{Exchange, Outcome, decides_alone, summary};
use crate::http::{self, FailureKind};
use crate::scenario::{Auth, Body, Expect, Request, Shape, StatusPattern, Step, TargetName};
use crate::variables::{FillError, Variables};

/// The first pause between two polls; it doubles up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// A request with its variables filled in, and what must hold of the answer.
struct Prepared {
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
    let prepared = capture::fillable(step, &state.variables)
        .and_then(|()| prepare(&state.variables, request, &step.expect));
    let prepared = match prepared {
        Ok(prepared) => prepared,
        Err(error) => return Ended::unfilled(result, error),
    };
    let client = context.shared.steps.client(request.target);
    let path = &prepared.request.path;
    let own = match state.ledger.permits(context, client, request, path).await {
        Ok(Permission::Granted(own)) => own,
        Ok(Permission::Refused(why)) => {
            result.status = Status::Failed;
            let request = format!("{} {path}", prepared.request.method);
            return Ended::new(result, Outcome::Forbidden { request, why });
        }
        // Nothing was sent, and nothing is known of the record.
        Err(failure) => return failed(context, request.target, result, failure),
    };
    let (path, body) = (path.clone(), prepared.sent.clone());
    let mut sent = Sent { path, body, own, at: Instant::now(), failure: None };
    let deadline = step.within.map(|within| Instant::now() + within);
    let mut pause = FIRST_PAUSE;
    let attempts = Cell::new(0);
    let mut ended = loop {
        // The last try begins at the deadline: what holds by then has held in time.
        let last = deadline.is_none_or(|deadline| Instant::now() >= deadline);
        let answer = send(context, client, number, &prepared.request, &attempts).await;
        sent.at = Instant::now();
        let response = match answer {
            Ok(response) => response,
            Err(failure) => {
                sent.failure = Some(failure.clone());
                break failed(context, request.target, result, failure);
            }
        };
        let (checks, exchange) = check(context, step, request, &prepared, response);
        let holds = checks.iter().all(|check| check.status == Status::Passed);
        if holds || last {
            result.status = if holds { Status::Passed } else { Status::Failed };
            result.checks = checks;
            break answered(context, state, step, result, exchange);
        }
        let left = deadline
            .map_or(Duration::ZERO, |deadline| deadline.saturating_duration_since(Instant::now()));
        context.waiting(number, "the answer to change", left);
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
        let request = summary::request(client, &prepared.request, variable, attempts.get());
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
    let header = |name: &str| response.header(name).map(str::to_owned);
    let source = &context.planned.scenario.source;
    let captured = capture::take(step, source, &state.variables, exchange.json.as_ref(), header);
    let captured = captured.judge(&mut result);
    let refused = response.status == 401 && exchange.with_token && result.status != Status::Passed;
    let down = refused.then(|| down(FailureKind::Unauthorized)).flatten();
    let down = down.map(|why| (step.target(), why));
    result.response = Some(summary::response(response));
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

fn prepare(
    variables: &Variables,
    request: &Request,
    expect: &Expect,
) -> Result<Prepared, FillError> {
    let mut path = variables.path(&request.path)?;
    let query = variables.query(&request.query)?;
    if !query.is_empty() {
        path.push(if path.contains('?') { '&' } else { '?' });
        path.push_str(&query);
    }
    let (sent, body) = match &request.body {
        Body::None => (None, None),
        Body::Json(value) => {
            let value = variables.value(value)?;
            let bytes = value.to_string().into_bytes();
            (Some(value), Some(bytes))
        }
        Body::Raw(template) => {
            let text = variables.text(template)?;
            (http::json::read(text.as_bytes()), Some(text.into_bytes()))
        }
    };
    let mut filled = http::Request::new(&request.method, path, None);
    (filled.with_token, filled.body) = (request.auth == Auth::Token, body);
    if filled.body.is_some() {
        set_header(&mut filled, "content-type", "application/json")?;
    }
    for (name, value) in &request.headers {
        set_header(&mut filled, name, &variables.text(value)?)?;
    }
    let expected_headers = expect
        .headers
        .iter()
        .map(|(name, pattern)| Ok((name.to_lowercase(), variables.fill(pattern)?)));
    Ok(Prepared {
        headers: expected_headers.collect::<Result<_, FillError>>()?,
        body: expect.body.as_ref().map(|pattern| variables.fill(pattern)).transpose()?,
        request: filled,
        sent,
    })
}

/// Adds a header, where it can be sent.
fn set_header(request: &mut http::Request, name: &str, value: &str) -> Result<(), FillError> {
    let added = request.set_header(name, value);
    added.map_err(|why| FillError::BadHeader { name: name.to_owned(), why })
}

/// Makes every check of a step.
fn check(
    context: &Context<'_>,
    step: &Step,
    request: &Request,
    prepared: &Prepared,
    response: http::Response,
) -> (Vec<Check>, Exchange) {
    let expected = step.expect.status.unwrap_or(StatusPattern::Class(2));
    let wanted = match expected {
        StatusPattern::Code(code) => json!(code),
        StatusPattern::Class(class) => json!(format!("{class}xx")),
    };
    let mut checks = vec![Check {
        path: "status".to_owned(),
        expected: wanted,
        actual: json!(response.status),
        missing: false,
        status: if expected.holds(response.status) { Status::Passed } else { Status::Failed },
        line: None,
    }];
    // What is expected of a record is not held against a refusal: that would bury what it says.
    let decided = decides_alone(expected, response.status);
    for (name, pattern) in prepared.headers.iter().filter(|_| !decided) {
        let found = response.header(name).map(Json::from);
        pattern.check(&format!("headers.{name}"), found.as_ref(), &mut checks);
    }
    let json = response.json().map(|json| context.unmarked(&json).into_owned());
    if let Some(pattern) = prepared.body.as_ref().filter(|_| !decided) {
        match &json {
            Some(json) => pattern.check("body", Some(json), &mut checks),
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
    let wants_json = prepared.body.is_some() || capture::reads_body(step);
    let exchange = Exchange {
        method: request.method.clone(),
        path: prepared.request.path.clone(),
        with_token: prepared.request.with_token
            && context.shared.steps.client(request.target).has_token(),
        sent: prepared.sent.clone(),
        expected,
        json,
        wants_json,
        response,
    };
    (checks, exchange)
}
