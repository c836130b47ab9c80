//! An external ID that is gone, or another.

use serde_json::Value as Json;

use super::never_sent::never_sent;
use crate::diagnose::finding::{Finding, SCRIPTED};
use crate::diagnose::format::{how_it_differs, plain, shown};
use crate::diagnose::history::{History, Sent};
use crate::diagnose::near;
use crate::diagnose::stands::Stands;
use crate::event::{Check, Code};
use crate::evidence::Exchange;
use crate::provider::{Customer, Provider};

/// An external ID that is not the expected one, held against what was sent.
pub(super) fn external_id_differs(
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
        let line = exchange.line();
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
                None => (exchange.line(), exchange.sent.as_ref()?),
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

/// An external ID where none was sent, or none was expected.
fn invented(fields: &Customer, exchange: &Exchange, check: &Check, known: bool) -> Finding {
    let (key, found) = (fields.external_id, shown(check));
    let what = if known {
        format!("No {key} was sent, and the target's answer has {found}.")
    } else {
        let line = exchange.line();
        format!("The answer to {line} has the {key} {found}, where none was expected.")
    };
    Finding::new(
        Code::ExternalIdChanged,
        format!("{what} A webhook for this customer leads to a user that was never named."),
        "Check what the target puts where none was sent; it has to stay null until the app sets \
         it.",
    )
    .follows_from(SCRIPTED)
}

/// An external ID that is gone or another. `sent` is what should be there.
pub(super) fn external_id_broken(
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
                    "tieback sends it as `{key}`, a string at the top level of the body, as the \
                     real API takes it. Check that the target stores it and answers with it; a \
                     layer in front of the API has to pass it on."
                ),
            ),
            Act::SetsLater => (
                format!("{key} {text} was sent with {line}, and the answer has {shown}"),
                format!(
                    "An update has to set the {key} of a customer that has none, and to keep one \
                     that is sent again."
                ),
            ),
            Act::Changes => (
                format!("This {whose} has the {key} {text}, and the answer to {line} has {shown}"),
                format!(
                    "An update has to leave the {key} alone where it sends none: change only the \
                     keys that the body has."
                ),
            ),
            Act::Reads => (
                format!("This {whose} has the {key} {text}, and the answer to {line} has {shown}"),
                format!(
                    "Check what fills in this answer, and that the {key} is stored where it reads \
                     from."
                ),
            ),
        };
        return Finding::new(
            Code::ExternalIdLost,
            format!(
                "{what}.{said} A {whose} without it cannot be tied back to the user: they pay and \
                 get nothing."
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
            "{key} {text} was {was}, and {shown} came back{how}.{said} A webhook for this {whose} \
             leads to another user, or to none."
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
        "An app reads `{}` from the record itself: answer with it there. Where the target wraps \
         its records or keeps the id in another key on purpose, the app and this scenario have to \
         read it from there.",
        fields.external_id
    )
}

/// Where an external ID is looked for.
pub(super) struct Occurrence<'a> {
    pub(super) fields: &'a Customer,
    /// The request.
    pub(super) line: String,
    /// What the record is.
    pub(super) whose: &'static str,
    /// What happens to it.
    pub(super) act: Act,
    /// Whether this scenario sent the value.
    pub(super) known: bool,
}

pub(super) enum Act {
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
    pub(super) fn of(exchange: &Exchange, fields: &'a Customer, known: bool) -> Self {
        let sent = exchange.sent.as_ref();
        let sends = sent.is_some_and(|sent| sent[fields.external_id].is_string());
        let act = match exchange.method.as_str() {
            "POST" if sends => Act::Sets,
            "PATCH" | "PUT" if sends => Act::SetsLater,
            "GET" => Act::Reads,
            _ => Act::Changes,
        };
        Self { fields, line: exchange.line(), whose: "customer", act, known }
    }
}
