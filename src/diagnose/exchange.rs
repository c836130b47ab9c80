//! Answers that are not what the scenario expects.

use percent_encoding::percent_decode_str;
use serde_json::Value as Json;

use super::Finding;
use super::story::Story;
use crate::event::{Check, Code, Status};
use crate::evidence::Exchange;
use crate::http::json;
use crate::scenario::StatusPattern;

/// A target that answers from a script makes everything after it meaningless, and one that loses or
/// changes the external ID cannot find anybody by it.
const SCRIPTED: &[Code] = &[Code::NotStateful];
const UNFINDABLE: &[Code] = &[Code::NotStateful, Code::ExternalIdLost, Code::ExternalIdChanged];

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
    record(story, step, exchange, &body)
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
                "Make a token with that scope; customers:write and webhooks:write serve all built-in scenarios.",
            )
        }
        100..=199 | 300..=399 => unexpected_status(exchange),
        500..=599 => Finding::new(
            Code::ServerError,
            format!("The target failed ({status} on {line}){reasons}."),
            "Look at the target's log for this request.",
        ),
        404 | 410 if wanted_success && story.created_before(step) => {
            lost(story, exchange, &format!("the target did not find it ({status} on {line})"))
        }
        400..=499 if wanted_success => Finding::new(
            Code::Rejected,
            format!("The target rejected the request ({status} on {line}){reasons}."),
            rejected_hint(status),
        )
        .follows_from(SCRIPTED),
        200..=299 if exchange.expected == StatusPattern::Code(404) => return somebody(story, exchange, &line),
        _ => return None,
    })
}

fn rejected_hint(status: u16) -> &'static str {
    match status {
        404 | 405 => "Check the base URL: a path is appended to it, so it usually ends before /v1.",
        _ => "Change what the reason names; POST and PATCH bodies are shown by the scenario's file.",
    }
}

/// A lookup that should have found nobody and found somebody.
fn somebody(story: &Story, exchange: &Exchange, line: &str) -> Option<Finding> {
    let id = record_of(exchange)?["id"].as_str()?;
    // A customer that was asked for and should be gone is no wrong one.
    if story.is_asked_for(id, &percent_decode_str(&exchange.path).decode_utf8_lossy()) {
        return None;
    }
    let message = format!(
        "{line} should find nobody, and the target answered with the customer {id}. A handler that trusts this lookup grants access to the wrong user."
    );
    Some(wrong_customer(message))
}

fn wrong_customer(message: String) -> Finding {
    Finding::new(
        Code::WrongCustomer,
        message,
        "Check that the target filters by exactly what was asked for, and compare the id in your handler.",
    )
    .follows_from(SCRIPTED)
}

/// The one record that an answer is about: its body, or the first of its items.
fn record_of(exchange: &Exchange) -> Option<&Json> {
    let body = exchange.json.as_ref()?;
    if body["items"].is_array() { body["items"].get(0) } else { Some(body).filter(|body| body.is_object()) }
}

/// What the failed checks of a body say about the mapping.
fn record(story: &Story, step: usize, exchange: &Exchange, failed: &[&Check]) -> Option<Finding> {
    let by_key = |key: &str| failed.iter().copied().find(|check| last_key(&check.path) == key);
    let (id, external_id, email) = (by_key("id"), by_key("external_id"), by_key("email"));
    if let Some(finding) = scripted(story, step, exchange, failed) {
        return Some(finding);
    }
    if let Some(check) = by_key("items") {
        return items(story, exchange, check);
    }
    let gone = |check: Option<&Check>| check.is_some_and(|check| check.missing);
    let no_record = exchange.response.is_success() && by_key("body").is_some_and(|check| !check.actual.is_object());
    if (no_record || gone(id) && gone(external_id)) && story.created_before(step) {
        let status = exchange.response.status;
        return Some(lost(
            story,
            exchange,
            &format!("{} {} is answered {status} without it", exchange.method, exchange.path),
        ));
    }
    if let Some(check) = id.filter(|check| !check.missing && check.expected.is_string()) {
        return Some(wrong_customer(format!(
            "The lookup was for the customer {} and returned {}. A handler that trusts it grants access to the wrong user.",
            plain(&check.expected),
            plain(&check.actual)
        )));
    }
    if let Some(check) = external_id {
        return Some(external_id_broken(&check.expected, &check.actual, &shown(check)));
    }
    email.map(|check| email_broken(&plain(&check.expected), &shown(check)))
}

/// A customer that was created and is not found. Where an answer shows that the key it was looked up
/// by did not survive, that is the cause.
fn lost(story: &Story, exchange: &Exchange, how: &str) -> Finding {
    let asked = percent_decode_str(&exchange.path).decode_utf8_lossy();
    match story.broken_key(&asked) {
        Some(("email", sent, found)) => email_broken(sent, &plain(found)),
        Some((_, sent, found)) => external_id_broken(&Json::from(sent), found, &plain(found)),
        None => Finding::new(
            Code::CustomerLost,
            format!("The customer was created, and then {how}. Whoever pays as this customer cannot be looked up."),
            "Check that the target stores what it creates, that this lookup reads the same data, and how it compares (case, spaces).",
        )
        .follows_from(UNFINDABLE),
    }
}

