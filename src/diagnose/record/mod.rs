//! What an answer's record, or the records of its list, say about the mapping: a `customer` that is
//! not found or another one, an `external_id` or an `email` that did not survive, and what was
//! `never_sent`.

mod customer;
mod email;
mod external_id;
mod never_sent;

pub(super) use customer::{lost, still_there, unexpected_customer};

use self::customer::{items, wrong_customer};
use self::email::email_differs;
use self::external_id::{Occurrence, external_id_broken, external_id_differs};
use super::finding::Finding;
use super::format::plain;
use super::history::{History, Sent};
use super::paths::record_key;
use super::stands::Stands;
use crate::event::{Check, Code};
use crate::evidence::Exchange;

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
            "The lookup was for the customer {} and returned {}. A handler that trusts it grants \
             access to the wrong user.",
            plain(&check.expected),
            plain(&check.actual)
        )));
    }
    if let Some(check) = external_id {
        return external_id_differs(history, step, exchange, check);
    }
    email.and_then(|check| email_differs(history, step, exchange, check))
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
             answer is about {} with {key} {}. Nothing that it says proves anything about the \
             mapping.",
            plain(&record[fields.email]),
            plain(&record[key])
        ),
        "Point --base-url at something that keeps state: `tieback sandbox`, or the API's own \
         sandbox.",
    ))
}
