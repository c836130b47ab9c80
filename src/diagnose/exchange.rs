//! Answers that are not what the scenario expects.

use super::finding::{Finding, SCRIPTED};
use super::format::difference;
use super::history::History;
use super::record::{lost, unexpected_customer};
use super::transport::TOKEN;
use super::{look_closer, record, rules};
use crate::event::{Check, Code, Status, StepResult, excerpt};
use crate::evidence::Exchange;
use crate::http::json::{self, JsonError};
use crate::http::reasons::{Reason, Said};
use crate::provider::Provider;
use crate::scenario::{MARK, StatusPattern};

const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// Explains an answer with failed checks.
pub(super) fn explain(
    history: &History,
    step: usize,
    exchange: &Exchange,
    result: &StepResult,
) -> Finding {
    let failed: Vec<_> =
        result.checks.iter().filter(|check| check.status == Status::Failed).collect();
    if let Some(finding) = refused(history, step, exchange) {
        return finding;
    }
    if exchange.wants_json && exchange.json.is_none() {
        return not_json(exchange, history.fields().id);
    }
    let body: Vec<_> =
        failed.iter().copied().filter(|check| check.path.starts_with("body")).collect();
    record::explain(history, step, exchange, &body)
        .or_else(|| {
            (!exchange.expected.holds(exchange.response.status))
                .then(|| unexpected_status(exchange))
        })
        .unwrap_or_else(|| mismatch(exchange, history.provider, &failed, result))
}

/// Statuses that decide by themselves, whatever the body says.
fn refused(history: &History, step: usize, exchange: &Exchange) -> Option<Finding> {
    let status = exchange.response.status;
    if exchange.expected.holds(status) {
        return None;
    }
    let line = exchange.line();
    let reasons = reasons(exchange);
    Some(match status {
        // A step that tries the API without a token is a check like any other.
        403 if exchange.expected == StatusPattern::Code(401) => return None,
        401 | 403 | 503 | 511 if exchange.response.in_front().is_some() => front(exchange, &line),
        401 => unauthorized(exchange, &line, history.provider.token.variable),
        403 => forbidden(exchange, &line, history.provider.token.variable),
        100..=199 | 300..=399 => unexpected_status(exchange),
        500..=599 => Finding::new(
            Code::ServerError,
            format!("The target failed ({status} on {line}){reasons}."),
            match status {
                502..=504 => {
                    "Often a proxy's answer, where the server behind it is down, overloaded or \
                     too slow: look whether that runs, then at its log."
                }
                _ => "Look at the target's log for this request: its own code broke.",
            },
        ),
        404 | 410
            if wants_record(exchange)
                && history.created_before(step)
                && history.is_about_customers(exchange) =>
        {
            let or = if history.is_of_a_customer(exchange) {
                ""
            } else {
                ", or does not have this path"
            };
            let lost = lost(
                history,
                step,
                exchange,
                &format!("the target did not find it{or} ({status} on {line})"),
            );
            if or.is_empty() || lost.code != Code::CustomerLost {
                return Some(lost);
            }
            let hint = "Check that this path reads the same data as the others; where the target \
                does not have it, leave the scenario out by naming the others: `tieback run \
                NAME...`.";
            Finding { hint: hint.to_owned(), ..lost }
        }
        400..=499 if exchange.decides_alone() => {
            let message = format!("The target rejected the request ({status} on {line}){reasons}.");
            rules::rejected(history, step, exchange, &message)
        }
        200..=299 if !exchange.expected.wants_success() => {
            let wants_none = exchange.expected == StatusPattern::Code(404)
                && history.is_about_customers(exchange);
            let wrong = wants_none.then(|| unexpected_customer(history, exchange, &line)).flatten();
            return wrong.or_else(|| rules::accepted(history, step, exchange, &line));
        }
        _ => return None,
    })
}

/// A refusal that is not the API's own.
fn front(exchange: &Exchange, line: &str) -> Finding {
    let status = exchange.response.status;
    let (code, seen) = (
        match status {
            401 => Code::Unauthorized,
            403 => Code::Forbidden,
            _ => Code::ServerError,
        },
        exchange.response.in_front().unwrap_or_default(),
    );
    Finding::new(
        code,
        format!(
            "Something in front of the API answered {line} with {status}: {seen}. Whether the \
             token is good is not known."
        ),
        "Look at the URL with `curl -i`. Let this machine past what is in front (a login, a \
         password, a firewall), turn that off for the API's paths, or give the API's own address \
         as --base-url.",
    )
}

fn unauthorized(exchange: &Exchange, line: &str, variable: &str) -> Finding {
    let reasons = reasons(exchange);
    let (message, hint) = if exchange.with_token {
        (format!("The target refuses the token (401 on {line}){reasons}."), format!("{TOKEN}."))
    } else {
        (
            format!("The target wants a token and none was sent (401 on {line}){reasons}."),
            no_token(variable),
        )
    };
    Finding::new(Code::Unauthorized, message, hint)
}

/// What to try where a request needs a token and had none.
fn no_token(variable: &str) -> String {
    format!("Set {variable} or give --token-file FILE. A tieback sandbox takes any token.")
}

