//! Servers that keep what was deleted, show another's state, or send a webhook again as a new one.

use serde_json::{Value, json};
use uuid::Uuid;

use super::{Row, run_all};
use crate::support::server::{Behaviour, Kind, Reply, Request, State, customer};

/// Changes the data of one event.
fn says(event: &'static str, change: impl Fn(&mut Value) + Send + Sync + 'static) -> Behaviour {
    Behaviour::correct().each(move |delivery| {
        delivery.edit(|payload| {
            if payload["type"] == event {
                change(&mut payload["data"]);
            }
        })
    })
}

/// Answers requests of one kind with the customer that was deleted first, while nobody has its
/// place.
fn remembers(kind: Kind, answer: fn(&Value) -> Value) -> Behaviour {
    Behaviour::correct().instead(move |request: &Request, state: &mut State| {
        let gone =
            state.deleted.first().filter(|_| request.kind == kind && state.customers.is_empty())?;
        Some(Reply::json(200, &answer(gone)))
    })
}

#[test]
fn what_was_deleted_is_gone() {
    let row = |name, step, code, behaviour| {
        Row::fault(name, step, code, behaviour).in_scenario("customer-deletion")
    };
    let again = "The same user becomes a customer again";
    run_all(vec![
        row(
            "still found by id",
            "Gone by the API's id",
            "unexpected_status",
            remembers(Kind::Read, Value::clone),
        )
        .mentions(&[
            "was deleted, and GET /v1/customers/",
            "still finds it",
            "goes on granting access",
        ]),
        row(
            "still found by external id",
            "Gone by the user's id",
            "unexpected_status",
            remembers(Kind::Lookup, Value::clone),
        )
        .mentions(&["was deleted, and", "still finds it"]),
        row(
            "still listed",
            "Gone from the lists",
            "mismatch",
            remembers(Kind::List, |gone| json!({ "items": [gone] })),
        )
        .mentions(&["was deleted, and", "still lists it"]),
        row(
            "still has a state",
            "Its state is gone",
            "unexpected_status",
            remembers(Kind::State, Value::clone),
        ),
        row(
            "is deleted again and again",
            "Deleting it again finds nobody",
            "unexpected_status",
            Behaviour::correct().spoils(Kind::Delete, |reply| *reply = Reply::empty(204)),
        )
        .mentions(&["204; 404 was expected"]),
        row("the id is not free again", again, "rejected", taken("external_id")).mentions(&[
            "The customer that had this external_id was deleted",
            "cannot become a customer again",
        ]),
        row("the e-mail is not free again", again, "rejected", taken("email"))
            .mentions(&["The customer that had this email was deleted"]),
        row(
            "takes the old customer up again",
            again,
            "mismatch",
            Behaviour::correct().instead(|request, state| {
                let gone = state.deleted.first().filter(|_| request.kind == Kind::Create)?.clone();
                state.insert(&request.json(), gone.clone());
                Some(Reply::json(201, &gone))
            }),
        )
        .mentions(&["`body.id`", "anything but"]),
        row(
            "does not announce it",
            "customer.deleted names nobody",
            "webhook_missing",
            says("customer.deleted", |data| data["id"] = json!("another")),
        )
        .with(&["--wait", "300ms"]),
        row(
            "names the user of a plain deletion",
            "customer.deleted names nobody",
            "mismatch",
            says("customer.deleted", |data| data["external_id"] = json!("user_2")),
        )
        .mentions(&["`body.data.external_id` is \"user_2\", where null was expected"]),
        row(
            "forgets the user of an anonymous one",
            "customer.deleted still names the user",
            "webhook_unmapped",
            says("customer.deleted", |data| data["external_id"] = Value::Null),
        )
        .mentions(&["customer.deleted arrived and carries no external_id", "whom this is about"]),
        row(
            "makes nobody anonymous",
            "customer.deleted still names the user",
            "mismatch",
            says("customer.deleted", |data| {
                if !data["external_id"].is_null() {
                    data["email"] = json!("buyer@example.com");
                }
            }),
        )
        .mentions(&["`body.data.email` is \"buyer@example.com\""]),
    ]);
}

