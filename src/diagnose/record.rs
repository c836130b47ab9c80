//! What an answer's record, or the records of its list, say about the mapping.

use percent_encoding::percent_decode_str;
use serde_json::Value as Json;

use super::Finding;
use super::story::Story;
use super::words::{how_it_differs, plain, record_key, shown};
use crate::event::{Check, Code};
use crate::evidence::Exchange;

/// A target that answers from a script makes everything after it meaningless, and one that loses or
/// changes the external ID cannot find anybody by it.
pub(super) const SCRIPTED: &[Code] = &[Code::NotStateful];
pub(super) const UNFINDABLE: &[Code] = &[Code::NotStateful, Code::ExternalIdLost, Code::ExternalIdChanged];

/// The one record that an answer is about: its body, or the first of its items.
pub(super) fn record_of(exchange: &Exchange) -> Option<&Json> {
    let body = exchange.json.as_ref()?;
    if body["items"].is_array() { body["items"].get(0) } else { Some(body).filter(|body| body.is_object()) }
}

/// What a request asked for, as it reads.
fn asked(exchange: &Exchange) -> String {
    percent_decode_str(&exchange.path).decode_utf8_lossy().into_owned()
}

/// What the failed checks of a body say about the mapping.
pub(super) fn explain(story: &Story, step: usize, exchange: &Exchange, failed: &[&Check]) -> Option<Finding> {
    let by_key = |key: &str| failed.iter().copied().find(|check| record_key(&check.path) == Some(key));
    let (id, external_id, email) = (by_key("id"), by_key("external_id"), by_key("email"));
    let sent = exchange.sent.as_ref().map(|sent| &sent["external_id"]).filter(|sent| sent.is_string());
    if !story.is_about_customers(exchange) {
        // A member has an external ID as well.
        let check = external_id.filter(|check| sent == Some(&check.expected))?;
        let sight = Sight { whose: "member", ..Sight::of(exchange) };
        return Some(external_id_broken(&sight, &check.expected, &check.actual, &shown(check)));
    }
    if let Some(finding) = scripted(story, step, exchange, failed) {
        return Some(finding);
    }
    if let Some(check) = by_key("items") {
        return items(story, step, exchange, check);
    }
    let gone = |check: Option<&Check>| check.is_some_and(|check| check.missing);
    let whole = failed.iter().find(|check| check.path == "body");
    let no_record = exchange.response.is_success() && whole.is_some_and(|check| !check.actual.is_object());
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
        return Some(match sent.filter(|sent| **sent == check.actual) {
            Some(sent) => untrimmed(sent, &check.expected),
            None => external_id_broken(&Sight::of(exchange), &check.expected, &check.actual, &shown(check)),
        });
    }
    email.map(|check| {
        let changes = exchange.sent.as_ref().is_some_and(|sent| sent["email"] == check.expected);
        let old = changes && story.created.iter().any(|created| check.actual == created.email.as_deref().unwrap_or(""));
        if old && exchange.method != "POST" {
            return email_kept(exchange, &plain(&check.expected), &shown(check));
        }
        email_broken(&check.expected, &check.actual, &shown(check))
    })
}

/// Where an external ID is looked for.
struct Sight {
    /// The request.
    line: String,
    /// What the record is.
    whose: &'static str,
    /// What happens to it.
    act: Act,
}

enum Act {
    /// The request sends an external ID, or did so before.
    Sets,
    /// It sets one by an update.
    SetsLater,
    /// It changes something else.
    Changes,
    /// It only reads.
    Reads,
}

impl Sight {
    fn of(exchange: &Exchange) -> Self {
        let sends = exchange.sent.as_ref().is_some_and(|sent| sent["external_id"].is_string());
        let act = match exchange.method.as_str() {
            "POST" if sends => Act::Sets,
            "PATCH" | "PUT" if sends => Act::SetsLater,
            "GET" => Act::Reads,
            _ => Act::Changes,
        };
        Self { line: format!("{} {}", exchange.method, exchange.path), whose: "customer", act }
    }
}

