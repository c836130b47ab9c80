//! What an answer's record, or the records of its list, say about the mapping.

use serde_json::Value as Json;

use super::asked::Place;
use super::created::Created;
use super::format::{how_it_differs, plain, record_key, shown};
use super::history::{History, Sent};
use super::lookup::unfindable;
use super::stands::Stands;
use super::{Finding, near};
use crate::event::{Check, Code, Status};
use crate::evidence::Exchange;
use crate::provider::{Customer, Provider};

/// A target that answers from a script makes everything after it meaningless, and one that loses or
/// changes the external ID cannot find anybody by it.
pub(super) const SCRIPTED: &[Code] = &[Code::NotStateful];
pub(super) const UNFINDABLE: &[Code] =
    &[Code::NotStateful, Code::ExternalIdLost, Code::ExternalIdChanged];

/// What the failed checks of a body say about the mapping.
pub(super) fn explain(
    history: &History,
    step: usize,
    exchange: &Exchange,
    failed: &[&Check],
) -> Option<Finding> {
    let fields = history.fields();
    let items_key = history.provider.listing.items;
    let by_key = |key: &str| {
        failed.iter().copied().find(|check| record_key(&check.path, items_key) == Some(key))
    };
    let (id, external_id, email) =
        (by_key(fields.id), by_key(fields.external_id), by_key(fields.email));
    if !history.is_about_customers(exchange) {
        // A member has an external ID as well.
        let sent = exchange.sent.as_ref().map(|sent| &sent[fields.external_id]);
        let sent = sent.filter(|sent| sent.is_string());
        let check = external_id.filter(|check| sent == Some(&check.expected))?;
        let occurrence = Occurrence { whose: "member", ..Occurrence::of(exchange, fields, true) };
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
    if let Some(check) = by_key(items_key) {
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
    let (fields, provider) = (history.fields(), history.provider);
    let key = fields.external_id;
    let never = |line: &str, body: &Json| {
        let stands = Stands::of(exchange, check, &check.expected);
        never_sent(provider, key, line, body, check, stands)
    };
    let misspelt = |body: &&Json| body.get(key).is_none() && near::is_misspelt(body, key);
    if let Some(body) =
        exchange.sent.as_ref().filter(misspelt).filter(|_| check.expected.is_string())
    {
        let line = format!("{} {}", exchange.method, exchange.path);
        return never(&line, body);
    }
    let sent = history.sent(step, exchange, key);
    match sent {
        Sent::Value(sent) if sent.is_string() && !none(sent) => {
            if *sent == check.actual {
                return (sent.as_str().map(str::trim) == check.expected.as_str())
                    .then(|| untrimmed(provider, sent, &check.expected));
            }
            let stands = Stands::of(exchange, check, sent);
            let occurrence = Occurrence::of(exchange, fields, true);
            return Some(external_id_broken(&occurrence, sent, check, stands));
        }
        Sent::Value(_) | Sent::Never(_) if none(&check.expected) || !none(&check.actual) => {
            return Some(invented(fields, exchange, check, true));
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
            return never(&line, body);
        }
        Sent::Unknown if none(&check.expected) => {
            return Some(invented(fields, exchange, check, false));
        }
        Sent::Unknown => {}
    }
    let stands = Stands::of(exchange, check, &check.expected);
    let occurrence = Occurrence::of(exchange, fields, false);
    Some(external_id_broken(&occurrence, &check.expected, check, stands))
}

/// An e-mail that is not the expected one, held against what was sent.
fn email_differs(
    history: &History,
    step: usize,
    exchange: &Exchange,
    check: &Check,
) -> Option<Finding> {
    let fields = history.fields();
    match history.sent(step, exchange, fields.email) {
        Sent::Value(sent) if sent.is_string() => {
            if *sent == check.actual {
                return None;
            }
            let changes =
                exchange.sent.as_ref().is_some_and(|body| body.get(fields.email).is_some());
            let known =
                |created: &Created| created.texts(fields.email).any(|email| check.actual == email);
            if changes && exchange.method != "POST" && history.before(step).any(known) {
                return Some(email_kept(exchange, &plain(sent), &shown(check)));
            }
            Some(email_broken(
                fields,
                Some(sent),
                &check.expected,
                check,
                Stands::of(exchange, check, sent),
            ))
        }
        Sent::Never(created) => {
            let stands = Stands::of(exchange, check, &check.expected);
            let (line, body) = (&created.line, created.body());
            never_sent(history.provider, fields.email, line, body, check, stands)
        }
        Sent::Value(_) => None,
        Sent::Unknown if !check.expected.is_string() => None,
        Sent::Unknown => {
            let stands = Stands::of(exchange, check, &check.expected);
            Some(email_broken(fields, None, &check.expected, check, stands))
        }
    }
}

/// A value that is expected and was never sent under its key: the scenario's own slip, or the app's.
fn never_sent(
    provider: &Provider,
    key: &str,
    line: &str,
    body: &Json,
    check: &Check,
    stands: Option<Stands>,
) -> Option<Finding> {
    let wanted = check.expected.as_str()?;
    let (found, also) = (shown(check), stands.map(|stands| stands.said()).unwrap_or_default());
    let is_external_id = key == provider.customer.external_id;
    let meaning = if is_external_id {
        " A customer without it cannot be tied back to the user: they pay and get nothing."
    } else {
        ""
    };
    if let Some(near) = near::miss(body, key, wanted) {
        let code = if is_external_id { Code::ExternalIdLost } else { Code::Mismatch };
        return Some(
            Finding::new(
                code,
                format!(
                    "{line} was sent without a usable `{key}`: its body has {near}, and the answer \
                     has {found} where {wanted} was expected.{also}{meaning}"
                ),
                format!(
                    "Send it as `{key}`: spelt like this, as text, at the top level of the body. {}",
                    provider.hints.unknown_keys
                ),
            )
            .follows_from(SCRIPTED),
        );
    }
    Some(
        Finding::new(
            Code::Mismatch,
            format!(
                "The answer has {found} as `{key}`, where {wanted} was expected; but {line} was sent \
                 without any.{also}{meaning}"
            ),
            format!("Send `{key}` when the customer is created, or do not expect it."),
        )
        .follows_from(SCRIPTED),
    )
}

/// An external ID where none was sent, or none was expected.
fn invented(fields: &Customer, exchange: &Exchange, check: &Check, known: bool) -> Finding {
    let (key, found) = (fields.external_id, shown(check));
    let what = if known {
        format!("No {key} was sent, and the target's answer has {found}.")
    } else {
        let line = format!("{} {}", exchange.method, exchange.path);
        format!("The answer to {line} has the {key} {found}, where none was expected.")
    };
    Finding::new(
        Code::ExternalIdChanged,
        format!("{what} A webhook for this customer leads to a user whom nobody named."),
        "Check what the target puts where none was sent; it has to stay null until the app sets it.",
    )
    .follows_from(SCRIPTED)
}

/// Where an external ID is looked for.
struct Occurrence<'a> {
    fields: &'a Customer,
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

impl<'a> Occurrence<'a> {
    fn of(exchange: &Exchange, fields: &'a Customer, known: bool) -> Self {
        let sent = exchange.sent.as_ref();
        let sends = sent.is_some_and(|sent| sent[fields.external_id].is_string());
        let act = match exchange.method.as_str() {
            "POST" if sends => Act::Sets,
            "PATCH" | "PUT" if sends => Act::SetsLater,
            "GET" => Act::Reads,
            _ => Act::Changes,
        };
        Self {
            fields,
            line: format!("{} {}", exchange.method, exchange.path),
            whose: "customer",
            act,
            known,
        }
    }
}

/// A lookup that should find no customer and finds one.
pub(super) fn unexpected_customer(
    history: &History,
    exchange: &Exchange,
    line: &str,
) -> Option<Finding> {
    let id = history.id_of(history.record_of(exchange)?)?;
    // A customer that was asked for and should be gone is no wrong one.
    if history.is_asked_for(&id, &history.asked(&Place::of(&exchange.path))) {
        return None;
    }
    let message = format!(
        "{line} should find nobody, and the target answered with the customer {id}. A handler that \
         trusts this lookup grants access to the wrong user."
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
    let (asked, fields) = (history.asked(&place), history.fields());
    if let Some(finding) = unfindable(history, step, exchange, &asked) {
        return finding;
    }
    match history.broken_key(&asked) {
        Some((key, sent, found)) if key == fields.email => {
            email_broken(fields, Some(&sent.into()), &Json::Null, &found_as(found), None)
        }
        Some((_, sent, found)) => {
            let occurrence = Occurrence { act: Act::Sets, ..Occurrence::of(exchange, fields, true) };
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
            "{} {} was to set the e-mail {sent}, and the answer still has {found}. The app believes it \
             changed: mail and lookups go by the new address, and the target knows the old one.",
            exchange.method, exchange.path
        ),
        "Check that the target stores what an update sends before it confirms it.",
    )
    .follows_from(SCRIPTED)
}

/// `sent` is what this scenario sent, where it did.
fn email_broken(
    fields: &Customer,
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
        format!(
            "The e-mail {} was {was}, {what}.{stands} An app that finds its users by e-mail finds \
             another one, or none.",
            plain(wanted)
        ),
        format!(
            "Check what rewrites the address between the request and the stored customer; tie users by \
             {}, not by e-mail.",
            fields.external_id
        ),
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
    let (fields, record) = (history.fields(), history.record_of(exchange)?);
    let items = history.provider.listing.items;
    let fails = |key: &str| failed.iter().any(|check| record_key(&check.path, items) == Some(key));
    let differs = |key: &str, sent: &str| {
        record[key].as_str().is_none_or(|found| !found.eq_ignore_ascii_case(sent.trim()))
    };
    let text = |key: &str| match history.sent(step, exchange, key) {
        Sent::Value(sent) => sent.as_str(),
        Sent::Never(_) | Sent::Unknown => None,
    };
    let (email, app_id) = (text(fields.email)?, text(fields.external_id)?);
    if history.created_by(step).is_some() {
        // An answer that leaves the e-mail out is terse, not canned.
        record[fields.email].is_string().then_some(())?;
    } else {
        let right_id =
            !fails(fields.id) && history.id_of(record).is_some_and(|id| history.knows_id(&id));
        (right_id && fails(fields.email) && fails(fields.external_id)).then_some(())?;
    }
    if !differs(fields.email, email) || !differs(fields.external_id, app_id) {
        return None;
    }
    let key = fields.external_id;
    Some(Finding::new(
        Code::NotStateful,
        format!(
            "The target answers from a script: {email} with {key} {app_id} was sent, and the \
             answer is about {} with {key} {}. Nothing that it says proves anything about the mapping.",
            plain(&record[fields.email]),
            plain(&record[key])
        ),
        "Point --base-url at something that keeps state: `tieback sandbox`, or the API's own sandbox.",
    ))
}

/// A list that does not hold what it should.
fn items(history: &History, step: usize, exchange: &Exchange, check: &Check) -> Option<Finding> {
    let found = check.actual.as_array()?;
    let line = format!("{} {}", exchange.method, exchange.path);
    let ids = || found.iter().filter_map(|record| history.id_of(record));
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
            "{line} returned {records} not asked for. A handler that takes the first one grants access \
             to the wrong user."
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
        format!(
            "The customer {id} was deleted, and {how}. An app that asks here goes on granting access to \
             a user who is gone."
        ),
        "Check that every way to find a customer leaves out the deleted ones.",
    )
    .follows_from(SCRIPTED)
}

/// An id that came back with the spaces around it.
fn untrimmed(provider: &Provider, sent: &Json, wanted: &Json) -> Finding {
    let (key, meaning) = (provider.customer.external_id, provider.hints.outer_spaces);
    Finding::new(
        Code::ExternalIdChanged,
        format!("{key} {sent} came back as it was sent, where {wanted} was expected. {meaning}"),
        "Cut the spaces off before the id is stored and compared; better still, send none.",
    )
    .follows_from(SCRIPTED)
}

/// An external ID that is gone or another. `sent` is what should be there.
fn external_id_broken(
    occurrence: &Occurrence<'_>,
    sent: &Json,
    check: &Check,
    stands: Option<Stands>,
) -> Finding {
    let Occurrence { fields, line, whose, act, known } = occurrence;
    let key = fields.external_id;
    let (text, shown) = (plain(sent), shown(check));
    let said = stands.as_ref().map(Stands::said).unwrap_or_default();
    if check.actual.is_null() || check.actual == "" {
        let (what, hint) = match act {
            _ if !known => (
                format!("The {key} {text} was expected, and the answer to {line} has {shown}"),
                "Check that the record was made with it, and what fills in this answer.".to_owned(),
            ),
            Act::Sets => (
                format!("{key} {text} was sent, and the target's answer has {shown}"),
                format!(
                    "tieback sends it as `{key}`, a string at the top level of the body, as the real \
                     API takes it. Check that the target stores it and answers with it; a layer in \
                     front of the API has to pass it on."
                ),
            ),
            Act::SetsLater => (
                format!("{key} {text} was sent with {line}, and the answer has {shown}"),
                format!(
                    "An update has to set the {key} of a customer that has none, and to keep one that \
                     is sent again."
                ),
            ),
            Act::Changes => (
                format!("This {whose} has the {key} {text}, and the answer to {line} has {shown}"),
                format!(
                    "An update has to leave the {key} alone where it sends none: change only the keys \
                     that the body has."
                ),
            ),
            Act::Reads => (
                format!("This {whose} has the {key} {text}, and the answer to {line} has {shown}"),
                format!(
                    "Check what fills in this answer, and that the {key} is stored where it reads from."
                ),
            ),
        };
        return Finding::new(
            Code::ExternalIdLost,
            format!(
                "{what}.{said} A {whose} without it cannot be tied back to the user: they pay and get \
                 nothing."
            ),
            stands.map_or(hint, |_| elsewhere(fields)),
        )
        .follows_from(SCRIPTED);
    }
    let how = how_it_differs(sent, &check.actual);
    let was = if *known { "sent" } else { "expected" };
    Finding::new(
        Code::ExternalIdChanged,
        format!(
            "{key} {text} was {was}, and {shown} came back{how}.{said} A webhook for this {whose} leads \
             to another user, or to none."
        ),
        stands.map_or_else(|| UNCHANGED.to_owned(), |_| elsewhere(fields)),
    )
    .follows_from(SCRIPTED)
}

/// What to try where an external ID came back as another.
const UNCHANGED: &str = "Check what rewrites the value between the request that sent it and this \
    answer: it has to stay the text that it was, case and spaces included.";

/// What to try where a value stands in another place than the API's.
fn elsewhere(fields: &Customer) -> String {
    format!(
        "An app reads `{}` from the record itself: answer with it there. Where the target wraps its \
         records or keeps the id in another key on purpose, the app and this scenario have to read it \
         from there.",
        fields.external_id
    )
}
