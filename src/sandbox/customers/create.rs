//! `POST /v1/customers/`

use axum::http::StatusCode;
use axum::response::Response;
use rusqlite::Connection;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::model::{Customer, Kind};
use super::store::{email_taken, external_taken, insert};
use crate::sandbox::clock::{Micros, iso};
use crate::sandbox::event_log;
use crate::sandbox::fault::Fault;
use crate::sandbox::http::{Call, Problem, json_text};
use crate::sandbox::members::{Member, Owner, create_owner};
use crate::sandbox::validate::{Address, Flaw, Reader, address, email, locale, metadata, name, tax_id, text, uuid4};
use crate::sandbox::webhooks::{Happened, happen};

/// What the body says.
struct Wanted {
    metadata: Map<String, Value>,
    external_id: Option<String>,
    name: Option<String>,
    billing_address: Option<Address>,
    tax_id: Option<String>,
    locale: Option<String>,
    organization_id: Option<Value>,
    owner: Option<Owner>,
    kind: Kind,
    email: Option<String>,
}

/// Makes a customer and its owner.
pub(crate) async fn create(call: Call) -> Result<Response, Problem> {
    let mut reader = Reader::default();
    let wanted = call.read_body(&mut reader, read);
    let wanted = reader.finish(wanted).map_err(Problem::Schema)?;
    if let Some(organization) = wanted.organization_id {
        return Err(Problem::Rules(vec![organization_refused(organization)]));
    }
    let app = call.app;
    let now = app.clock.now();
    let organization = app.organization.id;
    let events = app.wanted_events();
    let due = app.due(now);
    let doc = app
        .store
        .write(move |connection| {
            let (doc, customer, owner) = add(connection, wanted, organization, now)?;
            event_log::customer_created(connection, &customer, now)?;
            if events {
                happen(connection, &Happened::rendered("member.created", json!(owner)), due)?;
                happen(connection, &Happened::of_customer("customer.created", customer.id), due)?;
                happen(connection, &Happened::of_customer("customer.state_changed", customer.id), due)?;
            }
            Ok::<_, Problem>(doc)
        })
        .await?;
    if events {
        app.pump.wake();
        if app.faults.fires(Fault::WebhookEarly).is_some() {
            app.pump.settled(&app).await;
        }
    }
    Ok(json_text(StatusCode::CREATED, doc))
}

/// Organization tokens must not name an organization (measured on the real API).
pub(crate) fn organization_refused(input: Value) -> Flaw {
    Flaw::in_body(
        "organization_token",
        "organization_id",
        "Setting organization_id is disallowed when using an organization token.",
        input,
    )
}

fn add(
    connection: &Connection,
    wanted: Wanted,
    organization: Uuid,
    now: Micros,
) -> Result<(String, Customer, Member), Problem> {
    let mut flaws = Vec::new();
    if let Some(email) = &wanted.email
        && email_taken(connection, email, None)?
    {
        flaws.push(email_exists(email));
    }
    if let Some(external_id) = &wanted.external_id
        && external_taken(connection, external_id)?
    {
        flaws.push(external_exists(external_id));
    }
    let tax = check_tax_id(wanted.tax_id.as_deref(), wanted.billing_address.as_ref(), &mut flaws);
    if !flaws.is_empty() {
        return Err(Problem::Rules(flaws));
    }
    let mut customer = Customer::new(Uuid::new_v4(), iso(now), organization, wanted.kind);
    customer.metadata = wanted.metadata;
    customer.external_id = wanted.external_id;
    customer.email = wanted.email;
    customer.name = wanted.name;
    customer.billing_address = wanted.billing_address;
    customer.tax_id = tax;
    customer.locale = wanted.locale;
    let doc = insert(connection, &mut customer, now)?;
    let owner = create_owner(connection, &customer, wanted.owner, now)?;
    Ok((doc, customer, owner))
}

/// The flaw of an e-mail that somebody has.
pub(super) fn email_exists(email: &str) -> Flaw {
    Flaw::in_body("value_error", "email", "A customer with this email address already exists.", json!(email))
}

/// The flaw of an external id that somebody has.
pub(super) fn external_exists(external_id: &str) -> Flaw {
    Flaw::in_body("value_error", "external_id", "A customer with this external ID already exists.", json!(external_id))
}

/// Reads a tax id by the country of the address.
pub(super) fn check_tax_id(
    number: Option<&str>,
    address: Option<&Address>,
    flaws: &mut Vec<Flaw>,
) -> Option<(String, String)> {
    let number = number?;
    let Some(address) = address else {
        let msg = "Country is required to validate tax ID.";
        flaws.push(Flaw::in_body("missing", "billing_address", msg, Value::Null));
        return None;
    };
    let read = tax_id(number, &address.country);
    if read.is_none() {
        flaws.push(Flaw::in_body("invalid", "tax_id", "Invalid tax ID.", json!(number)));
    }
    read
}

fn read(reader: &mut Reader, value: &Value) -> Option<Wanted> {
    let kind = match value.get("type") {
        None => Kind::Individual,
        Some(Value::String(tag)) if tag == "individual" => Kind::Individual,
        Some(Value::String(tag)) if tag == "team" => Kind::Team,
        Some(Value::Null) => {
            return reader.flaw_with(
                "union_tag_not_found",
                "Unable to extract tag using discriminator _customer_create_type()",
                value,
                json!({"discriminator": "_customer_create_type()"}),
            );
        }
        Some(other) => return unknown_kind(reader, value, other),
    };
    let tag = if kind == Kind::Team { "team" } else { "individual" };
    reader.at(tag, |reader| fields(reader, value, kind))
}

fn unknown_kind(reader: &mut Reader, value: &Value, tag: &Value) -> Option<Wanted> {
    let tag = tag.as_str().map_or_else(|| tag.to_string(), str::to_owned);
    let msg = format!(
        "Input tag '{tag}' found using _customer_create_type() does not match any of the expected tags: 'individual', \
         'team'"
    );
    let ctx = json!({"discriminator": "_customer_create_type()", "tag": tag, "expected_tags": "'individual', 'team'"});
    reader.flaw_with("union_tag_invalid", msg, value, ctx)
}

/// The fields in the order in which the real schema declares them.
fn fields(reader: &mut Reader, value: &Value, kind: Kind) -> Option<Wanted> {
    let map = reader.object(value)?;
    let before = reader.count();
    let metadata = match map.get("metadata") {
        Some(value) => reader.at("metadata", |reader| metadata(reader, value)).unwrap_or_default(),
        None => Map::new(),
    };
    let external_id = reader.nullable(map, "external_id", text).empty_is_null().value();
    let name = reader.nullable(map, "name", name).empty_is_null().value();
    let billing_address = reader.nullable(map, "billing_address", address).value();
    let tax_id = reader.nullable(map, "tax_id", text).empty_is_null().value();
    let locale = reader.nullable(map, "locale", locale).value();
    let organization_id = reader.nullable(map, "organization_id", uuid4).value().map(|id| json!(id));
    let owner = reader.nullable(map, "owner", Owner::read).value();
    let email = match kind {
        Kind::Individual => reader.required(map, "email", email),
        Kind::Team => reader.nullable(map, "email", email).value(),
    };
    if reader.count() > before {
        return None;
    }
    if kind == Kind::Team && email.is_none() && owner.is_none() {
        return reader.value_error(
            "An owner with an email address is required when creating a team customer without an email.",
            value,
        );
    }
    Some(Wanted { metadata, external_id, name, billing_address, tax_id, locale, organization_id, owner, kind, email })
}
