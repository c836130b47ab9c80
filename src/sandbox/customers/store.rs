//! Customers in the database.

use rusqlite::{Connection, OptionalExtension as _, params};
use serde_json::{Value, json};
use uuid::Uuid;

use super::model::Customer;
use crate::sandbox::clock::Micros;
use crate::sandbox::http::{ApiError, without_nul};
use crate::sandbox::store::Select;
use crate::sandbox::validate::Query;

/// How a customer is looked up.
#[derive(Debug, Clone)]
pub(crate) enum By {
    /// By Polar's id.
    Id(Uuid),
    /// By the app's own id.
    External(String),
}

impl By {
    /// The field of a body that names a customer so, and what it says.
    pub(crate) fn named(&self) -> (&'static str, Value) {
        match self {
            Self::Id(id) => ("customer_id", json!(id)),
            Self::External(id) => ("external_customer_id", json!(id)),
        }
    }
}

/// The document of a customer, deleted or not.
pub(crate) fn shown(connection: &Connection, id: Uuid) -> Result<Value, ApiError> {
    let doc: String = connection
        .prepare_cached("SELECT doc FROM customer WHERE id = ?")?
        .query_row([id.as_bytes().as_slice()], |row| row.get(0))?;
    Ok(serde_json::from_str(&doc)?)
}

/// Adds `external_customer_id` to a list of records with a column `customer`.
pub(crate) fn and_external(select: &mut Select, query: &Query) {
    select.and_among(
        "customer IN (SELECT doc ->> 'id' FROM customer AS c
         WHERE c.external_id IN (#) AND NOT c.deleted)",
        query.all("external_customer_id").map(str::to_owned),
    );
}

/// The document of a customer that is there.
pub(crate) fn document(connection: &Connection, by: &By) -> Result<Option<String>, ApiError> {
    let found = match by {
        By::Id(id) => connection
            .prepare_cached("SELECT doc FROM customer WHERE id = ? AND deleted = 0")?
            .query_row([id.as_bytes().as_slice()], |row| row.get(0)),
        By::External(id) => {
            without_nul(id)?;
            connection
                .prepare_cached("SELECT doc FROM customer WHERE external_id = ? AND deleted = 0")?
                .query_row([id], |row| row.get(0))
        }
    };
    Ok(found.optional()?)
}

/// A customer that is there, or the 404.
pub(crate) fn find(connection: &Connection, by: &By) -> Result<Customer, ApiError> {
    let doc = document(connection, by)?.ok_or(ApiError::MISSING)?;
    Ok(serde_json::from_str(&doc)?)
}

/// The customer with an e-mail, ignoring case.
pub(crate) fn with_email(
    connection: &Connection,
    email: &str,
) -> Result<Option<Customer>, ApiError> {
    let doc: Option<String> = connection
        .prepare_cached("SELECT doc FROM customer WHERE email_key = ? AND deleted = 0")?
        .query_row([email.to_lowercase()], |row| row.get(0))
        .optional()?;
    Ok(doc.map(|doc| serde_json::from_str(&doc)).transpose()?)
}

/// Whether an e-mail is taken, ignoring case, by another customer than `but`.
pub(super) fn email_taken(
    connection: &Connection,
    email: &str,
    but: Option<Uuid>,
) -> Result<bool, ApiError> {
    let owner: Option<Vec<u8>> = connection
        .prepare_cached("SELECT id FROM customer WHERE email_key = ? AND deleted = 0")?
        .query_row([email.to_lowercase()], |row| row.get(0))
        .optional()?;
    Ok(owner.is_some_and(|owner| but.is_none_or(|but| owner != but.as_bytes())))
}

/// Whether an external id is taken.
pub(super) fn external_taken(connection: &Connection, external_id: &str) -> Result<bool, ApiError> {
    Ok(connection
        .prepare_cached("SELECT 1 FROM customer WHERE external_id = ? AND deleted = 0")?
        .exists([external_id])?)
}

/// A new customer as it stands in the database. Rendering it needs no transaction.
pub(super) struct NewCustomer {
    id: Uuid,
    created_at: Micros,
    email_key: Option<String>,
    external_id: Option<String>,
    name_key: Option<String>,
    external_key: Option<String>,
    pub(super) doc: String,
}

impl NewCustomer {
    pub(super) fn of(customer: &mut Customer, created_at: Micros) -> Result<Self, ApiError> {
        Ok(Self {
            id: customer.id,
            created_at,
            email_key: customer.email.as_deref().map(str::to_lowercase),
            external_id: customer.external_id.clone(),
            name_key: customer.name.as_deref().map(str::to_lowercase),
            external_key: customer.external_id.as_deref().map(str::to_lowercase),
            doc: customer.document()?,
        })
    }

    /// Adds it; false where its e-mail or external id is taken. The indexes watch over that.
    pub(super) fn insert(&self, connection: &Connection) -> Result<bool, ApiError> {
        let added = connection
            .prepare_cached(
                "INSERT OR IGNORE INTO customer (id, created_at, email_key, external_id, \
                 name_key, external_key, doc)
                 VALUES (?, ?, ?, ?, ?, ?, ?)",
            )?
            .execute(params![
                self.id.as_bytes().as_slice(),
                self.created_at,
                self.email_key,
                self.external_id,
                self.name_key,
                self.external_key,
                self.doc,
            ])?;
        Ok(added == 1)
    }
}

/// Writes a changed customer back.
pub(crate) fn save(connection: &Connection, customer: &mut Customer) -> Result<String, ApiError> {
    let doc = customer.document()?;
    connection
        .prepare_cached(
            "UPDATE customer SET email_key = ?, external_id = ?, name_key = ?, external_key = ?, \
             deleted = ?, doc = ?
             WHERE id = ?",
        )?
        .execute(params![
            customer.email.as_deref().map(str::to_lowercase),
            customer.external_id,
            customer.name.as_deref().map(str::to_lowercase),
            customer.external_id.as_deref().map(str::to_lowercase),
            customer.deleted_at.is_some(),
            doc,
            customer.id.as_bytes().as_slice(),
        ])?;
    Ok(doc)
}
