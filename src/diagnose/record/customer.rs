//! Customers that are not found, and others that are.

use serde_json::Value as Json;

use super::email::email_broken;
use super::external_id::{Act, Occurrence, external_id_broken};
use crate::diagnose::asked::Place;
use crate::diagnose::finding::{Finding, SCRIPTED, UNFINDABLE};
use crate::diagnose::history::History;
use crate::diagnose::lookup::unfindable;
use crate::event::{Check, Code, Status};
use crate::evidence::Exchange;

/// A lookup that should find no customer and finds one.
pub(in crate::diagnose) fn unexpected_customer(
    history: &History,
    exchange: &Exchange,
    line: &str,
) -> Option<Finding> {
    let id = history.id_of(history.record_of(exchange)?)?;
    // A customer that was asked for and should be gone is not a wrong one.
    if history.is_asked_for(&id, &history.asked(&Place::of(&exchange.path))) {
        return None;
    }
    let message = format!(
        "{line} should find no customer, and the target answered with the customer {id}. A \
         handler that trusts this lookup grants access to the wrong user."
    );
    Some(wrong_customer(message))
}

pub(super) fn wrong_customer(message: String) -> Finding {
    Finding::new(
        Code::WrongCustomer,
        message,
        "Check that the target filters by exactly what was asked for, and compare the id in your \
         handler.",
    )
    .follows_from(SCRIPTED)
}

/// A customer that was created and is not found. Blame follows the key that was asked for: where an
/// answer shows that it did not survive, that is the cause; where nothing was created with it,
/// nothing was lost.
pub(in crate::diagnose) fn lost(
    history: &History,
    step: usize,
    exchange: &Exchange,
    how: &str,
) -> Finding {
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
            let occurrence =
                Occurrence { act: Act::Sets, ..Occurrence::of(exchange, fields, true) };
            external_id_broken(&occurrence, &Json::from(sent), &found_as(found), None)
        }
        None => Finding::new(
            Code::CustomerLost,
            format!(
                "The customer was created, and then {how}. An app that looks here does not \
                find who paid."
            ),
            "Check that the target stores what it creates, that this lookup reads the same data, \
             and how it compares (case, spaces).",
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

/// A list that does not hold what it should.
pub(super) fn items(
    history: &History,
    step: usize,
    exchange: &Exchange,
    check: &Check,
) -> Option<Finding> {
    let found = check.actual.as_array()?;
    let line = exchange.line();
    let ids = || found.iter().filter_map(|record| history.id_of(record));
    let ours = ids().any(|id| history.knows_id(&id));
    let expects_any = check.expected.as_array().is_none_or(|expected| !expected.is_empty());
    if found.is_empty() && expects_any {
        return history
            .created_before(step)
            .then(|| lost(history, step, exchange, &format!("{line} finds none")));
    }
    let strangers = ids().filter(|id| !history.knows_id(id)).count();
    if strangers > 0 && !(ours && expects_any && check.expected.is_object()) {
        let records = if strangers == 1 {
            "a record that was".to_owned()
        } else {
            format!("{strangers} records that were")
        };
        return Some(wrong_customer(format!(
            "{line} returned {records} not asked for. A handler that takes the first one grants \
             access to the wrong user."
        )));
    }
    let deleted = ids().find(|id| history.deleted_before(step, id)).filter(|_| !expects_any)?;
    Some(still_there(Code::Mismatch, &deleted, &format!("{line} still lists it")))
}

/// A customer that was deleted, and of which that cannot be told afterwards.
pub(in crate::diagnose) fn still_there(code: Code, id: &str, how: &str) -> Finding {
    Finding::new(
        code,
        format!(
            "The customer {id} was deleted, and {how}. An app that asks here goes on granting \
             access to a user who is gone."
        ),
        "Check that every way to find a customer leaves out the deleted ones.",
    )
    .follows_from(SCRIPTED)
}
