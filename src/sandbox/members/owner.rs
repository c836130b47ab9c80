//! The owner that comes with every customer, and members that go with it.

use rusqlite::Connection;
use serde_json::{Value, json};
use uuid::Uuid;

use super::model::{Member, Role};
use super::store::{all_of, remove, save, with_email};
use crate::sandbox::clock::{Micros, iso};
use crate::sandbox::customers::{Customer, Kind};
use crate::sandbox::http::ApiError;
use crate::sandbox::validate::{Flaw, Validator, email, name, text};

/// What a new customer says about its owner.
#[derive(Debug, Clone)]
pub(crate) struct Owner {
    email: String,
    name: Option<String>,
    external_id: Option<String>,
}

impl Owner {
    /// Reads the field `owner`.
    pub(crate) fn read(validator: &mut Validator, value: &Value) -> Option<Self> {
        let map = validator.object(value)?;
        let email = validator.required(map, "email", email);
        let name = validator.nullable(map, "name", name).empty_is_null().value();
        let external_id = validator.nullable(map, "external_id", text).empty_is_null().value();
        Some(Self { email: email?, name, external_id })
    }
}

/// The owner of a new customer: what is not said about it is the customer's own (measured on the
/// real API).
pub(crate) fn owner_of(customer: &Customer, owner: Option<Owner>) -> Result<Member, ApiError> {
    let (email, name, external_id) = match owner {
        Some(owner) => (Some(owner.email), owner.name, owner.external_id),
        None => (None, None, None),
    };
    let Some(email) = email.or_else(|| customer.email.clone()) else {
        let msg = "An email is required to create an owner member.";
        return Err(ApiError::Rules(vec![Flaw::in_body("value_error", "email", msg, Value::Null)]));
    };
    Ok(Member {
        id: Uuid::new_v4(),
        created_at: customer.created_at.clone(),
        modified_at: None,
        customer_id: customer.id,
        email,
        name: name.or_else(|| customer.name.clone()),
        external_id: external_id.or_else(|| customer.external_id.clone()),
        role: Role::Owner,
    })
}

/// The owner of an individual follows its e-mail, without a webhook of its own (measured).
pub(crate) fn sync_owner_email(
    connection: &Connection,
    customer: &Customer,
    now: Micros,
) -> Result<(), ApiError> {
    let (Kind::Individual, Some(email)) = (customer.kind, &customer.email) else { return Ok(()) };
    let Some(mut owner) =
        all_of(connection, customer.id)?.into_iter().find(|member| member.role == Role::Owner)
    else {
        return Ok(());
    };
    if owner.email.to_lowercase() == email.to_lowercase()
        || with_email(connection, customer.id, email)?.is_some()
    {
        return Ok(());
    }
    owner.email.clone_from(email);
    owner.modified_at = Some(iso(now));
    save(connection, &owner)?;
    Ok(())
}

/// Removes the members of a customer that is deleted, and returns them for their webhooks. These
/// show them as they were, unlike the webhook of a member that is deleted alone (measured).
pub(crate) fn delete_all_of(
    connection: &Connection,
    customer: Uuid,
) -> Result<Vec<Value>, ApiError> {
    let members = all_of(connection, customer)?;
    for member in &members {
        remove(connection, member.id)?;
    }
    Ok(members.iter().map(|member| json!(member)).collect())
}
