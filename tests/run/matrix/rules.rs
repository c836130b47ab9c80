//! Servers that do not keep the API's rules about ids, metadata, updates and teams.

use serde_json::{Value, json};

use super::super::server::{Behaviour, Kind, Reply, Request, State, customer};
use super::{Row, run_all};

/// Stores what `change` makes of the external ID.
fn stores(change: impl Fn(&str) -> String + Send + Sync + 'static) -> Behaviour {
    Behaviour::correct().stored(move |customer| {
        if let Some(id) = customer["external_id"].as_str().map(&change) {
            customer["external_id"] = json!(id);
        }
    })
}

/// Does what was asked, and changes the records in answers of one kind.
fn shows(kind: Kind, change: impl Fn(&mut Value) + Send + Sync + 'static) -> Behaviour {
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
    let detail = json!([{ "loc": ["body", "external_id"], "msg": "A customer with this external ID already exists." }]);
    Behaviour::correct().instead(move |request, state| {
        let sent = request.json();
        let taken = request.kind == Kind::Create && state.customers.iter().any(|other| when(other, &sent));
        taken.then(|| Reply::json(422, &json!({ "detail": detail })))
    })
}

/// Answers updates that put `value` under `key` by doing so, whatever the rules say.
fn writes(key: &'static str, value: Option<Value>) -> Behaviour {
    Behaviour::correct().instead(move |request: &Request, state| {
        let sent = request.json();
        let meant = sent.get(key).is_some_and(|sent| value.as_ref().is_none_or(|value| sent == value));
        let found = state.customers.iter_mut().find(|each| each["id"] == request.id());
        let record = found.filter(|_| request.kind == Kind::Update && meant)?;
        record[key] = sent[key].clone();
        Some(Reply::json(200, record))
    })
}

/// Answers updates by what `change` makes of the record and of what was sent.
fn updates(change: impl Fn(&mut Value, &Value) + Send + Sync + 'static) -> Behaviour {
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
fn ids() {
    let kept = "Kept letter by letter";
    let taken =
        |sent: &Value, state: &State| state.customers.iter().any(|each| each["external_id"] == sent["external_id"]);
    let row = |name, step, code, behaviour| Row::fault(name, step, code, behaviour).in_scenario("external-id-rules");
    run_all(vec![
        row("leading zeros are cut", kept, "external_id_changed", stores(|id| id.trim_start_matches('0').to_owned()))
            .mentions(&["leading zeros are gone"]),
        row("case is folded", kept, "external_id_changed", stores(str::to_lowercase))
            .mentions(&["only the case differs"]),
        row("spaces are collapsed", kept, "external_id_changed", stores(|id| id.replace("  ", " ")))
            .mentions(&["only inner spaces differ"]),
        row("Unicode is composed", kept, "external_id_changed", stores(|id| id.replace("e\u{308}", "\u{eb}")))
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
        .mentions(&["already exists", "only the case differs", "two users cannot both be customers"]),
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
        row("an id can be changed", "It cannot be changed", "unexpected_status", writes("external_id", None))
            .mentions(&["changed the external_id", "name another user"]),
        row("a change is ignored", "It cannot be changed", "unexpected_status", updates(|_, _| {}))
            .mentions(&["ignored a new external_id"]),
        row(
            "the same id again is refused",
            "Sending the same id again is no change",
            "rejected",
            Behaviour::correct().answered(|request, reply| {
                if request.kind == Kind::Update && reply.status == 200 && request.nth == 1 {
                    *reply = Reply::json(422, &json!({ "detail": "Customer external ID cannot be updated." }));
                }
            }),
        )
        .mentions(&["cannot be updated"]),
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
    let row = |name, step, code, behaviour| Row::fault(name, step, code, behaviour).in_scenario("customer-metadata");
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
            Behaviour::correct()
                .instead(|request, _| (request.kind == Kind::List).then(|| Reply::json(200, &json!({ "items": [] })))),
        ),
        row(
            "is not in the webhook",
            "customer.created carries the metadata",
            "mismatch",
            Behaviour::correct().each(|delivery| delivery.edit(|payload| payload["data"]["metadata"] = json!({}))),
        )
        .mentions(&["`body.data.metadata.user_id` is missing"]),
        row("is merged", replaced, "mismatch", merges)
            .mentions(&["`body.metadata` is {", "where {\"$equals\":{\"plan\":\"pro\"}}"]),
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
                (request.kind == Kind::List).then(|| Reply::json(200, &json!({ "items": state.customers })))
            }),
        ),
    ]);
}

