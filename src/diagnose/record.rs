//! What an answer's record, or the records of its list, say about the mapping.

use serde_json::Value as Json;

use super::asked::Place;
use super::created::{Created, id_of};
use super::format::{how_it_differs, plain, record_key, shown};
use super::history::{History, Sent};
use super::lookup::unfindable;
use super::stands::Stands;
use super::{Finding, near};
use crate::event::{Check, Code, Status};
use crate::evidence::Exchange;

/// A target that answers from a script makes everything after it meaningless, and one that loses or
/// changes the external ID cannot find anybody by it.
pub(super) const SCRIPTED: &[Code] = &[Code::NotStateful];
pub(super) const UNFINDABLE: &[Code] =
    &[Code::NotStateful, Code::ExternalIdLost, Code::ExternalIdChanged];

/// The one record that an answer is about: its body, or the first of its items.
pub(super) fn record_of(exchange: &Exchange) -> Option<&Json> {
    let body = exchange.json.as_ref()?;
    if body["items"].is_array() {
        body["items"].get(0)
    } else {
        Some(body).filter(|body| body.is_object())
    }
}

/// What the failed checks of a body say about the mapping.
pub(super) fn explain(
    history: &History,
    step: usize,
    exchange: &Exchange,
    failed: &[&Check],
) -> Option<Finding> {
    let by_key =
        |key: &str| failed.iter().copied().find(|check| record_key(&check.path) == Some(key));
    let (id, external_id, email) = (by_key("id"), by_key("external_id"), by_key("email"));
    if !history.is_about_customers(exchange) {
        // A member has an external ID as well.
        let sent =
            exchange.sent.as_ref().map(|sent| &sent["external_id"]).filter(|sent| sent.is_string());
        let check = external_id.filter(|check| sent == Some(&check.expected))?;
        let occurrence = Occurrence { whose: "member", ..Occurrence::of(exchange, true) };
        return Some(external_id_broken(
            &occurrence,
            &check.expected,
            check,
            Stands::of(exchange, check, &check.expected),
        ));
    }
    if let Some(finding) = scripted(history, step, exchange, failed) {
        return Some(finding);
    }
    if let Some(check) = by_key("items") {
        return items(history, step, exchange, check);
    }
    let gone = |check: Option<&Check>| check.is_some_and(|check| check.missing);
    let whole = failed.iter().find(|check| check.path == "body");
    let no_record =
        exchange.response.is_success() && whole.is_some_and(|check| !check.actual.is_object());
    let elsewhere = || failed.iter().any(|check| Stands::of_all(exchange, check).is_some());
    if (no_record || gone(id) && gone(external_id)) && history.created_before(step) && !elsewhere()
    {
        let status = exchange.response.status;
        let how = format!("{} {} is answered {status} without it", exchange.method, exchange.path);
        return Some(lost(history, step, exchange, &how));
    }
    let other_id = id.filter(|check| !check.missing && check.expected.is_string());
    if let Some(check) =
        other_id.filter(|check| Stands::of(exchange, check, &check.expected).is_none())
    {
        return Some(wrong_customer(format!(
            "The lookup was for the customer {} and returned {}. A handler that trusts it grants access to the wrong user.",
            plain(&check.expected),
            plain(&check.actual)
        )));
    }
    if let Some(check) = external_id {
        return external_id_differs(history, step, exchange, check);
    }
    email.and_then(|check| email_differs(history, step, exchange, check))
}