/// Scopes are named where the API names them, and only then.
fn forbidden(exchange: &Exchange, line: &str, variable: &str) -> Finding {
    let reasons = reasons(exchange);
    if !exchange.with_token {
        return Finding::new(
            Code::Forbidden,
            format!("The target does not allow this without a token (403 on {line}){reasons}."),
            no_token(variable),
        );
    }
    let (needs, hint) = match exchange.response.needed_scopes().as_slice() {
        [] => (
            String::new(),
            "The target does not say which scope is missing, nor whether one is. Look at what the \
             token may do, and at the target's rules for this request."
                .to_owned(),
        ),
        [scope] => (
            format!(": it needs {scope}"),
            format!("Make a token that has the scope {scope} as well."),
        ),
        several => {
            let all = several.join(", ");
            (
                format!(": it needs one of {all}"),
                format!("Make a token that has one of these scopes as well: {all}."),
            )
        }
    };
    Finding::new(
        Code::Forbidden,
        format!("The token may not do this (403 on {line}){needs}{reasons}."),
        hint,
    )
}

/// Whether a request is about a record that has to be there: it asks for one, or changes one, be it
/// in vain.
fn wants_record(exchange: &Exchange) -> bool {
    exchange.method != "POST"
        && !matches!(exchange.expected, StatusPattern::Code(404 | 410) | StatusPattern::Class(4))
}

fn not_json(exchange: &Exchange, id: &str) -> Finding {
    let body = &exchange.response.body;
    let text = String::from_utf8_lossy(body);
    let start = text.trim_start();
    let empty = format!(
        "The target has to answer with the record; an app that reads an `{id}` from this finds \
         none."
    );
    let elsewhere =
        "Check that --base-url leads to the API itself, not to a login page, a proxy or a web app.";
    let (what, hint) = if body.is_empty() {
        ("empty".to_owned(), &*empty)
    } else if start.starts_with('<') {
        let title = exchange
            .response
            .page_title()
            .map(|title| format!(", titled \"{title}\""))
            .unwrap_or_default();
        (format!("HTML or XML{title}"), elsewhere)
    } else if body.starts_with(BYTE_ORDER_MARK) {
        (
            "JSON behind a byte order mark, which many readers refuse".to_owned(),
            "Write the body without the byte order mark (U+FEFF) at its start.",
        )
    } else if start.starts_with(['{', '[']) {
        match json::parse(body).err() {
            Some(error @ (JsonError::TooMany | JsonError::TooDeep)) => (
                error.to_string(),
                "It may well be right, but tieback does not read as much: ask for a smaller part \
                 of it, such as a page with fewer records.",
            ),
            // Says whether it was cut off, goes on behind its end, or is no UTF-8, and where.
            error => (
                match error {
                    Some(JsonError::Broken(why)) => format!("broken JSON ({why})"),
                    _ => "broken JSON".to_owned(),
                },
                "Check what writes this body: one that is cut off points at a wrong \
                 content-length or a proxy, anything else at how it is encoded.",
            ),
        }
    } else {
        ("not JSON".to_owned(), elsewhere)
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
    let wanted = &exchange.expected;
    let target = exchange.response.header("location").filter(|_| (300..400).contains(&status));
    let target = target.map(|location| format!(", a redirect to {location}")).unwrap_or_default();
    let hint = match (status, &exchange.expected) {
        (304, _) => {
            "304 is for a client that has a copy already; this one has none, so answer with the \
             record."
        }
        (300..=399, _) => {
            "Only 307 and 308 within the same host are followed, because the token goes with a \
             request. If the API has moved, give its new address as --base-url; if this leads to \
             a login page, it is not the API that answers."
        }
        (_, StatusPattern::Code(expected)) => rules::otherwise(*expected, status),
        (_, StatusPattern::Class(_) | StatusPattern::AnyOf(_)) => rules::OTHERWISE,
    };
    let message = format!(
        "{} {} was answered {status}{target}; {wanted} was expected{}.",
        exchange.method,
        exchange.path,
        reasons(exchange)
    );
    Finding::new(Code::UnexpectedStatus, message, hint).follows_from(SCRIPTED)
}

fn mismatch(
    exchange: &Exchange,
    provider: &Provider,
    failed: &[&Check],
    result: &StepResult,
) -> Finding {
    let marked_key = provider.customer.metadata;
    let difference = difference(failed, exchange.json.as_ref());
    let message = format!("The answer is not what the step expects: {difference}");
    let hint = look_closer("the whole answer", result);
    let about_metadata =
        failed.iter().any(|check| check.path.split('.').any(|key| key == marked_key));
    // The answer that is printed has it, and what is compared has not.
    let shows_mark = String::from_utf8_lossy(&exchange.response.body).contains(MARK);
    let mark = format!(
        " The key that the run adds, `{marked_key}.{MARK}`, is left out of what is compared, \
         unless the scenario names it."
    );
    let mark = if about_metadata && shows_mark { &*mark } else { "" };
    Finding::new(Code::Mismatch, message, format!("{hint}{mark}")).follows_from(SCRIPTED)
}

/// The most reasons that a sentence holds.
const MOST_REASONS: usize = 4;

/// The API's own reasons, as a sentence part: what it says, or else how its body begins.
pub(super) fn reasons(exchange: &Exchange) -> String {
    match exchange.said() {
        // What is no refusal has no reasons.
        _ if exchange.response.status < 400 => String::new(),
        Said::Nothing => "; its body is empty".to_owned(),
        Said::Body(body) => format!("; its body is: {}", excerpt(&body)),
        Said::Reasons(found) => {
            let worded = |reason: &Reason| match &reason.place {
                Some(place) => format!("{place}: {}", reason.text),
                None => reason.text.clone(),
            };
            let more = if found.len() > MOST_REASONS { "; …" } else { "" };
            let said: Vec<_> = found.iter().take(MOST_REASONS).map(worded).collect();
            format!("; it says: {}{more}", said.join("; ").trim_end_matches('.'))
        }
    }
}
