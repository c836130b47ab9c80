//! Answers that are not what the scenario expects.

use serde_json::Value as Json;

use super::record::{SCRIPTED, lost, somebody};
use super::story::Story;
use super::words::{difference, plain};
use super::{Finding, record, rules};
use crate::event::{Check, Code, Status};
use crate::evidence::Exchange;
use crate::http::json;
use crate::scenario::StatusPattern;

const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// Explains an answer with failed checks.
pub(super) fn explain(story: &Story, step: usize, exchange: &Exchange, checks: &[Check]) -> Finding {
    let failed: Vec<_> = checks.iter().filter(|check| check.status == Status::Failed).collect();
    if let Some(finding) = refused(story, step, exchange) {
        return finding;
    }
    if exchange.wants_json && exchange.json.is_none() {
        return not_json(exchange);
    }
    let body: Vec<_> = failed.iter().copied().filter(|check| check.path.starts_with("body")).collect();
    record::explain(story, step, exchange, &body)
        .or_else(|| (!exchange.expected.holds(exchange.response.status)).then(|| unexpected_status(exchange)))
        .unwrap_or_else(|| mismatch(&failed))
}

/// Statuses that decide by themselves, whatever the body says.
fn refused(story: &Story, step: usize, exchange: &Exchange) -> Option<Finding> {
    let status = exchange.response.status;
    if exchange.expected.holds(status) {
        return None;
    }
    let line = format!("{} {}", exchange.method, exchange.path);
    let wanted_success = matches!(exchange.expected, StatusPattern::Code(200..=299) | StatusPattern::Class(2));
    let wanted_token = exchange.expected != StatusPattern::Code(401);
    let reasons = reasons(exchange);
    Some(match status {
        401 if wanted_token && exchange.with_token => Finding::new(
            Code::Unauthorized,
            format!("The target refuses the token (401 on {line}){reasons}."),
            "Check that the token belongs to this environment (a sandbox token does not work in production, nor the other way round) and has not expired.",
        ),
        401 if wanted_token => Finding::new(
            Code::Unauthorized,
            format!("The target wants a token and none was sent (401 on {line}){reasons}."),
            "Set POLAR_ACCESS_TOKEN or give --token-file FILE. A tieback sandbox takes any token.",
        ),
        403 if wanted_token => {
            let scope = exchange.response.needed_scopes();
            let scope = scope.map(|scope| format!(": it needs {scope}")).unwrap_or_default();
            Finding::new(
                Code::Forbidden,
                format!("The token may not do this (403 on {line}){scope}{reasons}."),
                "Make a token with that scope; customers:write, members:write and webhooks:write serve all built-in scenarios.",
            )
        }
        100..=199 | 300..=399 => unexpected_status(exchange),
        500..=599 => Finding::new(
            Code::ServerError,
            format!("The target failed ({status} on {line}){reasons}."),
            "Look at the target's log for this request.",
        ),
        404 | 410 if wants_record(exchange) && story.created_before(step) && story.is_about_customers(exchange) => {
            let or = if story.is_of_a_customer(exchange) { "" } else { ", or does not have this path" };
            lost(story, exchange, &format!("the target did not find it{or} ({status} on {line})"))
        }
        400..=499 if wanted_success => {
            let (meaning, hint) = rules::rejected(story, step, exchange);
            let message = format!("The target rejected the request ({status} on {line}){reasons}.{meaning}");
            Finding::new(Code::Rejected, message, hint).follows_from(SCRIPTED)
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
    let start = text.trim_start().to_ascii_lowercase();
    let what: &str = if body.is_empty() {
        "empty"
    } else if start.starts_with("<!doctype") || start.starts_with("<html") || start.starts_with('<') {
        "HTML"
    } else if body.starts_with(BYTE_ORDER_MARK) {
        "JSON behind a byte order mark, which must not be sent and which many readers refuse"
    } else if start.starts_with('{') || start.starts_with('[') {
        &match json::parse(body) {
            Err(why) => format!("JSON that ends too early or is malformed ({why})"),
            Ok(_) => "JSON".to_owned(),
        }
    } else {
        "no JSON"
    };
    Finding::new(
        Code::NotJson,
        format!(
            "{} {} was answered {} with a body that is {what} ({} bytes).",
            exchange.method,
            exchange.path,
            exchange.response.status,
            body.len()
        ),
        "Check that --base-url leads to the API itself, not to a login page, a proxy or a web app.",
    )
}

fn unexpected_status(exchange: &Exchange) -> Finding {
    let status = exchange.response.status;
    let wanted = match exchange.expected {
        StatusPattern::Code(code) => code.to_string(),
        StatusPattern::Class(class) => format!("{class}xx"),
    };
    let target = exchange.response.header("location").filter(|_| (300..400).contains(&status));
    let target = target.map(|location| format!(", a redirect to {location}")).unwrap_or_default();
    let hint = match status {
        300..=399 => {
            "Redirects are not followed, because the token would go with them; give the URL that they lead to as --base-url."
        }
        _ => match exchange.expected {
            StatusPattern::Code(expected) => rules::refused_otherwise(expected, status),
            StatusPattern::Class(_) => None,
        }
        .unwrap_or(
            "Check the target's rule behind this step; the step's note, if it has one, says why the rule matters.",
        ),
    };
    let message = format!(
        "{} {} was answered {status}{target}; {wanted} was expected{}.",
        exchange.method,
        exchange.path,
        reasons(exchange)
    );
    Finding::new(Code::UnexpectedStatus, message, hint).follows_from(SCRIPTED)
}

fn mismatch(failed: &[&Check]) -> Finding {
    let message = format!("The answer is not what the step expects: {}.", difference(failed));
    Finding::new(
        Code::Mismatch,
        message,
        "Run with -v to see the whole answer; the step's note, if it has one, says why this matters.",
    )
    .follows_from(SCRIPTED)
}

/// The API's own reasons, as a sentence part; empty where it gives none.
fn reasons(exchange: &Exchange) -> String {
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
