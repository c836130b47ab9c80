//! Changing and removing members.

use axum::http::StatusCode;
use axum::response::Response;
use rusqlite::Connection;
use serde_json::{Value, json};

use super::model::{Member, Role};
use super::store::{Lookup, all_of, find, remove, save, with_email};
use crate::sandbox::clock::{Micros, iso};
use crate::sandbox::customers::{self, By, Customer, Kind};
use crate::sandbox::http::{Call, Problem, empty, json_text};
use crate::sandbox::validate::{Flaw, Reader, choice, email, name};
use crate::sandbox::webhooks::{Happened, happen};

struct Change {
    name: Option<String>,
    email: Option<String>,
    role: Option<Role>,
}

/// Changes a member. What is null or left out stays as it is.
pub(crate) async fn update(
    call: Call,
    lookup: fn(&Call, &mut Reader) -> Option<Lookup>,
) -> Result<Response, Problem> {
    let mut reader = Reader::default();
    let lookup = lookup(&call, &mut reader);
    let change = call.read_body(&mut reader, read);
    let (lookup, change) = reader.finish(lookup.zip(change)).map_err(Problem::Schema)?;
    let app = call.app;
    let now = app.clock.now();
    let events = app.wanted_events();
    let due = app.due(now);
    let (doc, told) = app
        .store
        .write(move |connection| {
            let mut member = find(connection, &lookup)?;
            if change.name.is_none() && change.email.is_none() && change.role.is_none() {
                return Ok((serde_json::to_string(&member)?, false));
            }
            let mut customer = customers::find(connection, &By::Id(member.customer_id))?;
            if let Some(email) = change.email {
                check_email(connection, &customer, &member, &email)?;
                member.email = email;
            }
            if let Some(role) = change.role.filter(|role| *role != member.role) {
                hand_over(connection, &member, role, now)?;
                member.role = role;
            }
            member.name = change.name.or(member.name);
            member.modified_at = Some(iso(now));
            let doc = save(connection, &member)?;
            if member.role == Role::Owner && customer.set_owner(&member.email) {
                customers::save(connection, &mut customer)?;
            }
            if events {
                happen(connection, &Happened::rendered("member.updated", json!(member)), due)?;
            }
            Ok::<_, Problem>((doc, events))
        })
        .await?;
    if told {
        app.announce().await;
    }
    Ok(json_text(StatusCode::OK, doc))
}

/// Removes a member; the owner stays.
pub(crate) async fn delete(
    call: Call,
    lookup: fn(&Call, &mut Reader) -> Option<Lookup>,
) -> Result<Response, Problem> {
    let mut reader = Reader::default();
    let lookup = lookup(&call, &mut reader);
    let lookup = reader.finish(lookup).map_err(Problem::Schema)?;
    let app = call.app;
    let now = app.clock.now();
    let events = app.wanted_events();
    let due = app.due(now);
    app.store
        .write(move |connection| {
            let mut member = find(connection, &lookup)?;
            if member.role == Role::Owner {
                let msg = "Cannot delete the only owner. Transfer ownership first.";
                return Err(Problem::Rules(vec![Flaw {
                    kind: "value_error",
                    loc: vec!["body".into()],
                    msg: msg.to_owned(),
                    input: json!(member.id),
                    ctx: None,
                }]));
            }
            remove(connection, member.id)?;
            member.modified_at = Some(iso(now));
            if events {
                happen(connection, &Happened::rendered("member.deleted", json!(member)), due)?;
            }
            Ok::<_, Problem>(())
        })
        .await?;
    if events {
        app.announce().await;
    }
    Ok(empty())
}

/// The e-mail of an individual's owner is the customer's, and is changed there. Otherwise an e-mail
/// is unique among the members of a customer.
fn check_email(
    connection: &Connection,
    customer: &Customer,
    member: &Member,
    email: &str,
) -> Result<(), Problem> {
    if email.to_lowercase() == member.email.to_lowercase() {
        return Ok(());
    }
    let msg = if customer.kind == Kind::Individual && member.role == Role::Owner {
        "Cannot change the email of an individual customer's owner. Update the customer's email instead."
    } else if with_email(connection, member.customer_id, email)?.is_some() {
        "A member with this email already exists for this customer."
    } else {
        return Ok(());
    };
    Err(Problem::Rules(vec![Flaw::in_body("value_error", "email", msg, json!(email))]))
}

/// There is exactly one owner: who becomes it makes the other a billing manager, and nobody can
/// stop being it (from Polar's source).
fn hand_over(
    connection: &Connection,
    member: &Member,
    role: Role,
    now: Micros,
) -> Result<(), Problem> {
    if member.role == Role::Owner {
        let msg = "Cannot change role. Customer must have exactly one owner.";
        return Err(Problem::Rules(vec![Flaw::in_body("value_error", "role", msg, json!(role))]));
    }
    if role != Role::Owner {
        return Ok(());
    }
    let owner =
        all_of(connection, member.customer_id)?.into_iter().find(|other| other.role == Role::Owner);
    if let Some(mut owner) = owner {
        owner.role = Role::BillingManager;
        owner.modified_at = Some(iso(now));
        save(connection, &owner)?;
    }
    Ok(())
}

fn read(reader: &mut Reader, value: &Value) -> Option<Change> {
    let map = reader.object(value)?;
    let name = reader.nullable(map, "name", name).empty_is_null().value();
    let email = reader.nullable(map, "email", email).value();
    let role =
        reader.nullable(map, "role", |reader, value| choice(reader, value, &Role::NAMES)).value();
    Some(Change { name, email, role: role.map(Role::named) })
}
