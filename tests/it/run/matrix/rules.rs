//! Servers that do not keep the API's rules about ids, metadata, updates and teams.

use serde_json::{Value, json};

use super::{Row, run_all};
use crate::support::server::{Behaviour, Kind, Reply, Request, State, customer};

/// Stores what `change` makes of the external ID.
fn stores(change: impl Fn(&str) -> String + Send + Sync + 'static) -> Behaviour {
    Behaviour::correct().stored(move |customer| {
        if let Some(id) = customer["external_id"].as_str().map(&change) {
            customer["external_id"] = json!(id);
        }
    })
}

/// Does what was asked, and changes the records in answers of one kind.
pub fn shows(kind: Kind, change: impl Fn(&mut Value) + Send + Sync + 'static) -> Behaviour {
    Behaviour::correct().answered(move |request, reply| {
        if request.kind == kind && reply.status < 300 {
            reply.edit_records(&change);
        }
    })
}

/// Creates whatever is asked for, where `when` holds.
fn accepts(when: impl Fn(&Value, &State) -> bool + Send + Sync + 'static) -> Behaviour {
    Behaviour::correct().instead(move |request, state| {
        let sent = request.json();
        (request.kind == Kind::Create && when(&sent, state)).then(|| {
            let mut made = customer(&sent);
            made["external_id"] = sent["external_id"].clone();
            state.insert(&sent, made.clone());
            Reply::json(201, &made)
        })
    })
}

/// Refuses creations for which `when` holds, as if the external ID were taken.
fn refuses(when: impl Fn(&Value, &Value) -> bool + Send + Sync + 'static) -> Behaviour {
    let detail = json!([{ "loc": ["body", "external_id"],
        "msg": "A customer with this external ID already exists." }]);
    Behaviour::correct().instead(move |request, state| {
        let sent = request.json();
        let taken =
            request.kind == Kind::Create && state.customers.iter().any(|other| when(other, &sent));
        taken.then(|| Reply::json(422, &json!({ "detail": detail })))
    })
}

/// Answers updates that put `value` under `key` by doing so, whatever the rules say.
pub fn writes(key: &'static str, value: Option<Value>) -> Behaviour {
    Behaviour::correct().instead(move |request: &Request, state| {
        let sent = request.json();
        let meant =
            sent.get(key).is_some_and(|sent| value.as_ref().is_none_or(|value| sent == value));
        let found = state.customers.iter_mut().find(|each| each["id"] == request.id());
        let record = found.filter(|_| request.kind == Kind::Update && meant)?;
        record[key] = sent[key].clone();
        Some(Reply::json(200, record))
    })
}

/// Answers updates by what `change` makes of the record and of what was sent.
pub fn updates(change: impl Fn(&mut Value, &Value) + Send + Sync + 'static) -> Behaviour {
    Behaviour::correct().instead(move |request: &Request, state| {
        if request.kind != Kind::Update {
            return None;
        }
        let record = state.customers.iter_mut().find(|each| each["id"] == request.id())?;
        change(record, &request.json());
        Some(Reply::json(200, record))
    })
}

fn without_case(value: &Value) -> String {
    value.as_str().unwrap_or_default().trim().to_lowercase()
}