/// An external ID that is not the expected one, held against what was sent.
fn external_id_differs(
    history: &History,
    step: usize,
    exchange: &Exchange,
    check: &Check,
) -> Option<Finding> {
    let none = |value: &Json| value.is_null() || value == "";
    let misspelt =
        |body: &&Json| body.get("external_id").is_none() && near::is_misspelt(body, "external_id");
    if let Some(body) =
        exchange.sent.as_ref().filter(misspelt).filter(|_| check.expected.is_string())
    {
        let line = format!("{} {}", exchange.method, exchange.path);
        return never_sent(
            "external_id",
            &line,
            body,
            check,
            Stands::of(exchange, check, &check.expected),
        );
    }
    let sent = history.sent(step, exchange, "external_id");
    match sent {
        Sent::Value(sent) if sent.is_string() && !none(sent) => {
            if *sent == check.actual {
                return (sent.as_str().map(str::trim) == check.expected.as_str())
                    .then(|| untrimmed(sent, &check.expected));
            }
            let stands = Stands::of(exchange, check, sent);
            return Some(external_id_broken(&Occurrence::of(exchange, true), sent, check, stands));
        }
        Sent::Value(_) | Sent::Never(_) if none(&check.expected) || !none(&check.actual) => {
            return Some(invented(exchange, check, true));
        }
        Sent::Value(_) | Sent::Never(_) => {
            let customer = match sent {
                Sent::Never(created) => Some(created),
                _ => None,
            };
            let (line, body) = match customer {
                Some(created) => (created.line.clone(), created.body()),
                None => (format!("{} {}", exchange.method, exchange.path), exchange.sent.as_ref()?),
            };
            return never_sent(
                "external_id",
                &line,
                body,
                check,
                Stands::of(exchange, check, &check.expected),
            );
        }
        Sent::Unknown if none(&check.expected) => return Some(invented(exchange, check, false)),
        Sent::Unknown => {}
    }
    let stands = Stands::of(exchange, check, &check.expected);
    Some(external_id_broken(&Occurrence::of(exchange, false), &check.expected, check, stands))
}

/// An e-mail that is not the expected one, held against what was sent.
fn email_differs(
    history: &History,
    step: usize,
    exchange: &Exchange,
    check: &Check,
) -> Option<Finding> {
    match history.sent(step, exchange, "email") {
        Sent::Value(sent) if sent.is_string() => {
            if *sent == check.actual {
                return None;
            }
            let changes = exchange.sent.as_ref().is_some_and(|body| body.get("email").is_some());
            let known =
                |created: &Created| created.texts("email").any(|email| check.actual == email);
            if changes && exchange.method != "POST" && history.before(step).any(known) {
                return Some(email_kept(exchange, &plain(sent), &shown(check)));
            }
            Some(email_broken(
                Some(sent),
                &check.expected,
                check,
                Stands::of(exchange, check, sent),
            ))
        }
        Sent::Never(created) => {
            let stands = Stands::of(exchange, check, &check.expected);
            never_sent("email", &created.line, created.body(), check, stands)
        }
        Sent::Value(_) => None,
        Sent::Unknown if !check.expected.is_string() => None,
        Sent::Unknown => {
            let stands = Stands::of(exchange, check, &check.expected);
            Some(email_broken(None, &check.expected, check, stands))
        }
    }
}

/// A value that is expected and was never sent under its key: the scenario's own slip, or the app's.
fn never_sent(
    key: &str,
    line: &str,
    body: &Json,
    check: &Check,
    stands: Option<Stands>,
) -> Option<Finding> {
    let wanted = check.expected.as_str()?;
    let (found, also) = (shown(check), stands.map(|stands| stands.said()).unwrap_or_default());
    let meaning =
        "A customer without it cannot be tied back to the user: they pay and get nothing.";
    let meaning = if key == "external_id" { format!(" {meaning}") } else { String::new() };
    if let Some(near) = near::miss(body, key, wanted) {
        let code = if key == "external_id" { Code::ExternalIdLost } else { Code::Mismatch };
        return Some(
            Finding::new(
                code,
                format!(
                    "{line} was sent without a usable `{key}`: its body has {near}, and the answer has \
                     {found} where {wanted} was expected.{also}{meaning}"
                ),
                format!(
                    "Send it as `{key}`: spelt like this, as text, at the top level of the body. The API passes over \
                     keys that it does not know, without a word."
                ),
            )
            .follows_from(SCRIPTED),
        );
    }
    Some(
        Finding::new(
            Code::Mismatch,
            format!(
                "The answer has {found} as `{key}`, where {wanted} was expected; but {line} was sent without \
                 any.{also}{meaning}"
            ),
            format!("Send `{key}` when the customer is created, or do not expect it."),
        )
        .follows_from(SCRIPTED),
    )
}

/// An external ID where none was sent, or none was expected.
fn invented(exchange: &Exchange, check: &Check, known: bool) -> Finding {
    let found = shown(check);
    let what = if known {
        format!("No external_id was sent, and the target's answer has {found}.")
    } else {
        let line = format!("{} {}", exchange.method, exchange.path);
        format!("The answer to {line} has the external_id {found}, where none was expected.")
    };
    Finding::new(
        Code::ExternalIdChanged,
        format!("{what} A webhook for this customer leads to a user whom nobody named."),
        "Check what the target puts where none was sent; it has to stay null until the app sets it.",
    )
    .follows_from(SCRIPTED)
}