/// Refuses a value that a deleted customer had.
fn taken(key: &'static str) -> Behaviour {
    Behaviour::correct().instead(move |request, state| {
        let sent = request.json();
        let taken =
            request.kind == Kind::Create && state.deleted.iter().any(|gone| gone[key] == sent[key]);
        let detail = json!([{ "loc": ["body", key],
            "msg": format!("A customer with this {key} already exists.") }]);
        taken.then(|| Reply::json(422, &json!({ "detail": detail })))
    })
}

#[test]
fn states() {
    let row = |name, step, code, behaviour| {
        Row::fault(name, step, code, behaviour).in_scenario("customer-state")
    };
    let (by_id, by_user) = ("The state by the API's id", "The state by the user's id");
    let announced = "customer.state_changed names the same user";
    let stranger =
        || customer(&json!({ "email": "stranger@example.com", "external_id": "user_stranger" }));
    let shows = |nth: usize, change: fn(&mut Value)| {
        Behaviour::correct().answered(move |request, reply| {
            if request.kind == Kind::State && request.nth == nth {
                reply.edit(change);
            }
        })
    };
    run_all(vec![
        row(
            "of somebody else",
            by_id,
            "wrong_customer",
            Behaviour::correct().replies(Kind::State, Reply::json(200, &stranger())),
        ),
        row(
            "of somebody else by the user's id",
            by_user,
            "wrong_customer",
            shows(1, |state| state["id"] = json!(Uuid::new_v4())),
        ),
        row(
            "without the external id",
            by_id,
            "external_id_lost",
            shows(0, |state| state["external_id"] = Value::Null),
        ),
        row(
            "there is none",
            by_id,
            "customer_lost",
            Behaviour::correct().replies(Kind::State, Reply::not_found()),
        )
        .mentions(&["or does not have this path"]),
        row(
            "without what was bought",
            by_id,
            "mismatch",
            shows(0, |state| {
                drop(state.as_object_mut().and_then(|state| state.remove("active_subscriptions")));
            }),
        )
        .mentions(&["`body.active_subscriptions` is missing"]),
        row(
            "announced without the external id",
            announced,
            "webhook_unmapped",
            says("customer.state_changed", |data| {
                data["external_id"] = Value::Null;
            }),
        )
        .mentions(&["customer.state_changed arrived"]),
        row(
            "announced for somebody else",
            announced,
            "webhook_wrong_user",
            says("customer.state_changed", |data| {
                data["external_id"] = json!("user_2");
            }),
        )
        .mentions(&["names the user user_2"]),
    ]);
}

#[test]
fn redeliveries() {
    let row = |name, step, code, behaviour| {
        Row::fault(name, step, code, behaviour).in_scenario("webhook-delivery")
    };
    let redelivers = |change: fn(&mut Value)| {
        Behaviour::correct().instead(move |request, state| {
            (request.kind == Kind::Redeliver).then(|| state.redeliver(&request.segments[3], change))
        })
    };
    run_all(vec![
        row(
            "under a new id",
            "No attempt carries another id",
            "mismatch",
            redelivers(|row| row["webhook_event"]["id"] = json!(Uuid::new_v4())),
        )
        .mentions(&["`body.items`", "no element like"]),
        row(
            "an id that is none",
            "customer.created arrives with an id and a time",
            "mismatch",
            Behaviour::correct().each(|mut delivery| {
                delivery.id = "1".to_owned();
                delivery
            }),
        )
        .mentions(&["`headers.webhook-id` is \"1\""]),
        row(
            "cannot be disabled",
            "Disable the endpoint, so that nothing more is tried",
            "mismatch",
            Behaviour::correct().spoils(Kind::UpdateEndpoint, |reply| {
                reply.edit(|endpoint| endpoint["enabled"] = json!(true));
            }),
        ),
    ]);
}
