//! Answers that are not what the scenario expects.

use serde_json::Value as Json;

use super::record::{SCRIPTED, lost, somebody};
use super::story::Story;
use super::words::{difference, plain};
use super::{Finding, look_closer, record, rules};
use crate::event::{Check, Code, Status, StepResult};
use crate::evidence::Exchange;
use crate::http::json::{self, JsonError};
use crate::scenario::StatusPattern;

const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// Explains an answer with failed checks.
pub(super) fn explain(story: &Story, step: usize, exchange: &Exchange, result: &StepResult) -> Finding {
    let failed: Vec<_> = result.checks.iter().filter(|check| check.status == Status::Failed).collect();
    if let Some(finding) = refused(story, step, exchange) {
        return finding;
    }
    if exchange.wants_json && exchange.json.is_none() {
        return not_json(exchange);
    }
    let body: Vec<_> = failed.iter().copied().filter(|check| check.path.starts_with("body")).collect();
    record::explain(story, step, exchange, &body)
        .or_else(|| (!exchange.expected.holds(exchange.response.status)).then(|| unexpected_status(exchange)))
        .unwrap_or_else(|| mismatch(&failed, result))
}

/// Statuses that decide by themselves, whatever the body says.
fn refused(story: &Story, step: usize, exchange: &Exchange) -> Option<Finding> {
    let status = exchange.response.status;
    if exchange.expected.holds(status) {
        return None;
    }
    let line = format!("{} {}", exchange.method, exchange.path);
    let wanted_success = matches!(exchange.expected, StatusPattern::Code(200..=299) | StatusPattern::Class(2));
    let reasons = reasons(exchange);
    Some(match status {
        401 if exchange.with_token => Finding::new(
            Code::Unauthorized,
            format!("The target refuses the token (401 on {line}){reasons}."),
            "Check that the token belongs to this environment (a sandbox token does not work in production, nor the other way round) and has not expired.",
        ),
        401 => Finding::new(
            Code::Unauthorized,
            format!("The target wants a token and none was sent (401 on {line}){reasons}."),
            "Set POLAR_ACCESS_TOKEN or give --token-file FILE. A tieback sandbox takes any token.",
        ),
        // A step that tries the API without a token is a check like any other.
        403 if exchange.expected != StatusPattern::Code(401) => {
            let scopes = exchange.response.needed_scopes();
            let hint = match scopes {
                Some(_) => {
                    "Make a token with that scope; customers:write, members:write and webhooks:write serve all built-in scenarios."
                }
                None => {
                    "The target does not say which scope is missing; customers:write, members:write and webhooks:write serve all built-in scenarios. If the token has them, a rule of the target refuses this."
                }
            };
            let scopes = scopes.map(|scopes| format!(": it needs {}", any_of(scopes))).unwrap_or_default();
            Finding::new(Code::Forbidden, format!("The token may not do this (403 on {line}){scopes}{reasons}."), hint)
        }
        100..=199 | 300..=399 => unexpected_status(exchange),
        500..=599 => Finding::new(
            Code::ServerError,
            format!("The target failed ({status} on {line}){reasons}."),
            match status {
                502..=504 => {
                    "Often a proxy's answer, where the server behind it is down, overloaded or too slow: look whether that runs, then at its log."
                }
                _ => "Look at the target's log for this request: its own code broke.",
            },
        ),
        404 | 410 if wants_record(exchange) && story.created_before(step) && story.is_about_customers(exchange) => {
            let or = if story.is_of_a_customer(exchange) { "" } else { ", or does not have this path" };
            let lost = lost(story, exchange, &format!("the target did not find it{or} ({status} on {line})"));
            if or.is_empty() || lost.code != Code::CustomerLost {
                return Some(lost);
            }
            let hint = "Check that this path reads the same data as the others; where the target does not have it, leave the scenario out by naming the others: `tieback run NAME...`.";
            Finding { hint: hint.to_owned(), ..lost }
        }
        400..=499 if wanted_success => {
            let message = format!("The target rejected the request ({status} on {line}){reasons}.");
            rules::rejected(story, step, exchange, &message)
        }
        200..=299 if !wanted_success => {
            let nobody = exchange.expected == StatusPattern::Code(404) && story.is_about_customers(exchange);
            let wrong = nobody.then(|| somebody(story, exchange, &line)).flatten();
            return wrong.or_else(|| rules::accepted(story, step, exchange, &line));
        }
        _ => return None,
    })
}

/// Whether a request is about a record that has to be there: it asks for one, or changes one, be it in vain.
fn wants_record(exchange: &Exchange) -> bool {
    exchange.method != "POST" && !matches!(exchange.expected, StatusPattern::Code(404 | 410) | StatusPattern::Class(4))
}

