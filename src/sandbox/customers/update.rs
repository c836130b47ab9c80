//! `PATCH /v1/customers/{id}` and by external id.

use axum::response::Response;
use rusqlite::Connection;
use serde_json::{Map, Value, json};

use super::create::{check_tax_id, email_exists, external_exists};
use super::model::{Customer, Kind};
use super::store::{By, email_taken, external_taken, find, save};
use crate::sandbox::Advice;
use crate::sandbox::clock::iso;
use crate::sandbox::event_log::Note;
use crate::sandbox::http::{ApiError, Call, rendered};
use crate::sandbox::members::sync_owner_email;
use crate::sandbox::validate::{
    Address, Flaw, Given, TaxId, Validator, address, choice, email, locale, metadata, name, text,
};

/// What the body says. By external id, `external_id` is not part of the schema.
struct CustomerUpdate {
    metadata: Option<Map<String, Value>>,
    email: Option<String>,
    name: Given<String>,
    billing_address: Given<Address>,
    tax_id: Given<String>,
    locale: Given<String>,
    external_id: Given<String>,
    kind: Given<Kind>,
}

/// By Polar's id.
pub(crate) async fn update(call: Call) -> Result<Response, ApiError> {
    let mut validator = Validator::default();
    let id = call.id(&mut validator, "id");
    let change = call.read_body(&mut validator, |validator, value| read(validator, value, true));
    let (id, change) = validator.finish(id.zip(change))?;
    perform(call, By::Id(id), change).await
}

/// By external id; `external_id` in the body is ignored (measured on the real API).
pub(crate) async fn update_external(call: Call) -> Result<Response, ApiError> {
    let mut validator = Validator::default();
    let change = call.read_body(&mut validator, |validator, value| read(validator, value, false));
    let change = validator.finish(change)?;
    let by = By::External(call.segment("external_id"));
    perform(call, by, change).await
}

async fn perform(call: Call, by: By, change: CustomerUpdate) -> Result<Response, ApiError> {
    let app = call.app;
    let now = app.clock.now();
    let doc = app
        .change(now, move |tx| {
            let mut customer = find(tx, &by)?;
            check(tx, &customer, &change)?;
            let tax_id = tax_id_of(&customer, &change)?;
            let changed = apply(&mut customer, change, tax_id);
            if !changed.is_empty() {
                customer.modified_at = Some(iso(now));
            }
            let doc = save(tx, &mut customer)?;
            if changed.contains_key("email") {
                sync_owner_email(tx, &customer, now)?;
            }
            // Null before: the API refuses to change one that is there.
            if changed.contains_key("external_id") && customer.external_id.is_some() {
                tx.app.journal.advise(Advice::SecondCall { customer: customer.id });
            }
            Note::updated(&customer, changed, now).write(tx)?;
            tx.emit_customer("customer.updated", customer.id)?;
            tx.emit_customer("customer.state_changed", customer.id)?;
            Ok(doc)
        })
        .await?;
    Ok(rendered(doc))
}

/// The tax id, new or kept, is read by the country, new or kept: a new country may refuse it. Null
/// takes it off.
fn tax_id_of(customer: &Customer, change: &CustomerUpdate) -> Result<Option<TaxId>, ApiError> {
    let new = match &change.tax_id {
        Given::Value(number) => Some(number.as_str()),
        Given::Absent => None,
        Given::Null => return Ok(None),
    };
    let number = new.or(customer.tax_id.as_ref().map(|(number, _)| number.as_str()));
    let address = match &change.billing_address {
        Given::Value(address) => Some(address),
        Given::Absent | Given::Null => customer.billing_address.as_ref(),
    };
    let mut flaws = Vec::new();
    let read = check_tax_id(number, address, &mut flaws);
    if let Some(flaw) = flaws.iter_mut().find(|flaw| flaw.kind == "invalid") {
        flaw.input = json!(new);
    }
    if flaws.is_empty() { Ok(read) } else { Err(ApiError::Rules(flaws)) }
}