/// A lookup that should have found nobody and found somebody.
pub(super) fn somebody(story: &Story, exchange: &Exchange, line: &str) -> Option<Finding> {
    let id = record_of(exchange)?["id"].as_str()?;
    // A customer that was asked for and should be gone is no wrong one.
    if story.is_asked_for(id, &asked(exchange)) {
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

/// A customer that was created and is not found. Where an answer shows that the key it was looked up
/// by did not survive, that is the cause.
pub(super) fn lost(story: &Story, exchange: &Exchange, how: &str) -> Finding {
    let asked = asked(exchange);
    match story.broken_key(&asked) {
        Some(("email", sent, found)) => email_broken(&Json::from(sent), found, &plain(found)),
        Some((_, sent, found)) => {
            let sight = Sight { act: Act::Sets, ..Sight::of(exchange) };
            external_id_broken(&sight, &Json::from(sent), found, &plain(found))
        }
        None => Finding::new(
            Code::CustomerLost,
            format!("The customer was created, and then {how}. An app that looks here does not find who paid."),
            "Check that the target stores what it creates, that this lookup reads the same data, and how it compares (case, spaces).",
        )
        .follows_from(UNFINDABLE),
    }
}

/// An update of an e-mail that did not happen.
fn email_kept(exchange: &Exchange, sent: &str, found: &str) -> Finding {
    Finding::new(
        Code::EmailChanged,
        format!(
            "{} {} was to set the e-mail {sent}, and the answer still has {found}. The app believes it changed: mail and lookups go by the new address, and the target knows the old one.",
            exchange.method, exchange.path
        ),
        "Check that the target stores what an update sends before it confirms it.",
    )
    .follows_from(SCRIPTED)
}

/// `found` is null also where nothing came; `shown` says which.
fn email_broken(sent: &Json, found: &Json, shown: &str) -> Finding {
    let what = if found.is_null() || found == "" {
        format!("and the target's answer has {shown}")
    } else {
        format!("and {shown} came back{}", how_it_differs(sent, found))
    };
    Finding::new(
        Code::EmailChanged,
        format!("The e-mail {} was sent, {what}. An app that finds its users by e-mail finds another one, or none.", plain(sent)),
        "Check what rewrites the address between the request and the stored customer; tie users by external_id, not by e-mail.",
    )
    .follows_from(SCRIPTED)
}

/// The id is right, but neither the e-mail nor the external ID is what was sent.
fn scripted(story: &Story, step: usize, exchange: &Exchange, failed: &[&Check]) -> Option<Finding> {
    let record = record_of(exchange)?;
    let by_key = |key: &str| failed.iter().find(|check| record_key(&check.path) == Some(key));
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
fn items(story: &Story, step: usize, exchange: &Exchange, check: &Check) -> Option<Finding> {
    let found = check.actual.as_array()?;
    let line = format!("{} {}", exchange.method, exchange.path);
    let ids = || found.iter().filter_map(|item| item["id"].as_str());
    let ours = ids().any(|id| story.knows_id(id));
    let expects_somebody = check.expected.as_array().is_none_or(|expected| !expected.is_empty());
    if found.is_empty() && expects_somebody {
        return Some(lost(story, exchange, &format!("{line} finds nobody")));
    }
    let strangers = ids().filter(|id| !story.knows_id(id)).count();
    if strangers > 0 && !(ours && expects_somebody && check.expected.is_object()) {
        let records =
            if strangers == 1 { "a record that was".to_owned() } else { format!("{strangers} records that were") };
        return Some(wrong_customer(format!(
            "{line} returned {records} not asked for. A handler that takes the first one grants access to the wrong user."
        )));
    }
    let deleted = ids().find(|id| story.deleted_before(step, id)).filter(|_| !expects_somebody)?;
    Some(still_there(Code::Mismatch, deleted, &format!("{line} still lists it")))
}

/// A customer that was deleted, and of which that cannot be told afterwards.
pub(super) fn still_there(code: Code, id: &str, how: &str) -> Finding {
    Finding::new(
        code,
        format!("The customer {id} was deleted, and {how}. An app that asks here goes on granting access to a user who is gone."),
        "Check that every way to find a customer leaves out the deleted ones.",
    )
    .follows_from(SCRIPTED)
}

/// An id that came back with the spaces around it.
fn untrimmed(sent: &Json, wanted: &Json) -> Finding {
    Finding::new(
        Code::ExternalIdChanged,
        format!("external_id {sent} came back as it was sent, where {wanted} was expected. The real API cuts outer spaces off: what are two users here is one there, and code that was tried here fails there."),
        "Cut the spaces off before the id is stored and compared; better still, send none.",
    )
    .follows_from(SCRIPTED)
}

/// `found` is null also where nothing came; `shown` says which.
fn external_id_broken(sight: &Sight, sent: &Json, found: &Json, shown: &str) -> Finding {
    let Sight { line, whose, act } = sight;
    if sent.is_null() {
        return Finding::new(
            Code::ExternalIdChanged,
            format!("No external_id was sent, and the target's answer has {shown}. A webhook for this customer leads to a user whom nobody named."),
            "Check what the target puts where none was sent; it has to stay null until the app sets it.",
        )
        .follows_from(SCRIPTED);
    }
    let text = plain(sent);
    if found.is_null() || found == "" {
        let (what, hint) = match act {
            Act::Sets => (
                format!("external_id {text} was sent, and the target's answer has {shown}"),
                "tieback sends it as `external_id`, a string at the top level of the body, as the real API takes it. Check that the target stores it and answers with it; a layer in front of the API has to pass it on.",
            ),
            Act::SetsLater => (
                format!("external_id {text} was sent with {line}, and the answer has {shown}"),
                "An update has to set the external_id of a customer that has none, and to keep one that is sent again.",
            ),
            Act::Changes => (
                format!("This {whose} has the external_id {text}, and the answer to {line} has {shown}"),
                "An update has to leave the external_id alone where it sends none: change only the keys that the body has.",
            ),
            Act::Reads => (
                format!("This {whose} has the external_id {text}, and the answer to {line} has {shown}"),
                "Check what fills in this answer, and that the external_id is stored where it reads from.",
            ),
        };
        return Finding::new(
            Code::ExternalIdLost,
            format!("{what}. A {whose} without it cannot be tied back to the user: they pay and get nothing."),
            hint,
        )
        .follows_from(SCRIPTED);
    }
    let how = how_it_differs(sent, found);
    Finding::new(
        Code::ExternalIdChanged,
        format!("external_id {text} was sent, and {shown} came back{how}. A webhook for this {whose} leads to another user, or to none."),
        "Check what rewrites the value between the request that sent it and this answer: it has to stay the text that it was, case and spaces included.",
    )
    .follows_from(SCRIPTED)
}
