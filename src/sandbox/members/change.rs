//! Changing and removing members.

use axum::http::StatusCode;
use axum::response::Response;
use rusqlite::Connection;
use serde_json::{Value, json};

use super::model::{Member, Role};
use super::store::{Lookup, all_of, find, remove, save, with_email};
use crate::sandbox::clock::{Micros, iso};
use crate::sandbox::customers::{self, By, Customer, Kind};
use crate::sandbox::http::{ApiError, Call, empty, json_text};
use crate::sandbox::validate::{Flaw, Validator, choice, email, name};

struct MemberUpdate {
    name: Option<String>,
    email: Option<String>,
    role: Option<Role>,
}

/// Changes a member. What is null or left out stays as it is.
pub(crate) async fn update(
    call: Call,
    lookup: fn(&Call, &mut Validator) -> Option<Lookup>,
) -> Result<Response, ApiError> {
    let mut validator = Validator::default();
    let lookup = lookup(&call, &mut validator);
    let change = call.read_body(&mut validator, read);
    let (lookup, change) = validator.finish(lookup.zip(change))?;
    let app = call.app;
    let now = app.clock.now();
    let doc = app
        .change(now, move |tx| {
            let mut member = find(tx, &lookup)?;
            if change.name.is_none() && change.email.is_none() && change.role.is_none() {
                return Ok(serde_json::to_string(&member)?);
            }
            let mut customer = customers::find(tx, &By::Id(member.customer_id))?;
            if let Some(email) = change.email {
                check_email(tx, &customer, &member, &email)?;
                member.email = email;
            }
            if let Some(role) = change.role.filter(|role| *role != member.role) {
                hand_over(tx, &member, role, now)?;
                member.role = role;
            }
            member.name = change.name.or(member.name);
            member.modified_at = Some(iso(now));
            let doc = save(tx, &member)?;
            if member.role == Role::Owner && customer.set_owner(&member.email) {
                customers::save(tx, &mut customer)?;
            }
            tx.emit("member.updated", &member)?;
            Ok(doc)
        })
        .await?;
    Ok(json_text(StatusCode::OK, doc))
}

/// Removes a member; the owner stays.
pub(crate) async fn delete(
    call: Call,
    lookup: fn(&Call, &mut Validator) -> Option<Lookup>,
) -> Result<Response, ApiError> {
    let mut validator = Validator::default();
    let lookup = lookup(&call, &mut validator);
    let lookup = validator.finish(lookup)?;
    let app = call.app;
    let now = app.clock.now();
    app.change(now, move |tx| {
        let mut member = find(tx, &lookup)?;
        if member.role == Role::Owner {
            let msg = "Cannot delete the only owner. Transfer ownership first.";
            return Err(ApiError::Rules(vec![Flaw {
                kind: "value_error",
                loc: vec!["body".into()],
                msg: msg.to_owned(),
                input: json!(member.id),
                ctx: None,
            }]));
        }
        remove(tx, member.id)?;
        member.modified_at = Some(iso(now));
        tx.emit("member.deleted", &member)
    })
    .await?;
    Ok(empty())
}

/// The e-mail of an individual's owner is the customer's, and is changed there. Otherwise an e-mail
/// is unique among the members of a customer.
fn check_email(
    connection: &Connection,
    customer: &Customer,
    member: &Member,
    email: &str,
) -> Result<(), ApiError> {
    if email.to_lowercase() == member.email.to_lowercase() {
        return Ok(());
    }
    let msg = if customer.kind == Kind::Individual && member.role == Role::Owner {
        "Cannot change the email of an individual customer's owner. Update the customer's email \
         instead."
    } else if with_email(connection, member.customer_id, email)?.is_some() {
        "A member with this email already exists for this customer."
    } else {
        return Ok(());
    };
    Err(ApiError::Rules(vec![Flaw::in_body("value_error", "email", msg, json!(email))]))
}

/// There is exactly one owner: a new one makes the old one a billing manager, and an owner cannot
/// step down (from Polar's source).
fn hand_over(
    connection: &Connection,
    member: &Member,
    role: Role,
    now: Micros,
) -> Result<(), ApiError> {
    if member.role == Role::Owner {
        let msg = "Cannot change role. Customer must have exactly one owner.";
        return Err(ApiError::Rules(vec![Flaw::in_body("value_error", "role", msg, json!(role))]));
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

fn read(validator: &mut Validator, value: &Value) -> Option<MemberUpdate> {
    let map = validator.object(value)?;
    let name = validator.nullable(map, "name", name).empty_is_null().value();
    let email = validator.nullable(map, "email", email).value();
    let role = validator
        .nullable(map, "role", |validator, value| choice(validator, value, &Role::NAMES))
        .value();
    Some(MemberUpdate { name, email, role: role.map(Role::named) })
}