fn not_json(exchange: &Exchange) -> Finding {
    let body = &exchange.response.body;
    let text = String::from_utf8_lossy(body);
    let start = text.trim_start();
    let elsewhere = "Check that --base-url leads to the API itself, not to a login page, a proxy or a web app.";
    let (what, hint) = if body.is_empty() {
        (
            "empty".to_owned(),
            "The target has to answer with the record; an app that reads an `id` from this finds none.",
        )
    } else if start.starts_with('<') {
        ("HTML or XML".to_owned(), elsewhere)
    } else if body.starts_with(BYTE_ORDER_MARK) {
        (
            "JSON behind a byte order mark, which many readers refuse".to_owned(),
            "Write the body without the byte order mark (U+FEFF) at its start.",
        )
    } else if start.starts_with(['{', '[']) {
        match json::parse(body).err() {
            Some(error @ (JsonError::TooMany | JsonError::TooDeep)) => (
                error.to_string(),
                "It may well be right, but tieback does not read as much: ask for a smaller part of it, such as a page with fewer records.",
            ),
            // Says whether it was cut off, goes on behind its end, or is no UTF-8, and where.
            error => (
                match error {
                    Some(JsonError::Broken(why)) => format!("broken JSON ({why})"),
                    _ => "broken JSON".to_owned(),
                },
                "Check what writes this body: one that is cut off points at a wrong content-length or a proxy, anything else at how it is encoded.",
            ),
        }
    } else {
        ("no JSON".to_owned(), elsewhere)
    };
    let length = if body.is_empty() { String::new() } else { format!(", of {} bytes", body.len()) };
    let message = format!(
        "{} {} was answered {} with a body that is {what}{length}.",
        exchange.method, exchange.path, exchange.response.status
    );
    Finding::new(Code::NotJson, message, hint)
}

fn unexpected_status(exchange: &Exchange) -> Finding {
    let status = exchange.response.status;
    let wanted = match exchange.expected {
        StatusPattern::Code(code) => code.to_string(),
        StatusPattern::Class(class) => format!("{class}xx"),
    };
    let target = exchange.response.header("location").filter(|_| (300..400).contains(&status));
    let target = target.map(|location| format!(", a redirect to {location}")).unwrap_or_default();
    let hint = match (status, exchange.expected) {
        (304, _) => "304 is for a client that has a copy already; this one has none, so answer with the record.",
        (300..=399, _) => {
            "Only 307 and 308 within the same host are followed, because the token goes with a request. If the API has moved, give its new address as --base-url; if this leads to a login page, it is not the API that answers."
        }
        (_, StatusPattern::Code(expected)) => rules::otherwise(expected, status),
        (_, StatusPattern::Class(_)) => rules::OTHERWISE,
    };
    let message = format!(
        "{} {} was answered {status}{target}; {wanted} was expected{}.",
        exchange.method,
        exchange.path,
        reasons(exchange)
    );
    Finding::new(Code::UnexpectedStatus, message, hint).follows_from(SCRIPTED)
}

fn mismatch(failed: &[&Check], result: &StepResult) -> Finding {
    let message = format!("The answer is not what the step expects: {}.", difference(failed));
    Finding::new(Code::Mismatch, message, look_closer("the whole answer", result)).follows_from(SCRIPTED)
}

/// The scopes of which any one would do.
fn any_of(scopes: &str) -> String {
    let all: Vec<_> = scopes.split_whitespace().collect();
    if all.len() == 1 { scopes.to_owned() } else { format!("one of {}", all.join(", ")) }
}

/// The API's own reasons, as a sentence part; empty where it gives none.
pub(super) fn reasons(exchange: &Exchange) -> String {
    let Some(body) = &exchange.json else { return String::new() };
    let detail = &body["detail"];
    let mut found: Vec<String> = Vec::new();
    match detail {
        Json::Array(items) => found.extend(items.iter().filter_map(|item| {
            let place: Vec<_> = item["loc"].as_array().into_iter().flatten().map(plain).collect();
            let place = if place.is_empty() { String::new() } else { format!("{}: ", place.join(".")) };
            Some(format!("{place}{}", item["msg"].as_str()?))
        })),
        Json::String(text) => found.push(text.clone()),
        _ => {}
    }
    found.extend(["error_description", "message"].iter().filter_map(|key| body[key].as_str().map(str::to_owned)));
    found.dedup();
    if found.is_empty() { String::new() } else { format!("; it says: {}", found.join("; ").trim_end_matches('.')) }
}
