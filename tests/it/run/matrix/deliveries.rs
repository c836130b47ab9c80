//! Webhooks that do not come, or that say the wrong thing.

use serde_json::{Value, json};
use uuid::Uuid;

use super::{EVENT, Row, run_all};
use crate::support::server::{Behaviour, Delivery, When};

/// Long enough for a delivery that comes before the answer to be there, short because it runs out.
const SHORT: &[&str] = &["--wait", "200ms"];

/// Changes the `data` of every delivery.
fn says(change: impl Fn(&mut Value) + Send + Sync + 'static) -> Behaviour {
    Behaviour::correct().each(move |delivery| delivery.edit(|payload| change(&mut payload["data"])))
}

/// Changes deliveries that will not do, so that they are there before the wait begins.
fn sends(change: impl Fn(Delivery) -> Delivery + Send + Sync + 'static) -> Behaviour {
    Behaviour::correct().each(move |delivery| change(delivery.when(When::Before)))
}

#[test]
fn a_webhook_that_does_not_come() {
    run_all(vec![
        Row::fault(
            "never",
            EVENT,
            "webhook_missing",
            Behaviour::correct().delivered(|_| Vec::new()),
        )
        .with(SHORT)
        .mentions(&["No other webhook arrived"]),
        Row::fault(
            "too late",
            EVENT,
            "webhook_missing",
            sends(|delivery| delivery.when(When::AtTheEnd)),
        )
        .with(SHORT),
        Row::fault(
            "to another path",
            EVENT,
            "webhook_missing",
            sends(|delivery| {
                let url = format!("{}x", delivery.url);
                Delivery { url, ..delivery }
            }),
        )
        .with(SHORT),
        Row::fault(
            "with GET",
            EVENT,
            "webhook_missing",
            sends(|delivery| Delivery { method: "GET", ..delivery }),
        )
        .with(SHORT),
        Row::fault(
            "another event",
            EVENT,
            "webhook_missing",
            sends(|delivery| delivery.edit(|payload| payload["type"] = json!("customer.updated"))),
        )
        .with(SHORT)
        .mentions(&["What did arrive: customer.updated"]),
        Row::fault("another customer's", EVENT, "webhook_missing", sends(Delivery::of_stranger))
            .with(SHORT)
            .mentions(&["customer.created (external_id stranger, `data.id` \""]),
        Row::fault(
            "under another id",
            EVENT,
            "webhook_missing",
            sends(|delivery| {
                delivery.edit(|payload| payload["data"]["id"] = json!(Uuid::new_v4()))
            }),
        )
        .with(SHORT)
        .mentions(&["customer.created (external_id user_", ", `data.id` \""]),
        Row::fault(
            "the customer stands elsewhere in it",
            EVENT,
            "webhook_missing",
            sends(|delivery| {
                delivery.edit(|payload| payload["data"] = json!({ "customer": payload["data"] }))
            }),
        )
        .with(SHORT)
        .mentions(&["no `data.id` but it stands at `data.customer.id`"]),
        // What was dropped may have been the event.
        Row::error(
            "over 10 MiB",
            EVENT,
            "no_event_source",
            sends(|delivery| delivery.body(vec![b' '; 11 << 20])),
        )
        .with(SHORT),
    ]);
}

#[test]
fn a_webhook_that_names_nobody_or_the_wrong_user() {
    let remove = |data: &mut Value, key: &str| drop(data.as_object_mut().unwrap().remove(key));
    run_all(vec![
        Row::fault(
            "null",
            EVENT,
            "webhook_unmapped",
            says(|data| data["external_id"] = json!(null)),
        ),
        Row::fault(
            "an empty text",
            EVENT,
            "webhook_unmapped",
            says(|data| data["external_id"] = json!("")),
        ),
        Row::fault(
            "no key",
            EVENT,
            "webhook_unmapped",
            says(move |data| remove(data, "external_id")),
        ),
        Row::fault(
            "the id in the metadata",
            EVENT,
            "webhook_unmapped",
            says(|data| data["metadata"]["user_id"] = std::mem::take(&mut data["external_id"])),
        )
        .mentions(&["stands at `body.data.metadata.user_id`"]),
        Row::fault(
            "another user",
            EVENT,
            "webhook_wrong_user",
            says(|data| data["external_id"] = json!("user_2")),
        )
        .mentions(&["user_2", "or finds none"]),
        Row::fault(
            "a number",
            EVENT,
            "webhook_wrong_user",
            says(|data| data["external_id"] = json!(42)),
        )
        .with(&["--var", "user_id=42"]),
        Row::fault(
            "another case",
            EVENT,
            "webhook_wrong_user",
            says(|data| {
                data["external_id"] = json!(data["external_id"].as_str().unwrap().to_uppercase());
            }),
        ),
        Row::fault(
            "the API's own id",
            EVENT,
            "webhook_wrong_user",
            says(|data| data["external_id"] = data["id"].clone()),
        ),
        Row::fault(
            "another email",
            EVENT,
            "webhook_wrong_user",
            says(|data| data["email"] = json!("x@example.com")),
        )
        .mentions(&["x@example.com"]),
        Row::fault("no email", EVENT, "mismatch", says(|data| data["email"] = json!(null))),
    ]);
}

#[test]
fn the_wrong_webhook_decides_although_a_right_one_follows() {
    let twice = Behaviour::correct().delivered(|delivery| {
        let wrong = delivery.clone().edit(|payload| payload["data"]["external_id"] = json!(null));
        let right = Delivery { id: Uuid::new_v4().to_string(), ..delivery };
        vec![wrong, right]
    });
    run_all(vec![Row::fault("wrong, then right", EVENT, "webhook_unmapped", twice)]);
}