/// Where an external ID is looked for.
struct Occurrence {
    /// The request.
    line: String,
    /// What the record is.
    whose: &'static str,
    /// What happens to it.
    act: Act,
    /// Whether this scenario sent the value.
    known: bool,
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

impl Occurrence {
    fn of(exchange: &Exchange, known: bool) -> Self {
        let sends = exchange.sent.as_ref().is_some_and(|sent| sent["external_id"].is_string());
        let act = match exchange.method.as_str() {
            "POST" if sends => Act::Sets,
            "PATCH" | "PUT" if sends => Act::SetsLater,
            "GET" => Act::Reads,
            _ => Act::Changes,
        };
        Self {
            line: format!("{} {}", exchange.method, exchange.path),
            whose: "customer",
            act,
            known,
        }
    }
}

/// A lookup that should have found nobody and found somebody.
pub(super) fn somebody(history: &History, exchange: &Exchange, line: &str) -> Option<Finding> {
    let id = id_of(record_of(exchange)?)?;
    // A customer that was asked for and should be gone is no wrong one.
    if history.is_asked_for(&id, &history.asked(&Place::of(&exchange.path))) {
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

/// A customer that was created and is not found. Blame follows the key that was asked for: where an answer
/// shows that it did not survive, that is the cause; where nothing was created with it, nothing was lost.
pub(super) fn lost(history: &History, step: usize, exchange: &Exchange, how: &str) -> Finding {
    let place = Place::of(&exchange.path);
    let asked = history.asked(&place);
    if let Some(finding) = unfindable(history, step, exchange, &asked) {
        return finding;
    }
    match history.broken_key(&asked) {
        Some(("email", sent, found)) => email_broken(Some(&Json::from(sent)), &Json::Null, &found_as(found), None),
        Some((_, sent, found)) => {
            let occurrence = Occurrence { act: Act::Sets, ..Occurrence::of(exchange, true) };
            external_id_broken(&occurrence, &Json::from(sent), &found_as(found), None)
        }
        None => Finding::new(
            Code::CustomerLost,
            format!("The customer was created, and then {how}. An app that looks here does not find who paid."),
            "Check that the target stores what it creates, that this lookup reads the same data, and how it compares (case, spaces).",
        )
        .follows_from(UNFINDABLE),
    }
}

/// What an earlier answer had, as a check would have shown it.
fn found_as(found: &Json) -> Check {
    let path = String::new();
    Check {
        path,
        expected: Json::Null,
        actual: found.clone(),
        missing: false,
        status: Status::Failed,
        line: None,
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

/// `sent` is what this scenario sent, where it did.
fn email_broken(
    sent: Option<&Json>,
    expected: &Json,
    check: &Check,
    stands: Option<Stands>,
) -> Finding {
    let (wanted, was) = sent.map_or((expected, "expected"), |sent| (sent, "sent"));
    let shown = shown(check);
    let what = if check.actual.is_null() || check.actual == "" {
        format!("and the target's answer has {shown}")
    } else {
        format!("and {shown} came back{}", how_it_differs(wanted, &check.actual))
    };
    let stands = stands.map(|stands| stands.said()).unwrap_or_default();
    Finding::new(
        Code::EmailChanged,
        format!("The e-mail {} was {was}, {what}.{stands} An app that finds its users by e-mail finds another one, or none.", plain(wanted)),
        "Check what rewrites the address between the request and the stored customer; tie users by external_id, not by e-mail.",
    )
    .follows_from(SCRIPTED)
}

/// The id is right, but neither the e-mail nor the external ID is what was sent.
fn scripted(
    history: &History,
    step: usize,
    exchange: &Exchange,
    failed: &[&Check],
) -> Option<Finding> {
    let record = record_of(exchange)?;
    let by_key = |key: &str| failed.iter().find(|check| record_key(&check.path) == Some(key));
    let differs = |key: &str, sent: &str| {
        record[key].as_str().is_none_or(|found| !found.eq_ignore_ascii_case(sent.trim()))
    };
    let text = |key: &str| match history.sent(step, exchange, key) {
        Sent::Value(sent) => sent.as_str(),
        Sent::Never(_) | Sent::Unknown => None,
    };
    let (email, external_id) = (text("email")?, text("external_id")?);
    if history.created_by(step).is_some() {
        // An answer that leaves the e-mail out is terse, not canned.
        record["email"].is_string().then_some(())?;
    } else {
        let right_id =
            by_key("id").is_none() && id_of(record).is_some_and(|id| history.knows_id(&id));
        (right_id && by_key("email").is_some() && by_key("external_id").is_some()).then_some(())?;
    }
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
fn items(history: &History, step: usize, exchange: &Exchange, check: &Check) -> Option<Finding> {
    let found = check.actual.as_array()?;
    let line = format!("{} {}", exchange.method, exchange.path);
    let ids = || found.iter().filter_map(id_of);
    let ours = ids().any(|id| history.knows_id(&id));
    let expects_somebody = check.expected.as_array().is_none_or(|expected| !expected.is_empty());
    if found.is_empty() && expects_somebody {
        return history
            .created_before(step)
            .then(|| lost(history, step, exchange, &format!("{line} finds nobody")));
    }
    let strangers = ids().filter(|id| !history.knows_id(id)).count();
    if strangers > 0 && !(ours && expects_somebody && check.expected.is_object()) {
        let records = if strangers == 1 {
            "a record that was".to_owned()
        } else {
            format!("{strangers} records that were")
        };
        return Some(wrong_customer(format!(
            "{line} returned {records} not asked for. A handler that takes the first one grants access to the wrong user."
        )));
    }
    let deleted =
        ids().find(|id| history.deleted_before(step, id)).filter(|_| !expects_somebody)?;
    Some(still_there(Code::Mismatch, &deleted, &format!("{line} still lists it")))
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

/// An external ID that is gone or another. `sent` is what should be there.
fn external_id_broken(
    occurrence: &Occurrence,
    sent: &Json,
    check: &Check,
    stands: Option<Stands>,
) -> Finding {
    let Occurrence { line, whose, act, known } = occurrence;
    let (text, shown) = (plain(sent), shown(check));
    let said = stands.as_ref().map(Stands::said).unwrap_or_default();
    if check.actual.is_null() || check.actual == "" {
        let (what, hint) = match act {
            _ if !known => (
                format!(
                    "The external_id {text} was expected, and the answer to {line} has {shown}"
                ),
                "Check that the record was made with it, and what fills in this answer.",
            ),
            Act::Sets => (
                format!("external_id {text} was sent, and the target's answer has {shown}"),
                "tieback sends it as `external_id`, a string at the top level of the body, as the real API takes it. Check that the target stores it and answers with it; a layer in front of the API has to pass it on.",
            ),
            Act::SetsLater => (
                format!("external_id {text} was sent with {line}, and the answer has {shown}"),
                "An update has to set the external_id of a customer that has none, and to keep one that is sent again.",
            ),
            Act::Changes => (
                format!(
                    "This {whose} has the external_id {text}, and the answer to {line} has {shown}"
                ),
                "An update has to leave the external_id alone where it sends none: change only the keys that the body has.",
            ),
            Act::Reads => (
                format!(
                    "This {whose} has the external_id {text}, and the answer to {line} has {shown}"
                ),
                "Check what fills in this answer, and that the external_id is stored where it reads from.",
            ),
        };
        return Finding::new(
            Code::ExternalIdLost,
            format!("{what}.{said} A {whose} without it cannot be tied back to the user: they pay and get nothing."),
            stands.map_or(hint, |_| ELSEWHERE),
        )
        .follows_from(SCRIPTED);
    }
    let how = how_it_differs(sent, &check.actual);
    let was = if *known { "sent" } else { "expected" };
    Finding::new(
        Code::ExternalIdChanged,
        format!("external_id {text} was {was}, and {shown} came back{how}.{said} A webhook for this {whose} leads to another user, or to none."),
        stands.map_or("Check what rewrites the value between the request that sent it and this answer: it has to stay the text that it was, case and spaces included.", |_| ELSEWHERE),
    )
    .follows_from(SCRIPTED)
}

/// What to try where a value stands in another place than the API's.
const ELSEWHERE: &str = "An app reads `external_id` from the record itself: answer with it there. Where the target wraps its records or keeps the id in another key on purpose, the app and this scenario have to read it from there.";
