//! Requests that the API must refuse and that were accepted, and the other way round: what that means
//! for the app.

use serde_json::Value as Json;

use super::Finding;
use super::record::{SCRIPTED, UNFINDABLE, record_of, still_there};
use super::story::{Created, Story};
use super::words::{how_it_differs, plain};
use crate::event::Code;
use crate::evidence::Exchange;
use crate::scenario::StatusPattern;

/// A success where a refusal was expected.
pub(super) fn accepted(story: &Story, step: usize, exchange: &Exchange, line: &str) -> Option<Finding> {
    let status = exchange.response.status;
    let refusal = match exchange.expected {
        StatusPattern::Code(code) => code.to_string(),
        StatusPattern::Class(class) => format!("{class}xx"),
    };
    let instead = format!("({line} was answered {status}, where {refusal} was expected)");
    let sent = exchange.sent.as_ref();
    let sent_id = sent.and_then(|sent| sent.get("external_id"));
    if exchange.method == "POST" && story.makes_customers(exchange) {
        if let Some(number) = sent_id.filter(|id| !id.is_string() && !id.is_null()) {
            return Some(finding(
                format!(
                    "The target takes {number}, which is no text, for an external_id {instead}. As a number, 007 and 7 are one user, and long ids are rounded to others."
                ),
                "Refuse an external_id that is no string; send ids as text.",
            ));
        }
        let twice = |key: &str, same: fn(&str, &str) -> bool| {
            let sent = sent?.get(key)?.as_str()?;
            story.alive_before(step).any(|other| other.text(key).is_some_and(|text| same(text, sent))).then_some(sent)
        };
        if let Some(id) = twice("external_id", |one, other| one.trim() == other.trim()) {
            let second = finding(
                format!(
                    "The target made a second customer for the external_id {id} {instead}. Two customers stand for one user: what was bought as the one is not found under the other."
                ),
                "Keep external_id unique (a UNIQUE index, so that two requests at once cannot both succeed) and answer 422.",
            );
            // Of an id that is not kept nobody can know that it is taken.
            return Some(second.follows_from(UNFINDABLE));
        }
        if let Some(email) = twice("email", |one, other| one.to_lowercase() == other.to_lowercase()) {
            return Some(finding(
                format!(
                    "The target made a second customer for the e-mail {email} {instead}. An app that finds its users by e-mail finds either of them."
                ),
                "Keep e-mails unique, ignoring case, and answer 422.",
            ));
        }
    }
    if exchange.method == "PATCH"
        && let Some(sent_id) = sent_id
    {
        let now = &record_of(exchange).unwrap_or(&Json::Null)["external_id"];
        let (what, meaning) = if now == sent_id {
            (
                "changed the external_id of a customer to",
                "From now on its webhooks name another user, and who paid before cannot be found.",
            )
        } else {
            (
                "ignored a new external_id and kept",
                "The app believes that the customer has the new one, and waits for webhooks that name it.",
            )
        };
        return Some(finding(
            format!("The target {what} {} {instead}. {meaning}", plain(now)),
            "Refuse every change of an external_id that is set, with 422; only null may become a value.",
        ));
    }
    let found = record_of(exchange)?["id"].as_str().filter(|_| exchange.method == "GET")?;
    story
        .deleted_before(step, found)
        .then(|| still_there(Code::UnexpectedStatus, found, &format!("{line} still finds it")))
}

fn finding(message: String, hint: &str) -> Finding {
    Finding::new(Code::UnexpectedStatus, message, hint).follows_from(SCRIPTED)
}

/// A refusal where a success was expected: what to add to the target's own words, and what to try.
pub(super) fn rejected(story: &Story, step: usize, exchange: &Exchange) -> (String, &'static str) {
    let sent = exchange.sent.as_ref().filter(|_| exchange.method == "POST" && story.makes_customers(exchange));
    for key in ["external_id", "email"].into_iter().filter(|key| blames(exchange, key)) {
        let Some(text) = sent.and_then(|sent| sent[key].as_str()) else { continue };
        if let Some((meaning, hint)) = taken_by(story, step, key, text) {
            return (format!(" {meaning}"), hint);
        }
    }
    let hint = match exchange.response.status {
        404 | 405 if story.created_before(step) => {
            "Other requests of this scenario succeeded, so the target may not have this path; leave the scenario out by naming the others: `tieback run NAME...`."
        }
        404 | 405 => "Check the base URL: a path is appended to it, so it usually ends before /v1.",
        409 | 422 => "Change what the reason names; the scenario's file shows the body that was sent.",
        _ => "Change what the reason names; POST and PATCH bodies are shown by the scenario's file.",
    };
    (String::new(), hint)
}

/// Whether a refusal may be about the value under `key`: it says so, or says nothing of either.
fn blames(exchange: &Exchange, key: &str) -> bool {
    let said = String::from_utf8_lossy(&exchange.response.body).to_lowercase();
    let names = |key: &str| said.contains(key) || said.contains(&key.replace('_', " "));
    let silent = || !["external_id", "email"].into_iter().any(names);
    matches!(exchange.response.status, 400 | 409 | 422) && (names(key) || silent())
}

/// Whom a value that is refused as taken belonged to, as far as the scenario knows.
fn taken_by(story: &Story, step: usize, key: &str, text: &str) -> Option<(String, &'static str)> {
    let same = |other: &&Created| other.text(key) == Some(text);
    if story.alive_before(step).any(|other| same(&other)) {
        return None;
    }
    if story.created.iter().filter(|other| other.step < step).any(|other| same(&other)) {
        let meaning = format!(
            "The customer that had this {key} was deleted before. A user who comes back cannot become a customer again, and every sign-up of theirs fails."
        );
        return Some((meaning, "Free the external_id and the e-mail of a customer as soon as it is deleted."));
    }
    let alike = |other: &&Created| {
        let other = other.text(key).unwrap_or_default();
        key == "external_id" && other.split_whitespace().eq(text.split_whitespace())
            || other.to_lowercase().trim() == text.to_lowercase().trim()
    };
    let other = story.alive_before(step).find(alike)?.text(key)?;
    let how = how_it_differs(&Json::from(other), &Json::from(text.trim()));
    let meaning = format!(
        "It may take {text} for {other}{how}: then two users cannot both be customers, or one gets what the other paid for."
    );
    Some((meaning, "Compare external ids letter by letter: an external ID is an opaque, case-sensitive string."))
}

/// A refusal with another status than the one expected.
pub(super) fn refused_otherwise(expected: u16, status: u16) -> Option<&'static str> {
    let both = (400..500).contains(&expected) && matches!(status, 400 | 402 | 406..=428);
    both.then_some(
        "It was refused, as it should be. An app that tells refusals apart by their status takes this one for another: answer with the status that the real API has.",
    )
}