#[test]
fn updates_of_a_customer() {
    let row = |name, step, code, behaviour| Row::fault(name, step, code, behaviour).in_scenario("customer-update");
    let changed = "Change name and e-mail";
    let announced = "customer.updated names the same user";
    let says = |change: fn(&mut Value)| {
        Behaviour::correct().each(move |delivery| {
            delivery.edit(|payload| {
                if payload["type"] == "customer.updated" {
                    change(&mut payload["data"]);
                }
            })
        })
    };
    run_all(vec![
        row(
            "a new e-mail counts as verified",
            changed,
            "mismatch",
            shows(Kind::Update, |it| it["email_verified"] = json!(true)),
        )
        .mentions(&["`body.email_verified` is true, where false was expected"]),
        row("drops the id", changed, "external_id_lost", shows(Kind::Update, |it| it["external_id"] = Value::Null)),
        row(
            "keeps the e-mail",
            changed,
            "email_changed",
            shows(Kind::Update, |it| {
                it["email"] = json!(it["email"].as_str().unwrap_or_default().replace("after", "before"));
            }),
        )
        .mentions(&["sent as after+", "came back as before+"]),
        row(
            "announces it without the id",
            announced,
            "webhook_unmapped",
            says(|data| data["external_id"] = Value::Null),
        )
        .mentions(&["customer.updated arrived", "got lost on the way into the webhook"]),
        row(
            "announces it with the old e-mail",
            announced,
            "webhook_wrong_user",
            says(|data| data["email"] = json!("x@example.com")),
        ),
        row("does not announce it", announced, "webhook_missing", says(|data| data["id"] = json!("another")))
            .with(&["--wait", "300ms"])
            .mentions(&["never learns what happened"]),
        row(
            "merges addresses",
            "A new address replaces the old one whole",
            "mismatch",
            updates(|record, sent| {
                for (key, value) in sent.as_object().into_iter().flatten() {
                    match value.as_object().filter(|_| key == "billing_address") {
                        Some(parts) => parts.iter().for_each(|(part, value)| record[key][part] = value.clone()),
                        None => record[key] = value.clone(),
                    }
                }
            }),
        )
        .with(&["--events", "none"])
        .mentions(&["`body.billing_address.line1` is \"1 Main St\", where null was expected, and 3 more"]),
        row(
            "removes an address",
            "An address cannot be removed",
            "unexpected_status",
            writes("billing_address", Some(Value::Null)),
        )
        .with(&["--events", "none"]),
        row(
            "makes a team an individual again",
            "And stays one",
            "unexpected_status",
            writes("type", Some(json!("individual"))),
        )
        .with(&["--events", "none"]),
    ]);
}

#[test]
fn teams() {
    let row = |name, step, code, behaviour| Row::fault(name, step, code, behaviour).in_scenario("team-customer");
    let listed = "Owner and member are listed";
    run_all(vec![
        row(
            "is made an individual",
            "Create a team with an owner",
            "mismatch",
            shows(Kind::Create, |it| it["type"] = json!("individual")),
        ),
        row(
            "loses the team's id",
            "Create a team with an owner",
            "external_id_lost",
            shows(Kind::Create, |it| it["external_id"] = Value::Null),
        ),
        row(
            "a member loses the user's id",
            "Add a member",
            "external_id_lost",
            shows(Kind::AddMember, |it| it["external_id"] = Value::Null),
        ),
        row(
            "has no members",
            "Add a member",
            "rejected",
            Behaviour::correct().instead(|request, _| (request.kind == Kind::AddMember).then(Reply::not_found)),
        )
        .mentions(&["may not have this path"]),
        row(
            "the owner is not listed",
            listed,
            "mismatch",
            Behaviour::correct().answered(|request, reply| {
                if request.kind == Kind::ListMembers {
                    reply.edit(|body| drop(body["items"].as_array_mut().map(|items| items.remove(0))));
                }
            }),
        ),
        row(
            "the owner has no id",
            listed,
            "mismatch",
            shows(Kind::ListMembers, |it| {
                if it["role"] == "owner" {
                    it["external_id"] = Value::Null;
                }
            }),
        )
        .mentions(&["`body.items.0.external_id` is null"]),
    ]);
}