/// The rules in the order in which the real API reports them.
fn check(
    connection: &Connection,
    customer: &Customer,
    change: &CustomerUpdate,
) -> Result<(), ApiError> {
    let mut flaws = Vec::new();
    if let Some(email) = &change.email
        && email_taken(connection, email, Some(customer.id))?
    {
        flaws.push(email_exists(email));
    }
    if change.billing_address == Given::Null {
        let msg = "Customer billing address cannot be reset to null once set.";
        flaws.push(Flaw::in_body("value_error", "billing_address", msg, Value::Null));
    }
    let external_id = match &change.external_id {
        Given::Absent => None,
        Given::Null => Some(None),
        Given::Value(id) => Some(Some(id.as_str())),
    };
    if let Some(wanted) = external_id
        && wanted != customer.external_id.as_deref()
    {
        if customer.external_id.is_some() {
            let msg = "Customer external ID cannot be updated.";
            flaws.push(Flaw::in_body("value_error", "external_id", msg, json!(wanted)));
        } else if let Some(wanted) = wanted
            && external_taken(connection, wanted)?
        {
            flaws.push(external_exists(wanted));
        }
    }
    // Null stands for the type that is the default.
    let individual = matches!(change.kind, Given::Null | Given::Value(Kind::Individual));
    if customer.kind == Kind::Team && individual {
        let msg = "Customer type cannot be downgraded from 'team' to 'individual'.";
        let input = if change.kind == Given::Null { Value::Null } else { json!("individual") };
        flaws.push(Flaw::in_body("value_error", "type", msg, input));
    }
    if flaws.is_empty() { Ok(()) } else { Err(ApiError::Rules(flaws)) }
}

/// Makes the change. What was named counts as changed, whatever it was before, except an e-mail
/// that differs in case only (measured; Polar flags the columns that a body names).
fn apply(
    customer: &mut Customer,
    change: CustomerUpdate,
    tax_id: Option<TaxId>,
) -> Map<String, Value> {
    let mut changed = Map::new();
    let mut note = |key: &str, value: Value| {
        changed.insert(key.to_owned(), value);
    };
    if let Some(metadata) = change.metadata {
        note("metadata", Value::Object(metadata.clone()));
        customer.metadata = metadata;
    }
    if let Some(email) = change.email {
        let same =
            customer.email.as_ref().is_some_and(|own| own.to_lowercase() == email.to_lowercase());
        if !same {
            note("email", json!(email));
            customer.email = Some(email);
            customer.email_verified = false;
        }
    }
    if change.name.apply_to(&mut customer.name) {
        note("name", json!(customer.name));
    }
    if let Given::Value(address) = change.billing_address {
        note("billing_address", json!(address));
        customer.billing_address = Some(address);
    }
    if change.tax_id != Given::Absent || tax_id != customer.tax_id {
        note("tax_id", json!(tax_id.as_ref().map(|(number, _)| number)));
        customer.tax_id = tax_id;
    }
    if change.locale.apply_to(&mut customer.locale) {
        note("locale", json!(customer.locale));
    }
    if change.external_id.apply_to(&mut customer.external_id) {
        note("external_id", json!(customer.external_id));
    }
    if change.kind != Given::Absent {
        customer.kind = change.kind.value().unwrap_or(customer.kind);
        note("type", json!(customer.kind));
    }
    changed
}

/// The fields in the order in which the real schema declares them.
fn read(validator: &mut Validator, value: &Value, by_id: bool) -> Option<CustomerUpdate> {
    let map = validator.object(value)?;
    let metadata = map
        .get("metadata")
        .map(|value| validator.at("metadata", |validator| metadata(validator, value)));
    let email = validator.nullable(map, "email", email).value();
    let name = validator.nullable(map, "name", name).empty_is_null();
    let billing_address = validator.nullable(map, "billing_address", address);
    let tax_id = validator.nullable(map, "tax_id", text).empty_is_null();
    let locale = validator.nullable(map, "locale", locale);
    let external_id = if by_id {
        validator.nullable(map, "external_id", text).empty_is_null()
    } else {
        Given::Absent
    };
    let kind = validator.nullable(map, "type", |validator, value| {
        let name = choice(validator, value, &["individual", "team"])?;
        Some(if name == "team" { Kind::Team } else { Kind::Individual })
    });
    Some(CustomerUpdate {
        metadata: metadata.flatten(),
        email,
        name,
        billing_address,
        tax_id,
        locale,
        external_id,
        kind,
    })
}