#[test]
#[allow(clippy::too_many_lines)] // a table
fn ids() {
    let kept = "Kept letter by letter";
    let taken = |sent: &Value, state: &State| {
        state.customers.iter().any(|each| each["external_id"] == sent["external_id"])
    };
    let row = |name, step, code, behaviour| {
        Row::fault(name, step, code, behaviour).in_scenario("external-id-rules")
    };
    run_all(vec![
        row(
            "leading zeros are cut",
            kept,
            "external_id_changed",
            stores(|id| id.trim_start_matches('0').to_owned()),
        )
        .mentions(&["leading zeros are gone"]),
        row("case is folded", kept, "external_id_changed", stores(str::to_lowercase))
            .mentions(&["only the case differs"]),
        row(
            "spaces are collapsed",
            kept,
            "external_id_changed",
            stores(|id| id.replace("  ", " ")),
        )
        .mentions(&["only inner spaces differ"]),
        row(
            "Unicode is composed",
            kept,
            "external_id_changed",
            stores(|id| id.replace("e\u{308}", "\u{eb}")),
        )
        .mentions(&["U+0065 was sent, U+00EB came"]),
        row(
            "ids are not unique",
            "A second customer with the same id is refused",
            "unexpected_status",
            accepts(move |sent, state| !sent["external_id"].is_null() && taken(sent, state)),
        )
        .mentions(&[
            "a second customer for the external_id",
            "Two customers stand for one user",
            "UNIQUE index",
        ]),
        row(
            "taken is a 409",
            "A second customer with the same id is refused",
            "unexpected_status",
            Behaviour::correct().answered(|request, reply| {
                if request.kind == Kind::Create && reply.status == 422 {
                    reply.status = 409;
                }
            }),
        )
        .mentions(&["409", "422 was expected", "refused, as it should be"]),
        row(
            "two cases are one user",
            "Another case is another user; outer spaces are cut off",
            "rejected",
            refuses(|other, sent| {
                other["external_id"] != sent["external_id"]
                    && without_case(&other["external_id"]) == without_case(&sent["external_id"])
            }),
        )
        .mentions(&[
            "already exists",
            "only the case differs",
            "two users cannot both be customers",
        ]),
        row(
            "outer spaces stay",
            "Another case is another user; outer spaces are cut off",
            "external_id_changed",
            accepts(|sent, _| sent["external_id"].as_str().is_some_and(|id| id.starts_with(' '))),
        )
        .mentions(&["came back as it was sent", "outer spaces"]),
        row(
            "a number is an id",
            "A number is refused",
            "unexpected_status",
            accepts(|sent, _| sent["external_id"].is_number()),
        )
        .mentions(&["takes 42", "007 and 7 are one user"]),
        row(
            "an id can be changed",
            "It cannot be changed",
            "unexpected_status",
            writes("external_id", None),
        )
        .mentions(&["changed the external_id of a customer to changed_", "name another user"]),
        row("a change is ignored", "It cannot be changed", "unexpected_status", updates(|_, _| {}))
            .mentions(&["ignored a new external_id and kept 007"]),
        row(
            "the same id again is refused",
            "Sending the same id again is no change",
            "rejected",
            Behaviour::correct().answered(|request, reply| {
                if request.kind == Kind::Update && reply.status == 200 && request.nth == 1 {
                    *reply = Reply::json(
                        422,
                        &json!({ "detail": "Customer external ID cannot be updated." }),
                    );
                }
            }),
        )
        .mentions(&["cannot be updated", "has this external_id already"]),
        row(
            "makes up an id where none was sent",
            "A customer may begin without one",
            "external_id_changed",
            Behaviour::correct().stored(|customer| {
                if customer["external_id"].is_null() {
                    customer["external_id"] = customer["id"].clone();
                }
            }),
        )
        .mentions(&["No external_id was sent"]),
        row(
            "an id that comes later is lost",
            "And get it later, once",
            "external_id_lost",
            Behaviour::correct().answered(|request, reply| {
                if request.kind == Kind::Update && request.nth == 2 {
                    reply.edit(|record| record["external_id"] = Value::Null);
                }
            }),
        ),
    ]);
}

#[test]
fn metadata() {
    let row = |name, step, code, behaviour| {
        Row::fault(name, step, code, behaviour).in_scenario("customer-metadata")
    };
    let replaced = "An update replaces all of it";
    let merges = updates(|record, sent| {
        for (key, value) in sent["metadata"].as_object().into_iter().flatten() {
            record["metadata"][key] = value.clone();
        }
    });
    run_all(vec![
        row(
            "is lost",
            "Create the customer",
            "mismatch",
            Behaviour::correct().stored(|customer| customer["metadata"] = json!({})),
        )
        .mentions(&["`body.metadata.user_id` is missing"]),
        row(
            "numbers become text",
            "Create the customer",
            "mismatch",
            Behaviour::correct().stored(|customer| customer["metadata"]["seats"] = json!("3")),
        )
        .mentions(&["`body.metadata.seats` is \"3\", where 3 was expected"]),
        row(
            "the filter finds nobody",
            "Found by its metadata",
            "customer_lost",
            Behaviour::correct().replies(Kind::List, Reply::json(200, &json!({ "items": [] }))),
        ),
        row(
            "is not in the webhook",
            "customer.created carries the metadata",
            "mismatch",
            Behaviour::correct()
                .each(|delivery| delivery.edit(|payload| payload["data"]["metadata"] = json!({}))),
        )
        .mentions(&["`body.data.metadata.user_id` is missing"]),
        row("is merged", replaced, "mismatch", merges)
            .mentions(&["`body.metadata` is {", "where exactly {\"plan\":\"pro\"} was expected"]),
        row(
            "an update loses the id",
            replaced,
            "external_id_lost",
            shows(Kind::Update, |record| {
                record["external_id"] = Value::Null;
            }),
        ),
        row(
            "the filter is ignored",
            "The customer is no longer found by it",
            "mismatch",
            Behaviour::correct().instead(|request, state| {
                (request.kind == Kind::List)
                    .then(|| Reply::json(200, &json!({ "items": state.customers })))
            }),
        ),
    ]);
}
