//! A request step: fill, send, check, capture; again and again where `within` says so.

use std::cell::Cell;
use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};

use super::capture;
use super::scenario::{Ended, Run};
use crate::event::{
    Check, Code, LONGEST_TEXT, RequestSummary, ResponseSummary, Status, StepResult,
};
use crate::evidence::{Exchange, Outcome, decides_alone};
use crate::http;
use crate::scenario::{Auth, Body, Expect, Request, Shape, StatusPattern, Step};
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
    run: &mut Run<'_>,
    number: usize,
    step: &Step,
    request: &Request,
    mut result: StepResult,
) -> Ended {
    let prepared = capture::fillable(step, &run.variables)
        .and_then(|()| prepare(&run.variables, request, &step.expect));
    let prepared = match prepared {
        Ok(prepared) => prepared,
        Err(error) => return Ended::unfilled(result, error),
    };
    let url = run.shared.client.base().join(&prepared.request.path);
    let url = url.map_or_else(|| prepared.request.path.clone(), String::from);
    match run.forbids(request, &prepared.request.path).await {
        Ok(None) => {}
        Ok(Some(why)) => {
            result.status = Status::Failed;
            let request = format!("{} {}", prepared.request.method, prepared.request.path);
            return Ended { result, outcome: Outcome::Forbidden { request, why } };
        }
        // Nothing was sent, and nothing is known of the record.
        Err(failure) => return run.fails(result, failure),
    }
    run.record_names(&prepared.request.path, prepared.sent.as_ref());
    let deadline = step.within.map(|within| Instant::now() + within);
    let mut pause = FIRST_PAUSE;
    let attempts = Cell::new(0);
    let (checks, outcome) = loop {
        // The last try begins at the deadline: what holds by then has held in time.
        let last = deadline.is_none_or(|deadline| Instant::now() >= deadline);
        let answer = send(run, number, &prepared.request, &attempts).await;
        run.last_request = Instant::now();
        let response = match answer {
            Ok(response) => response,
            Err(failure) => {
                run.record_undo(
                    step,
                    request,
                    prepared.sent.as_ref(),
                    &prepared.request.path,
                    Err(&failure),
                    &[],
                );
                let Ended { result: ended, outcome } = run.fails(result, failure);
                if matches!(outcome, Outcome::Nothing) {
                    return Ended { result: ended, outcome };
                }
                result = ended;
                break (Vec::new(), outcome);
            }
        };
        let (checks, exchange) = check(run, step, request, &prepared, response);
        let holds = checks.iter().all(|check| check.status == Status::Passed);
        if holds || last {
            result.status = if holds { Status::Passed } else { Status::Failed };
            break (checks, Outcome::Exchange(Box::new(exchange)));
        }
        let left = deadline
            .map_or(Duration::ZERO, |deadline| deadline.saturating_duration_since(Instant::now()));
        run.waiting(number, "the answer to change", left);
        tokio::select! {
            () = tokio::time::sleep(pause.min(left)) => {}
            () = run.shared.halt.cancelled() => {}
        }
        if let Some(halted) = run.shared.halted() {
            return Ended::halted(result, halted);
        }
        pause = (pause * 2).min(LONGEST_PAUSE);
    };
    result.checks = checks;
    if let Outcome::Exchange(exchange) = &outcome {
        let header = |name: &str| exchange.response.header(name).map(str::to_owned);
        let captured = capture::take(run, step, exchange.json.as_ref(), header, &mut result);
        let (sent, answer) = (prepared.sent.as_ref(), &exchange.response);
        run.record_creation(request, sent, answer);
        if exchange.method != "GET" {
            run.record_made(answer, exchange.json.as_ref());
        }
        run.record_answer(&exchange.method, &exchange.path, answer);
        run.record_undo(step, request, sent, &exchange.path, Ok(answer), &captured);
        if exchange.response.status == 401 && exchange.with_token && result.status != Status::Passed
        {
            run.gone = gone(Code::Unauthorized);
        }
        result.response = Some(ResponseSummary {
            status: exchange.response.status,
            body: excerpt(&exchange.response.body),
        });
    }
    result.request =
        Some(RequestSummary { method: prepared.request.method, url, attempts: attempts.get() });
    Ended { result, outcome }
}

impl Run<'_> {
    /// A step without an answer, which the end of the run may have cut short.
    fn fails(&mut self, mut result: StepResult, failure: http::Failure) -> Ended {
        if let Some(halted) =
            self.shared.halted().filter(|(status, _)| cut_short(*status, failure.code))
        {
            return Ended::halted(result, halted);
        }
        self.gone = gone(failure.code);
        result.status = Status::Errored;
        Ended { result, outcome: Outcome::Failed(failure) }
    }
}

/// Sends a request, and counts how often that takes. Once the run is interrupted it may take as
/// long as its time-out, redirects and repetitions included.
async fn send(
    run: &Run<'_>,
    number: usize,
    request: &http::Request,
    attempts: &Cell<u32>,
) -> Result<http::Response, http::Failure> {
    let tell = |next| match next {
        http::Next::Wait(wait) => run.waiting(number, "the rate limit to pass", wait),
        http::Next::Attempt => attempts.set(attempts.get() + 1),
    };
    tokio::select! {
        answer = run.shared.steps.send_and_tell(request, tell) => answer,
        () = interrupted_long_ago(run) => {
            Err(http::Failure::timed_out("the run was interrupted".to_owned()))
        }
    }
}

/// Whether a request failed because the run was to end, where it was: a wait for a rate limit is
/// given up. Ctrl-C gets to a target that runs in the same terminal as well.
fn cut_short(halted: Status, failure: Code) -> bool {
    halted == Status::Interrupted || failure == Code::RateLimited
}

/// Resolves once an interrupted run has given its last request the time it may take.
async fn interrupted_long_ago(run: &Run<'_>) {
    run.shared.stop.soon.cancelled().await;
    tokio::time::sleep(run.shared.client.timeout()).await;
}

/// Why nothing more can be sent to a target after `code`.
pub(super) fn gone(code: Code) -> Option<&'static str> {
    match code {
        Code::TargetUnreachable | Code::TlsFailed => Some("the target cannot be reached"),
        Code::Unauthorized => Some("the target answers 401"),
        Code::RateLimited => Some("the target's rate limit does not pass"),
        _ => None,
    }
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
    run: &Run<'_>,
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
    let json = response.json().map(|json| run.unmarked(&json).into_owned());
    if let Some(pattern) = prepared.body.as_ref().filter(|_| !decided) {
        match &json {
            Some(json) => pattern.check("body", Some(json), &mut checks),
            None => checks.push(Check {
                path: "body".to_owned(),
                expected: pattern.clone().into_json(),
                actual: Json::String(excerpt(&response.body)),
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
        with_token: prepared.request.with_token && run.shared.client.has_token(),
        sent: prepared.sent.clone(),
        expected,
        json,
        wants_json,
        response,
    };
    (checks, exchange)
}

/// The first part of a body, as text. Reporters cut it further, once it holds no secret.
fn excerpt(body: &[u8]) -> String {
    String::from_utf8_lossy(&body[..body.len().min(2 * LONGEST_TEXT)]).into_owned()
}
