//! `POST /v1/customers/`

use axum::http::StatusCode;
use axum::response::Response;
use rusqlite::Connection;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::model::{Customer, Kind};
use super::store::{NewCustomer, email_taken, external_taken};
use crate::sandbox::Advice;
use crate::sandbox::clock::{Micros, iso};
use crate::sandbox::event_log::Note;
use crate::sandbox::http::{ApiError, Call, json_text};
use crate::sandbox::members::{Member, NewMember, Owner, owner_of};
use crate::sandbox::transaction::Transaction;
use crate::sandbox::validate::{
    Address, Flaw, Validator, address, email, locale, metadata, name, python_repr, tax_id, text,
    uuid4,
};

/// What the body says.
struct CustomerCreate {
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
pub(crate) async fn create(call: Call) -> Result<Response, ApiError> {
    let mut validator = Validator::default();
    let wanted = call.read_body(&mut validator, read);
    let wanted = validator.finish(wanted)?;
    if let Some(organization) = wanted.organization_id {
        return Err(ApiError::Rules(vec![organization_refused(organization)]));
    }
    let id = call.new_id();
    let app = call.app;
    let now = app.clock.now();
    let new = New::of(wanted, id, app.organization.id, now)?;
    let doc = app.change(now, move |tx| new.add(tx)).await?;
    Ok(json_text(StatusCode::CREATED, doc))
}

/// A customer that is made by a checkout.
pub(crate) struct NewBuyer {
    pub(crate) email: String,
    pub(crate) name: Option<String>,
    pub(crate) external_id: Option<String>,
    pub(crate) billing_address: Option<Address>,
    pub(crate) locale: String,
    pub(crate) metadata: Map<String, Value>,
}

/// Adds a customer who buys.
pub(crate) fn add_buyer(tx: &Transaction<'_>, buyer: NewBuyer) -> Result<Customer, ApiError> {
    let body = CustomerCreate {
        metadata: buyer.metadata,
        external_id: buyer.external_id,
        name: buyer.name,
        billing_address: buyer.billing_address,
        tax_id: None,
        locale: Some(buyer.locale),
        organization_id: None,
        owner: None,
        kind: Kind::Individual,
        email: Some(buyer.email),
    };
    let new = New::of(body, Uuid::new_v4(), tx.app.organization.id, tx.now)?;
    let customer = new.customer.clone();
    new.add(tx)?;
    Ok(customer)
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
    row: NewCustomer,
    owner: Member,
    owner_row: NewMember,
    note: Note,
    tax_flaws: Vec<Flaw>,
}

impl New {
    fn of(
        wanted: CustomerCreate,
        id: Uuid,
        organization: Uuid,
        now: Micros,
    ) -> Result<Self, ApiError> {
        let mut tax_flaws = Vec::new();
        let mut customer = Customer::new(id, iso(now), organization, wanted.kind);
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
        let row = NewCustomer::of(&mut customer, now)?;
        let owner_row = NewMember::of(&owner, now)?;
        let note = Note::created(&customer, now);
        Ok(Self { customer, row, owner, owner_row, note, tax_flaws })
    }

    /// Adds it, and returns the customer's document.
    fn add(self, tx: &Transaction<'_>) -> Result<String, ApiError> {
        if !self.tax_flaws.is_empty() || !self.row.insert(tx)? {
            return Err(self.refused(tx));
        }
        if self.customer.external_id.is_none() {
            tx.app.journal.advise(Advice::WithoutExternalId { customer: self.customer.id });
        }
        self.owner_row.insert(tx)?;
        self.note.write(tx)?;
        tx.emit("member.created", &self.owner)?;
        tx.emit_customer("customer.created", self.customer.id)?;
        tx.emit_customer("customer.state_changed", self.customer.id)?;
        Ok(self.row.doc)
    }

    /// Why it could not be added.
    fn refused(self, connection: &Connection) -> ApiError {
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
        ApiError::Rules(if flaws.is_empty() { self.tax_flaws } else { flaws })
    }
}

/// The flaw of an e-mail that is taken.
pub(super) fn email_exists(email: &str) -> Flaw {
    Flaw::in_body(
        "value_error",
        "email",
        "A customer with this email address already exists.",
        json!(email),
    )
}

/// The flaw of an external id that is taken.
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

fn read(validator: &mut Validator, value: &Value) -> Option<CustomerCreate> {
    let kind = match value.get("type") {
        None => Kind::Individual,
        Some(Value::String(tag)) if tag == "individual" => Kind::Individual,
        Some(Value::String(tag)) if tag == "team" => Kind::Team,
        Some(other) => return unknown_kind(validator, value, other),
    };
    let tag = if kind == Kind::Team { "team" } else { "individual" };
    validator.at(tag, |validator| fields(validator, value, kind))
}

fn unknown_kind(validator: &mut Validator, value: &Value, tag: &Value) -> Option<CustomerCreate> {
    let tag = tag.as_str().map_or_else(|| python_repr(tag), str::to_owned);
    let msg = format!(
        "Input tag '{tag}' found using _customer_create_type() does not match any of the expected \
         tags: 'individual', 'team'"
    );
    let ctx = json!({
        "discriminator": "_customer_create_type()",
        "tag": tag,
        "expected_tags": "'individual', 'team'",
    });
    validator.flaw_with("union_tag_invalid", msg, value, ctx)
}

/// The fields in the order in which the real schema declares them.
fn fields(validator: &mut Validator, value: &Value, kind: Kind) -> Option<CustomerCreate> {
    let map = validator.object(value)?;
    let before = validator.count();
    let metadata = match map.get("metadata") {
        Some(value) => {
            validator.at("metadata", |validator| metadata(validator, value)).unwrap_or_default()
        }
        None => Map::new(),
    };
    let external_id = validator.nullable(map, "external_id", text).empty_is_null().value();
    let name = validator.nullable(map, "name", name).empty_is_null().value();
    let billing_address = validator.nullable(map, "billing_address", address).value();
    let tax_id = validator.nullable(map, "tax_id", text).empty_is_null().value();
    let locale = validator.nullable(map, "locale", locale).value();
    let organization_id =
        validator.nullable(map, "organization_id", uuid4).value().map(|id| json!(id));
    let owner = validator.nullable(map, "owner", Owner::read).value();
    let email = match kind {
        Kind::Individual => validator.required(map, "email", email),
        Kind::Team => validator.nullable(map, "email", email).value(),
    };
    if validator.count() > before {
        return None;
    }
    if kind == Kind::Team && email.is_none() && owner.is_none() {
        return validator.value_error(
            "An owner with an email address is required when creating a team customer without an \
             email.",
            value,
        );
    }
    Some(CustomerCreate {
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
