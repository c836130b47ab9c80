//! Lookups that rightly find none: of a key that nothing was created with, or of a customer that
//! the scenario itself deleted.

use super::asked::{Asked, Key};
use super::created::Created;
use super::finding::{Finding, SCRIPTED};
use super::format::how_it_differs;
use super::history::History;
use crate::event::Code;
use crate::evidence::{Exchange, places};
use crate::provider::Customer;

/// Explains a lookup after creations none of which succeeded.
pub(super) fn of_nothing(history: &History, step: usize, message: &str) -> Option<Finding> {
    let nothing = history.tried_before(step) && !history.created_before(step);
    nothing.then(|| {
        Finding::new(
            Code::Rejected,
            format!("{message} No customer had been created before, so finding none is right."),
            "Look at the step that was to create it.",
        )
        .follows_from(&[
            Code::Rejected,
            Code::ServerError,
            Code::UnexpectedStatus,
            Code::Forbidden,
        ])
    })
}

/// Explains a lookup that can find no customer, whatever the target does.
pub(super) fn unfindable(
    history: &History,
    step: usize,
    exchange: &Exchange,
    asked: &[Asked<'_>],
) -> Option<Finding> {
    let first = asked.first()?;
    let line = exchange.line();
    let status = exchange.response.status;
    // A list was read well, and what it holds is not what was expected.
    let code = if exchange.response.is_success() { Code::Mismatch } else { Code::Rejected };
    if let Some(created) = history.customer(asked, step) {
        let deleted = created.deleted.filter(|deleted| *deleted < step)?;
        return Some(
            Finding::new(
                code,
                format!(
                    "{line} asks for the customer that step {} of this scenario deleted, so \
                     finding none is right ({status}).",
                    deleted + 1
                ),
                "Expect 404 or an empty list after a deletion, or look the customer up before it.",
            )
            .follows_from(SCRIPTED),
        );
    }
    let (key, value) = (first.key.name(history.fields()), first.value);
    let (meaning, hint) = mistaken(history, step, asked).unwrap_or_else(|| {
        let known = known(history, step, first);
        (known, "Look up what was created: the same value here and in the creation.".to_owned())
    });
    let message = format!(
        "{line} asks for the {key} {value}, and this scenario created no customer with it. \
         {meaning} So finding none is right ({status})."
    );
    Some(Finding::new(code, message, hint).follows_from(SCRIPTED))
}

/// What is known of a value that is looked for under the wrong key: where it was sent or came back
/// instead.
pub(super) fn mistaken(
    history: &History,
    step: usize,
    asked: &[Asked<'_>],
) -> Option<(String, String)> {
    let asked = asked.first().filter(|_| history.customer(asked, step).is_none())?;
    let fields = history.fields();
    let (key, value) = (asked.key.name(fields), asked.value);
    let Customer { collection, by_external_id: by, id, external_id: app_id, .. } = fields;
    history.before(step).rev().find_map(|created| {
        if created.id.as_deref() == Some(value) {
            let hint = format!(
                "Look a customer up by the API's own id with its own path, such as GET \
                 {collection}{{{id}}}."
            );
            return Some((format!("{value} is the API's own id of one."), hint));
        }
        let place = places(created.body(), value, "").into_iter().next()?;
        let place = place.trim_start_matches('.');
        let meaning = format!("{value} was sent as `{place}` with {}.", created.line);
        let hint = match (asked.key, place) {
            (Key::Id, place) if place == *app_id => format!(
                "This path takes the API's own id, which the creation's answer has. By the app's \
                 own id it is GET {collection}{by}/{{{app_id}}}."
            ),
            _ => format!("Send it as `{key}`, or look it up by what it was sent as."),
        };
        Some((meaning, hint))
    })
}

/// What the scenario's customers have under the key that was asked for.
fn known(history: &History, step: usize, asked: &Asked<'_>) -> String {
    let fields = history.fields();
    let has = |created: &Created| match asked.key {
        Key::Id => created.id.clone(),
        Key::Email => created.texts(fields.email).last().map(str::to_owned),
        Key::ExternalId | Key::Search => {
            created.texts(fields.external_id).last().map(str::to_owned)
        }
        Key::Metadata(_) => None,
    };
    let key = if asked.key == Key::Search { Key::ExternalId } else { asked.key }.name(fields);
    let all: Vec<_> = history.before(step).filter_map(has).collect();
    match all.as_slice() {
        [] => format!("What it created has no {key}."),
        [one] => {
            let how = how_it_differs(&one.as_str().into(), &asked.value.into());
            format!("What it created has the {key} {one}{how}.")
        }
        several => {
            let shown = several.iter().take(3).map(String::as_str).collect::<Vec<_>>().join(", ");
            let more = if several.len() > 3 { ", …" } else { "" };
            format!("What it created has {key} {shown}{more}.")
        }
    }
}