fn email_broken(sent: &str, found: &str) -> Finding {
    Finding::new(
        Code::EmailChanged,
        format!("The e-mail was sent as {sent} and came back as {found}. An app that finds its users by e-mail finds another one, or none."),
        "Check what rewrites the address between the request and the stored customer; tie users by external_id, not by e-mail.",
    )
    .follows_from(SCRIPTED)
}

/// The id is right, but neither the e-mail nor the external ID is what was sent.
fn scripted(story: &Story, step: usize, exchange: &Exchange, failed: &[&Check]) -> Option<Finding> {
    let record = record_of(exchange)?;
    let by_key = |key: &str| failed.iter().find(|check| last_key(&check.path) == key);
    let differs = |key: &str, sent: &str| record[key].as_str().is_none_or(|found| !found.eq_ignore_ascii_case(sent));
    let (email, external_id) = if let Some(created) = story.created_by(step) {
        // An answer that leaves the e-mail out is terse, not canned.
        let (email, external_id) = (created.email.as_deref()?, created.external_id.as_deref()?);
        record["email"].is_string().then_some((email, external_id))?
    } else {
        let right_id = by_key("id").is_none() && record["id"].as_str().is_some_and(|id| story.knows_id(id));
        let (email, external_id) = (by_key("email")?, by_key("external_id")?);
        right_id.then_some((email.expected.as_str()?, external_id.expected.as_str()?))?
    };
    if !differs("email", email) || !differs("external_id", external_id) {
        return None;
    }
    Some(Finding::new(
        Code::NotStateful,
        format!(
            "The target answers from a script: {email} with external_id {external_id} was sent, and the answer is about {} with external_id {}. Nothing that it says proves anything about the mapping.",
            plain(&record["email"]),
            plain(&record["external_id"])
        ),
        "Point --base-url at something that keeps state: `tieback sandbox`, or the API's own sandbox.",
    ))
}

/// A list that does not hold what it should.
fn items(story: &Story, exchange: &Exchange, check: &Check) -> Option<Finding> {
    let found = check.actual.as_array()?;
    let line = format!("{} {}", exchange.method, exchange.path);
    let ours = found.iter().filter_map(|item| item["id"].as_str()).any(|id| story.knows_id(id));
    let expects_somebody = check.expected.as_array().is_none_or(|expected| !expected.is_empty());
    if found.is_empty() && expects_somebody {
        return Some(lost(story, exchange, &format!("{line} finds nobody")));
    }
    let strangers = found.iter().filter(|item| item["id"].as_str().is_some_and(|id| !story.knows_id(id))).count();
    (strangers > 0 && !(ours && expects_somebody && check.expected.is_object())).then(|| {
        wrong_customer(format!("{line} returned {strangers} records that were not asked for. A handler that takes the first one grants access to the wrong user."))
    })
}

/// `found` is null also where nothing came; `shown` says which.
fn external_id_broken(sent: &Json, found: &Json, shown: &str) -> Finding {
    let text = plain(sent);
    if found.is_null() || found == "" {
        return Finding::new(
            Code::ExternalIdLost,
            format!("external_id {text} was sent, and the target's answer has {shown}. A webhook for this customer cannot be tied back to the user: they pay and get nothing."),
            "Send it as `external_id`, a string at the top level of the body, when the customer is created; check that nothing on the way drops it.",
        )
        .follows_from(SCRIPTED);
    }
    let how = match (sent, found) {
        (Json::String(sent), Json::String(found)) if sent.to_lowercase() == found.to_lowercase() => {
            " (only the case differs)"
        }
        (Json::String(sent), Json::String(found)) if sent.trim() == found.trim() => " (only outer spaces differ)",
        (Json::String(_), Json::Number(_)) => " (text became a number)",
        _ => "",
    };
    Finding::new(
        Code::ExternalIdChanged,
        format!("external_id {text} was sent, and {shown} came back{how}. A webhook for this customer leads to another user, or to none."),
        "Check what rewrites the value between the request and the stored customer; an external ID is an opaque, case-sensitive string.",
    )
    .follows_from(SCRIPTED)
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
        _ => "Check the target's rule behind this step; the step's note, if it has one, says why the rule matters.",
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
    let first = failed.first();
    let path = first.map_or("an expectation", |check| check.path.as_str());
    let more = match failed.len() {
        0 | 1 => String::new(),
        2 => ", and one more check".to_owned(),
        more => format!(", and {} more checks", more - 1),
    };
    Finding::new(
        Code::Mismatch,
        format!("The answer is not what the step expects at `{path}`{more}."),
        "Compare expected and actual above; run with -v to see the whole answer.",
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

/// The last key of a path that is no index.
pub(super) fn last_key(path: &str) -> &str {
    path.rsplit('.').find(|key| key.parse::<usize>().is_err()).unwrap_or(path)
}

/// A value as people read it: text without quotes.
pub(super) fn plain(value: &Json) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// What came, or that nothing did.
pub(super) fn shown(check: &Check) -> String {
    match &check.actual {
        _ if check.missing => "none".to_owned(),
        Json::String(text) if text.is_empty() => "an empty one".to_owned(),
        other => plain(other),
    }
}
