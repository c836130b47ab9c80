//! Webhooks that did not come, or that name the wrong user.

use serde_json::Value as Json;

use super::finding::Finding;
use super::format::{difference, how_it_differs, plain, shown, wanted};
use super::history::History;
use super::look_closer;
use super::paths::last_key;
use super::stands::Stands;
use crate::event::{Check, Code, Status, StepResult};
use crate::evidence::Missing;
use crate::provider::{Provider, Webhook};
use crate::webhook::RejectReason;
use crate::webhook::signature::{Rejection, TOLERANCE};

/// Explains a webhook with failed checks.
pub(super) fn arrived(history: &History, payload: &Json, result: &StepResult) -> Finding {
    let failed: Vec<_> =
        result.checks.iter().filter(|check| check.status == Status::Failed).collect();
    // A check that wants no value, or only a certain shape of one, says nothing about a user.
    let by_key = |key: &str| {
        let named =
            |check: &&Check| last_key(&check.path) == key && check.path.starts_with("body.");
        failed.iter().copied().find(named).filter(|check| check.expected.is_string())
    };
    let Provider { customer: fields, webhook, .. } = history.provider;
    let key = fields.external_id;
    let event = payload[webhook.payload.event_type].as_str().unwrap_or("The event");
    let grants = grants(event, webhook);
    let stands = |check: &Check| {
        Stands::within(payload, check, &check.expected)
            .map(|stands| stands.said())
            .unwrap_or_default()
    };
    let acts = if grants { "grants access to" } else { "acts on" };
    if let Some(check) = by_key(key).or_else(|| by_key(fields.external_reference)) {
        let wanted = plain(&check.expected);
        if check.actual.is_null() || check.actual == "" {
            return unmapped(history, payload, event, check);
        }
        let how = if payload[webhook.payload.data][fields.id] == check.actual {
            " (that is the API's own id of the customer)".to_owned()
        } else {
            how_it_differs(&check.expected, &check.actual)
        };
        return Finding::new(
            Code::WebhookWrongUser,
            format!(
                "{event} names the user {}, and {wanted} was expected{how}.{} The handler {acts} \
                 the wrong user, or finds none.",
                plain(&check.actual),
                stands(check)
            ),
            format!(
                "Check where the event takes its {key} from; it has to be the one stored with this \
                 customer, letter by letter."
            ),
        )
        .follows_from(&[Code::NotStateful, Code::ExternalIdChanged]);
    }
    if let Some(check) = by_key(fields.email).filter(|check| !check.actual.is_null()) {
        return Finding::new(
            Code::WebhookWrongUser,
            format!(
                "{event} carries the e-mail {}, and {} was expected.{} A handler that goes by \
                 e-mail {acts} the wrong user, or finds none.",
                plain(&check.actual),
                plain(&check.expected),
                stands(check)
            ),
            format!("Check where the event takes its e-mail from; in the handler, go by {key}."),
        )
        .follows_from(&[Code::NotStateful, Code::EmailChanged]);
    }
    Finding::new(
        Code::Mismatch,
        format!(
            "{event} arrived, and is not what the step expects: {}",
            difference(&failed, Some(payload))
        ),
        look_closer("every check", result),
    )
    .follows_from(&[Code::NotStateful])
}

/// A webhook without the external ID that it should name.
fn unmapped(history: &History, payload: &Json, event: &str, check: &Check) -> Finding {
    let Provider { customer, webhook, hints, .. } = history.provider;
    let (key, wanted) = (last_key(&check.path), plain(&check.expected));
    let grants = grants(event, webhook);
    let meaning = if grants {
        "The handler that should grant access cannot tell to whom: the user pays and gets \
         nothing."
    } else {
        "The handler cannot tell whom this is about, and what the app knows of the user stays as \
         it was."
    };
    let unsent = format!(
        "Create the customer with its {} in one request; one that gets it in a second call may be \
         announced without it.",
        customer.external_id
    );
    let hint = match history.kept(&wanted) {
        Some(true) if grants => {
            "The customer was created with it, in one request, so the target lost it on the way \
             into the webhook: compare the payload with what GET returns. (An app that sets it in \
             a second call after the creation can see the same.)"
        }
        Some(true) if event == webhook.customer_deleted => hints.deleted_without_external_id,
        Some(true) => {
            "The customer was created with it, and the target's answers have it, so the target \
             lost it on the way into this webhook: fill the webhook in from the stored customer."
        }
        Some(false) => {
            "The target's own answers have lost it as well: it is not kept when the customer is \
             created or changed. Look there first."
        }
        None => &unsent,
    };
    let (what, hint) = match Stands::within(payload, check, &check.expected) {
        Some(stands) => (
            format!(
                "{event} arrived and has {} at `{}`, where {wanted} was expected.{} {meaning}",
                shown(check),
                check.path,
                stands.said()
            ),
            "Let the target put it where the real event has it; if that is where it is, let the \
             handler and this scenario read it from there."
                .to_owned(),
        ),
        None => (
            format!(
                "{event} arrived and carries no {key} ({} where {wanted} was expected). {meaning}",
                shown(check)
            ),
            history.near_miss(&wanted).unwrap_or_else(|| hint.to_owned()),
        ),
    };
    Finding::new(Code::WebhookUnmapped, what, hint)
        .follows_from(&[Code::NotStateful, Code::ExternalIdLost])
}

/// Whether a handler grants access on an event, rather than updating a user it knows.
fn grants(event: &str, webhook: &Webhook) -> bool {
    webhook.grants.iter().any(|ending| event.ends_with(ending))
}

