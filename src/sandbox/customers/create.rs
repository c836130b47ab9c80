//! `POST /v1/customers/`

use axum::http::StatusCode;
use axum::response::Response;
use rusqlite::Connection;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::model::{Customer, Kind};
use super::store::{self, email_taken, external_taken};
use crate::sandbox::clock::{Micros, iso};
use crate::sandbox::event_log::Note;
use crate::sandbox::http::{Call, Problem, json_text};
use crate::sandbox::members::{self, Member, Owner, owner_of};
use crate::sandbox::validate::{
    Address, Flaw, Reader, address, email, locale, metadata, name, python_repr, tax_id, text, uuid4,
};
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
    let events = app.wanted_events();
    let due = app.due(now);
    let new = New::of(wanted, app.organization.id, now)?;
    let doc = app
        .store
        .write(move |connection| {
            if !new.tax_flaws.is_empty() || !new.row.insert(connection)? {
                return Err(new.refused(connection));
            }
            new.owner_row.insert(connection)?;
            new.note.write(connection)?;
            if events {
                happen(connection, &Happened::rendered("member.created", json!(new.owner)), due)?;
                happen(
                    connection,
                    &Happened::of_customer("customer.created", new.customer.id),
                    due,
                )?;
                happen(
                    connection,
                    &Happened::of_customer("customer.state_changed", new.customer.id),
                    due,
                )?;
            }
            Ok::<_, Problem>(new.row.doc)
        })
        .await?;
    if events {
        app.announce().await;
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

/// A customer and all that comes with it, rendered before its turn in the database comes.
struct New {
    customer: Customer,
    row: store::NewRow,
    owner: Member,
    owner_row: members::NewRow,
    note: Note,
    tax_flaws: Vec<Flaw>,
}

impl New {
    fn of(wanted: Wanted, organization: Uuid, now: Micros) -> Result<Self, Problem> {
        let mut tax_flaws = Vec::new();
        let mut customer = Customer::new(Uuid::new_v4(), iso(now), organization, wanted.kind);
        customer.tax_id =
            check_tax_id(wanted.tax_id.as_deref(), wanted.billing_address.as_ref(), &mut tax_flaws);
        customer.metadata = wanted.metadata;
        customer.external_id = wanted.external_id;
        customer.email = wanted.email;
        customer.name = wanted.name;
        customer.billing_address = wanted.billing_address;
        customer.locale = wanted.locale;
        let owner = owner_of(&customer, wanted.owner)?;
        customer.set_owner(&owner.email);
        let row = store::NewRow::of(&mut customer, now)?;
        let owner_row = members::NewRow::of(&owner, now)?;
        let note = Note::created(&customer, now);
        Ok(Self { customer, row, owner, owner_row, note, tax_flaws })
    }

    /// Why it could not be added.
    fn refused(self, connection: &Connection) -> Problem {
        let mut flaws = Vec::new();
        if let Some(email) = &self.customer.email {
            match email_taken(connection, email, None) {
                Ok(true) => flaws.push(email_exists(email)),
                Ok(false) => {}
                Err(problem) => return problem,
            }
        }
        if let Some(external_id) = &self.customer.external_id {
            match external_taken(connection, external_id) {
                Ok(true) => flaws.push(external_exists(external_id)),
                Ok(false) => {}
                Err(problem) => return problem,
            }
        }
        // The tax id is only looked at where nothing else is wrong (from Polar's source).
        Problem::Rules(if flaws.is_empty() { self.tax_flaws } else { flaws })
    }
}

/// The flaw of an e-mail that somebody has.
pub(super) fn email_exists(email: &str) -> Flaw {
    Flaw::in_body(
        "value_error",
        "email",
        "A customer with this email address already exists.",
        json!(email),
    )
}

/// The flaw of an external id that somebody has.
pub(super) fn external_exists(external_id: &str) -> Flaw {
    Flaw::in_body(
        "value_error",
        "external_id",
        "A customer with this external ID already exists.",
        json!(external_id),
    )
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
        Some(other) => return unknown_kind(reader, value, other),
    };
    let tag = if kind == Kind::Team { "team" } else { "individual" };
    reader.at(tag, |reader| fields(reader, value, kind))
}

fn unknown_kind(reader: &mut Reader, value: &Value, tag: &Value) -> Option<Wanted> {
    let tag = tag.as_str().map_or_else(|| python_repr(tag), str::to_owned);
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
    let organization_id =
        reader.nullable(map, "organization_id", uuid4).value().map(|id| json!(id));
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
    Some(Wanted {
        metadata,
        external_id,
        name,
        billing_address,
        tax_id,
        locale,
        organization_id,
        owner,
        kind,
        email,
    })
}
