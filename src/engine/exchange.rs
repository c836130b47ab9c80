//! A request step: fill, send, check, capture; again and again where `within` says so.

use std::time::Instant;

use super::calls::Calls;
use super::capture;
use super::check::{Checked, Expected};
use super::context::Context;
use super::cookies::Cookies;
use super::ownership::Permission;
use super::poll::{Polled, poll};
use super::prepare::{Prepared, prepare};
use super::state::{Ended, Learned, Sent, State};
use super::target::down;
use crate::event::{Status, StepResult};
use crate::evidence::{Exchange, Outcome, summary};
use crate::http::{self, FailureKind};
use crate::scenario::{Request, Step, TargetName};
use crate::variables::{FillError, Variables};

/// The most redirects that are followed to an app's page.
const MOST_REDIRECTS: usize = 10;

pub(super) async fn run(
    context: &Context<'_>,
    state: &State,
    number: usize,
    step: &Step,
    request: &Request,
    mut result: StepResult,
) -> Ended {
    let filled = capture::fillable(step, &state.variables).and_then(|()| {
        let prepared = fill(&state.variables, request)?;
        Ok((prepared, Expected::fill(context, &state.variables, step)?))
    });
    let (Prepared { request: mut asked, sent: body }, expected) = match filled {
        Ok(filled) => filled,
        Err(error) => return Ended::unfilled(result, error),
    };
    let Some(client) = context.shared.steps.client(request.target) else {
        result.reason = Some("there is no app under test".to_owned());
        return Ended::new(result, Outcome::Nothing);
    };
    asked.redirects = request.target == TargetName::Api;
    if request.target == TargetName::App && !asked.headers.contains_key("origin") {
        // Browsers send it, and apps that look at it refuse a request without. A URL's origin is
        // ASCII, so that a header can carry it.
        let _ = asked.set_header("origin", &client.base().origin());
    }
    let mut jar = state.jar(step).cloned().unwrap_or_default();
    jar.add(&mut asked, client.base());
    let path = &asked.path;
    let permission = match request.target {
        TargetName::Api => state.ledger.permits(context, client, request, &asked).await,
        TargetName::App => Ok(Permission::Granted(None)),
    };
    let own = match permission {
        Ok(Permission::Granted(own)) => own,
        Ok(Permission::Refused(why)) => {
            result.status = Status::Failed;
            let request = format!("{} {path}", asked.method);
            return Ended::new(result, Outcome::Forbidden { request, why });
        }
        // Nothing was sent, and nothing is known of the record.
        Err(failure) => return failed(context, request.target, result, failure),
    };
    let (path, sent_body) = (path.clone(), body.clone());
    let mut sent = Sent { path, body: sent_body, own, at: Instant::now(), failure: None };
    let calls = Calls::since(context.shared.options.began);
    let polled = poll(context, state, number, step, async || {
        let mut response = send(context, client, number, &asked, &calls).await?;
        jar.keep(&response);
        if request.follow {
            let hop =
                async |next: &http::Request| send(context, client, number, next, &calls).await;
            response = follow(client, &asked, response, &mut jar, hop).await?;
        }
        let Checked { checks, json, wants_json } = expected.check(context, step, &response);
        let exchange = Exchange {
            method: request.method.clone(),
            path: asked.path.clone(),
            with_token: asked.with_token && client.has_token(),
            sent: body.clone(),
            expected: expected.status.clone(),
            json,
            wants_json,
            response,
        };
        Ok((checks, exchange))
    });
    let polled = polled.await;
    sent.at = Instant::now();
    let mut ended = match polled {
        Polled::Decided { holds, checks, exchange } => {
            result.status = if holds { Status::Passed } else { Status::Failed };
            result.checks = checks;
            answered(context, state, step, result, *exchange)
        }
        Polled::Failed(failure) => {
            sent.failure = Some(failure.clone());
            failed(context, request.target, result, failure)
        }
        Polled::Halted(halted) => Ended::halted(result, halted),
    };
    if !matches!(ended.outcome, Outcome::Nothing) {
        let variable = context.shared.provider.token.variable;
        let whole = context.keeps(ended.result.status).then_some(variable);
        let request = summary::request(client, &asked, whole, calls.sent());
        ended.result.request = Some(request);
    }
    calls.report(&mut ended.result);
    ended.learned.cookies = Some(jar);
    ended.learned.sent = Some(sent);
    ended
}

/// Follows where an app leads from an answer, as a browser does: within the origin, with the
/// cookies that are set on the way.
async fn follow(
    client: &http::Client,
    asked: &http::Request,
    mut response: http::Response,
    jar: &mut Cookies,
    send: impl AsyncFn(&http::Request) -> Result<http::Response, http::Failure>,
) -> Result<http::Response, http::Failure> {
    let mut next = asked.clone();
    for _ in 0..MOST_REDIRECTS {
        let Some(path) = client.leads_to(&response) else { break };
        if !matches!(response.status, 307 | 308) {
            (next.method, next.body) = ("GET".to_owned(), None);
            next.headers.remove("content-type");
        }
        next.path = path;
        next.headers.remove("cookie");
        jar.add(&mut next, client.base());
        response = send(&next).await?;
        jar.keep(&response);
    }
    Ok(response)
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
    for path in &step.hidden {
        if let Some(value) = exchange.json.as_ref().and_then(|json| capture::in_body(json, path)) {
            context.hide(value);
        }
    }
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

/// Sends a request, and notes each time that it takes. Once the run is interrupted it may take as
/// long as its time-out, redirects and repetitions included.
async fn send(
    context: &Context<'_>,
    client: &http::Client,
    number: usize,
    request: &http::Request,
    calls: &Calls,
) -> Result<http::Response, http::Failure> {
    let tell = |next| {
        if let http::Next::Wait(wait) = next {
            context.waiting(number, "the rate limit to pass", wait);
        }
        calls.about_to(next, || format!("{} {}", request.method, request.path));
    };
    let answer = tokio::select! {
        answer = client.send_and_tell(request, tell) => answer,
        () = interrupted_long_ago(context, client) => {
            Err(http::Failure::timed_out("the run was interrupted".to_owned()))
        }
    };
    calls.answered(answer.as_ref().ok().map(|response| response.status));
    answer
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

/// Fills in a request.
fn fill(variables: &Variables, request: &Request) -> Result<Prepared, FillError> {
    let mut path = variables.path(&request.path)?;
    let query = variables.query(&request.query)?;
    if !query.is_empty() {
        path.push(if path.contains('?') { '&' } else { '?' });
        path.push_str(&query);
    }
    let line = (request.method.as_str(), path);
    prepare(variables, line, &request.headers, &request.body, request.auth)
}