/// Explains a wait that nothing decided.
pub(super) fn missing(missing: &Missing, provider: &Provider) -> Finding {
    let event = &missing.event_type;
    if let Some(problem) = missing.fitting.first().or_else(|| missing.unreadable.first()) {
        return rejected(event, problem, &provider.webhook);
    }
    let asked: Vec<_> = missing
        .wanted
        .iter()
        .map(|(path, expected)| format!("`{path}` {}", wanted(expected)))
        .collect();
    let with =
        if asked.is_empty() { String::new() } else { format!(" with {}", asked.join(" and ")) };
    let waited = format!("{:.1} s", missing.waited.as_secs_f64());
    let instead = match missing.others.as_slice() {
        [] => "No other webhook arrived either.".to_owned(),
        others => {
            let shown: Vec<_> =
                others.iter().take(5).map(|(what, count)| counted(what, *count)).collect();
            let more = others.len().saturating_sub(shown.len());
            let more = if more > 0 { format!(", and {more} more") } else { String::new() };
            format!("What did arrive: {}{more}.", shown.join(", "))
        }
    };
    let used = if missing.used_up {
        " One that fits was there, and an earlier step had used it: a second one was expected."
    } else {
        ""
    };
    let of_this_type =
        missing.others.iter().any(|(what, _)| what.split(' ').next() == Some(event.as_str()));
    let sends = format!(
        "Check that the target sends this event for this change, by POST, to the `{}` of every \
         webhook endpoint that subscribed to it; if it is only slow, --wait 2m gives it longer. \
         With --public-url, see that it still leads here.",
        provider.endpoint.url
    );
    let hint = if of_this_type && missing.wanted.is_empty() {
        "Without `where`, only an event counts that shows something of this run: its id, or an \
         id, an e-mail or an external ID that the scenario sent or captured. Compare them with \
         what did arrive, and select the event by `where`."
    } else if of_this_type {
        "Compare what the event was selected by (`where` in the scenario) with what did arrive: \
         the webhook has to carry the same ids as the API's answers."
    } else {
        &sends
    };
    let never =
        if grants(event, &provider.webhook) { "grants access" } else { "learns what happened" };
    Finding::new(
        Code::WebhookMissing,
        format!(
            "No {event}{with} arrived within {waited} of the last request.{used} {instead} A \
             handler that waits for it never {never}."
        ),
        hint,
    )
    .follows_from(&[Code::NotStateful])
}

fn counted(what: &str, count: usize) -> String {
    if count == 1 { what.to_owned() } else { format!("{what} {count} times") }
}

/// What a signature covers.
const SIGNED: &str = "\"{id}.{timestamp}.{body}\"";

/// A delivery came, and a correct handler must reject it.
fn rejected(event: &str, problem: &RejectReason, webhook: &Webhook) -> Finding {
    let Webhook { id_header, timestamp_header, signature_header, secret_prefix, payload, .. } =
        webhook;
    let seen = |reason: &Option<String>| {
        reason.as_ref().map(|reason| format!(" ({reason})")).unwrap_or_default()
    };
    let (code, message, hint) = match problem {
        RejectReason::Signature(Rejection::Unsigned, reason) => (
            Code::WebhookUnsigned,
            format!(
                "{event} arrived without a whole signature{}. A correct handler must reject it, or \
                 anyone could grant themselves access.",
                seen(reason)
            ),
            format!(
                "Send {id_header}, {timestamp_header} and {signature_header} with every delivery, \
                 and let all three through wherever it passes."
            ),
        ),
        RejectReason::OtherScheme(scheme) => (
            Code::WebhookUnsigned,
            format!(
                "{event} arrived signed in another way: {scheme}. A handler that verifies \
                 {signature_header}, as it has to, must reject it."
            ),
            format!(
                "Sign as the Standard Webhooks specification says: {id_header}, \
                 {timestamp_header}, and `v1,` with the base64 of HMAC-SHA256 over {SIGNED} as \
                 {signature_header}. If this comes from another service, it was sent to the wrong \
                 address."
            ),
        ),
        RejectReason::Signature(Rejection::BadSignature, reason) => (
            Code::WebhookBadSignature,
            match reason {
                Some(reason) => format!(
                    "{event} arrived with a signature that does not verify: {reason}. A correct \
                     handler must reject it."
                ),
                None => format!(
                    "{event} arrived with a signature that the endpoint's secret does not verify, \
                     neither with the standard key (base64 after `{secret_prefix}`) nor with the \
                     legacy one (the bytes of the whole secret). A correct handler must reject \
                     it."
                ),
            },
            format!(
                "{signature_header} has to be `v1,` and the base64 of HMAC-SHA256 over {SIGNED}: \
                 both headers and the body exactly as they are sent, with this endpoint's own \
                 secret, the timestamp in seconds."
            ),
        ),
        RejectReason::Signature(Rejection::Stale, reason) => (
            Code::WebhookStale,
            format!(
                "{event} arrived with a valid signature and a timestamp more than {} minutes away \
                 from now{}. A correct handler must reject it as a replay.",
                TOLERANCE / 60,
                seen(reason)
            ),
            "Check the sender's clock and this machine's; sign again for every attempt, with the \
             time of that attempt in seconds."
                .to_owned(),
        ),
        RejectReason::Malformed(fault) => (
            Code::WebhookMalformed,
            format!(
                "A webhook arrived that cannot be read: {fault}. The handler that should grant \
                 access cannot tell to whom."
            ),
            format!(
                "Send a JSON object with `{}` (text), `{}` and `{}` (an object), in the very \
                 bytes that were signed.",
                payload.event_type, payload.timestamp, payload.data
            ),
        ),
    };
    Finding::new(code, message, hint)
}
