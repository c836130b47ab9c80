//! From a sign-up to a customer that carries the user's id.

use serde_json::Value as Json;

use super::course::{Course, User};
use crate::diagnose::finding::Finding;
use crate::event::{Code, quoted};
use crate::evidence::{Exchange, Outcome, StepEvidence};

/// No user could be made.
pub(super) fn failed(step: &StepEvidence) -> Finding {
    let (what, hint) = match &step.outcome {
        Outcome::Exchange(exchange) if !exchange.response.is_success() => (
            format!("{} was answered {}", exchange.line(), exchange.response.status),
            "Look at the answer with -v, and at the app's log. `user` in the app file has to send \
             what the app's own sign-up form sends.",
        ),
        Outcome::Exchange(exchange) => (
            format!("the answer to {} is not what is expected", exchange.line()),
            "`capture` of `user` in the app file says where the answer has the user's id; -v shows \
             the answer.",
        ),
        Outcome::Failed(failure) => {
            (failure.detail.clone(), "Look at the app's log; -v shows what was sent.")
        }
        _ => ("it could not be tried".to_owned(), "Look at `user` in the app file."),
    };
    Finding::new(
        Code::AppSignUpFailed,
        format!("The sign-up of the app fails: {what}. What comes after a sign-up is not known."),
        hint,
    )
}

/// A look at the API for the customer of a user who signed up.
pub(super) fn customer(course: &Course<'_>, index: usize, exchange: &Exchange) -> Option<Finding> {
    if exchange.method != "GET" || course.users.is_empty() {
        return None;
    }
    let fields = &course.provider.customer;
    let path = exchange.path.split('?').next().unwrap_or_default();
    let json = exchange.json.as_ref();
    if path.trim_end_matches('/') == course.provider.access.log.trim_end_matches('/') {
        return Some(two_calls(course));
    }
    let below = path.strip_prefix(fields.collection.trim_end_matches('/'))?;
    let record = match json.and_then(|json| json[course.provider.listing.items].as_array()) {
        Some(items) => items.first(),
        None => json.filter(|_| exchange.response.is_success()),
    };
    // A record below a customer says something else.
    if below.trim_matches('/').split('/').count() > 2 {
        return None;
    }
    let user = user_asked_for(course, &exchange.path)?;
    let id = user.id.as_deref().unwrap_or_default();
    let finding = match record {
        None => Finding::new(
            Code::AppNoCustomer,
            format!(
                "The user {id} signed up, and the API has no customer with this external ID. When \
                 this user pays, nothing ties the payment to the account."
            ),
            "Create the customer when a user signs up, with the user's id as its external ID, or \
             find it by that id before the first checkout.",
        ),
        Some(record) => match &record[fields.external_id] {
            Json::Null => Finding::new(
                Code::AppExternalIdMissing,
                format!(
                    "The sign-up of user {id} made a customer without an external ID. Its webhooks \
                     carry no id of the app: who paid cannot be told from them."
                ),
                format!(
                    "Send `{}` with the user's id in the call that creates the customer. A second \
                     call that sets it later is too late for the first webhooks.",
                    fields.external_id
                ),
            ),
            found if found.as_str() == Some(id) => return None,
            found => wrong(course, user, found),
        },
    };
    Some(if course.in_trouble(index) { half(user, &finding.message) } else { finding })
}

/// The user that a request to the API names.
fn user_asked_for<'c>(course: &'c Course<'_>, path: &str) -> Option<&'c User> {
    let decoded = percent_encoding::percent_decode_str(path).decode_utf8_lossy().into_owned();
    let plain = decoded.replace('+', " ");
    let named = |user: &&User| {
        let values = [user.id.as_deref(), user.email.as_deref()].into_iter().flatten();
        values
            .filter(|value| !value.is_empty())
            .any(|value| decoded.contains(value) || plain.contains(&value.replace('+', " ")))
    };
    course.users.iter().rev().find(named).or(course.users.first())
}

/// An external ID that is not the user's.
fn wrong(course: &Course<'_>, user: &User, found: &Json) -> Finding {
    let id = user.id.as_deref().unwrap_or_default();
    let shown = found.as_str().map_or_else(|| found.to_string(), str::to_owned);
    let session = user.session.as_deref();
    let whose = if user.email.as_deref().is_some_and(|email| email.eq_ignore_ascii_case(&shown)) {
        "the user's e-mail address, which may change and may become that of another user"
    } else if course.other(session, &shown).is_some() {
        "another user's id: that user gets what this one pays for"
    } else if shown.eq_ignore_ascii_case(id) {
        "the user's id in another case; external IDs are compared letter by letter"
    } else if shown.contains(id) || id.contains(&shown) {
        "a part of the user's id, or more than it"
    } else {
        "not the id that the sign-up gave the user"
    };
    Finding::new(
        Code::AppExternalIdWrong,
        format!(
            "The sign-up of user {id} made a customer with the external ID {}, which is {whose}.",
            quoted(&shown)
        ),
        "Send the id by which the app finds its own user again, as text and unchanged, in the call \
         that creates the customer.",
    )
}

/// A sign-up while the API had trouble.
fn half(user: &User, what: &str) -> Finding {
    let id = user.id.as_deref().unwrap_or_default();
    Finding::new(
        Code::AppHalfSignedUp,
        format!(
            "A call to the API failed once during the sign-up, and the user {id} stays without a \
             customer that carries the id, also when the API works again. {what}"
        ),
        "Refuse the sign-up whole, so that it can be tried again, or make the customer later: at \
         the next sign-in, before the first checkout, or from a queue that tries again.",
    )
}

/// The external ID was not there when the customer was made.
fn two_calls(course: &Course<'_>) -> Finding {
    let key = course.provider.customer.external_id;
    Finding::new(
        Code::AppTwoCalls,
        format!(
            "The customer was created without `{key}` and got it with a second call. The webhooks \
             of the creation may carry none, and where the second call fails, the user stays \
             untied for good."
        ),
        format!("Send `{key}` in the call that creates the customer."),
    )
    .follows_from(&[
        Code::AppNoCustomer,
        Code::AppExternalIdMissing,
        Code::AppExternalIdWrong,
        Code::AppHalfSignedUp,
    ])
}

/// A webhook about the customer of a sign-up that does not name the user.
pub(super) fn event(course: &Course<'_>, index: usize, payload: &Json) -> Option<Finding> {
    if course.users.is_empty() || course.deliveries.iter().any(|(step, _)| *step < index) {
        return None;
    }
    let keys = &course.provider.webhook.payload;
    let is_null = payload[keys.data][course.provider.customer.external_id].is_null();
    is_null.then(|| two_calls(course))
}
