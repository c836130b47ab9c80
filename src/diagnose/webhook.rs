//! Webhooks that did not come, or that name the wrong user.

use serde_json::Value as Json;

use super::Finding;
use super::story::Story;
use super::words::{difference, last_key, plain, shown};
use crate::event::{Check, Code, Status};
use crate::evidence::Missing;
use crate::webhook::Problem;
use crate::webhook::signature::{Rejection, TOLERANCE};

/// Explains a webhook with failed checks.
pub(super) fn arrived(story: &Story, payload: &Json, checks: &[Check]) -> Finding {
    let failed: Vec<_> = checks.iter().filter(|check| check.status == Status::Failed).collect();
    // A check that wants no value, or only a certain shape of one, says nothing about a user.
    let by_key = |key: &str| {
        let named = |check: &&Check| last_key(&check.path) == key && check.path.starts_with("body.");
        failed.iter().copied().find(named).filter(|check| check.expected.is_string())
    };
    let event = payload["type"].as_str().unwrap_or("The event");
    let acts = if is_first(event) { "grants access to" } else { "acts on" };
    if let Some(check) = by_key("external_id") {
        let wanted = plain(&check.expected);
        if check.actual.is_null() || check.actual == "" {
            let meaning = if is_first(event) {
                "The handler that should grant access cannot tell to whom: the user pays and gets nothing."
            } else {
                "The handler cannot tell whom this is about, and what the app knows of the user stays as it was."
            };
            let hint = match story.kept(&wanted) {
                Some(true) => {
                    "The customer was created with it, in one request, so it got lost on the way into the webhook: compare the payload with what GET returns. An app that sets it in a second call gets the same webhook."
                }
                Some(false) => {
                    "The target's own answers have lost it as well: it is not kept when the customer is created or changed. Look there first."
                }
                None => {
                    "Create the customer with its external_id in one request; one that sets it in a second call is announced without it."
                }
            };
            return Finding::new(
                Code::WebhookUnmapped,
                format!(
                    "{event} arrived and carries no external_id ({} where {wanted} was expected). {meaning}",
                    shown(check)
                ),
                hint,
            )
            .follows_from(&[Code::NotStateful, Code::ExternalIdLost]);
        }
        return Finding::new(
            Code::WebhookWrongUser,
            format!(
                "{event} names the user {}, and {wanted} was expected. The handler {acts} the wrong user.",
                plain(&check.actual)
            ),
            "Check where the event takes its external_id from; it has to be the one stored with this customer.",
        )
        .follows_from(&[Code::NotStateful, Code::ExternalIdChanged]);
    }
    if let Some(check) = by_key("email").filter(|check| !check.actual.is_null()) {
        return Finding::new(
            Code::WebhookWrongUser,
            format!("{event} carries the e-mail {}, and {} was expected. A handler that goes by e-mail {acts} the wrong user.", plain(&check.actual), plain(&check.expected)),
            "Check where the event takes its e-mail from; go by external_id in the handler.",
        )
        .follows_from(&[Code::NotStateful, Code::EmailChanged]);
    }
    Finding::new(
        Code::Mismatch,
        format!("{event} arrived, and is not what the step expects: {}.", difference(&failed)),
        "Run with -v to see every check; the step's note, if it has one, says why this matters.",
    )
    .follows_from(&[Code::NotStateful])
}

/// Whether an event is what a handler grants access for, rather than news of somebody it knows.
fn is_first(event: &str) -> bool {
    [".created", ".active", ".paid"].iter().any(|ending| event.ends_with(ending))
}

/// Explains a wait that nothing decided.
pub(super) fn missing(missing: &Missing) -> Finding {
    let event = &missing.event_type;
    if let Some(problem) = missing.fitting.first().or_else(|| missing.unreadable.first()) {
        return rejected(event, problem);
    }
    let waited = format!("{:.1} s", missing.waited.as_secs_f64());
    let instead = match missing.others.as_slice() {
        [] => "Nothing else arrived either.".to_owned(),
        others => {
            let shown: Vec<_> = others.iter().take(5).map(|(what, count)| counted(what, *count)).collect();
            let more = others.len().saturating_sub(shown.len());
            let more = if more > 0 { format!(", and {more} more") } else { String::new() };
            format!("What did arrive: {}{more}.", shown.join(", "))
        }
    };
    let used =
        if missing.used_up { " One that fits had decided an earlier step; a second one was expected." } else { "" };
    let never = if is_first(event) { "grants access" } else { "learns what happened" };
    Finding::new(
        Code::WebhookMissing,
        format!("No {event} that fits arrived within {waited} of the last request.{used} {instead} A handler that waits for it never {never}."),
        "Check that the target sends this event for this change, and to every endpoint that subscribed to it; --wait gives it longer.",
    )
    .follows_from(&[Code::NotStateful])
}

fn counted(what: &str, count: usize) -> String {
    if count == 1 { what.to_owned() } else { format!("{what} {count} times") }
}

/// A delivery came, and a correct handler must reject it.
fn rejected(event: &str, problem: &Problem) -> Finding {
    let (code, message, hint) = match problem {
        Problem::Signature(Rejection::Unsigned) => (
            Code::WebhookUnsigned,
            format!(
                "{event} arrived without a signature. A correct handler must reject it, or anybody could grant themselves access."
            ),
            "Send webhook-id, webhook-timestamp and webhook-signature with every delivery.",
        ),
        Problem::Signature(Rejection::BadSignature) => (
            Code::WebhookBadSignature,
            format!(
                "{event} arrived with a signature that the endpoint's secret does not verify, neither with the standard key (base64 after `whsec_`) nor with the legacy one (the bytes of the whole secret). A correct handler must reject it."
            ),
            "Check that it is signed with this endpoint's own secret, over \"{id}.{timestamp}.{body}\" with the body exactly as it is sent.",
        ),
        Problem::Signature(Rejection::Stale) => (
            Code::WebhookStale,
            format!(
                "{event} arrived with a valid signature and a timestamp more than {} minutes away from now. A correct handler must reject it as a replay.",
                TOLERANCE / 60
            ),
            "Check the sender's clock and this machine's; sign again for every attempt, with the time of that attempt in seconds.",
        ),
        Problem::Malformed(fault) => (
            Code::WebhookMalformed,
            format!(
                "A webhook arrived that cannot be read: {fault}. The handler that should grant access cannot tell to whom."
            ),
            "Send JSON: {\"type\", \"timestamp\", \"data\"}, with the same bytes that were signed.",
        ),
    };
    Finding::new(code, message, hint)
}
