//! Servers that lose the mapping when a customer changes, or among the members of a team.

use serde_json::{Value, json};

use super::rules::{shows, updates, writes};
use super::{Row, run_all};
use crate::support::server::{Behaviour, Kind, Reply};

#[test]
fn updates_of_a_customer() {
    let row = |name, step, code, behaviour| {
        Row::fault(name, step, code, behaviour).in_scenario("customer-update")
    };
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
        row(
            "drops the id",
            changed,
            "external_id_lost",
            shows(Kind::Update, |it| it["external_id"] = Value::Null),
        ),
        row(
            "keeps the e-mail",
            changed,
            "email_changed",
            shows(Kind::Update, |it| {
                it["email"] =
                    json!(it["email"].as_str().unwrap_or_default().replace("after", "before"));
            }),
        )
        .mentions(&["was to set the e-mail after+", "still has before+"]),
        row(
            "announces it without the id",
            announced,
            "webhook_unmapped",
            says(|data| data["external_id"] = Value::Null),
        )
        .mentions(&["customer.updated arrived", "the target lost it on the way into this webhook"]),
        row(
            "announces it with the old e-mail",
            announced,
            "webhook_wrong_user",
            says(|data| data["email"] = json!("x@example.com")),
        ),
        row(
            "does not announce it",
            announced,
            "webhook_missing",
            says(|data| data["id"] = json!("another")),
        )
        .with(&["--wait", "300ms"])
        .mentions(&["never learns what happened"]),
        row(
            "merges addresses",
            "A new address replaces the old one whole",
            "mismatch",
            updates(|record, sent| {
                for (key, value) in sent.as_object().into_iter().flatten() {
                    match value.as_object().filter(|_| key == "billing_address") {
                        Some(parts) => {
                            parts
                                .iter()
                                .for_each(|(part, value)| record[key][part] = value.clone());
                        }
                        None => record[key] = value.clone(),
                    }
                }
            }),
        )
        .with(&["--events", "none"])
        .mentions(&[
            "`body.billing_address.line1` is \"1 Main St\", where null was expected, and 3 more",
        ]),
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
    let row = |name, step, code, behaviour| {
        Row::fault(name, step, code, behaviour).in_scenario("team-customer")
    };
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
            Behaviour::correct().replies(Kind::AddMember, Reply::not_found()),
        )
        .mentions(&["may not have this path"]),
        row(
            "the owner is not listed",
            listed,
            "mismatch",
            Behaviour::correct().spoils(Kind::ListMembers, |reply| {
                reply.edit(|body| {
                    drop(body["items"].as_array_mut().map(|items| items.remove(0)));
                });
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
