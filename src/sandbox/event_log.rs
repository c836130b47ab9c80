//! `/v1/events/`: the event log, which is not webhooks. The system notes what it did to customers,
//! and anyone may ingest events of any name.

mod ingest;
mod list;

pub(crate) use ingest::ingest;
pub(crate) use list::{list, names};

use rusqlite::{Connection, params};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::clock::Micros;
use super::customers::Customer;
use super::http::Problem;

/// So many events are kept, so that memory does not grow with every request.
const KEPT: i64 = 100_000;
/// Looking for old ones is not worth it every time.
const FORGET_EVERY: i64 = 256;

/// The system's events and how they are called in the dashboard.
const LABELS: [(&str, &str); 3] = [
    ("customer.created", "Customer Created"),
    ("customer.updated", "Customer Updated"),
    ("customer.deleted", "Customer Deleted"),
];

/// Notes that a customer was made.
pub(crate) fn customer_created(connection: &Connection, customer: &Customer, at: Micros) -> Result<(), Problem> {
    note(connection, "customer.created", customer, &about(customer), at)
}

/// Notes what was changed about a customer.
pub(crate) fn customer_updated(
    connection: &Connection,
    customer: &Customer,
    changed: Map<String, Value>,
    at: Micros,
) -> Result<(), Problem> {
    let mut metadata = about(customer);
    metadata["updated_fields"] = Value::Object(changed);
    note(connection, "customer.updated", customer, &metadata, at)
}

/// Notes that a customer was deleted.
pub(crate) fn customer_deleted(connection: &Connection, customer: &Customer, at: Micros) -> Result<(), Problem> {
    note(connection, "customer.deleted", customer, &about(customer), at)
}

fn about(customer: &Customer) -> Value {
    json!({
        "customer_id": customer.id,
        "customer_email": customer.email,
        "customer_name": customer.name,
        "customer_external_id": customer.external_id,
    })
}

fn note(connection: &Connection, name: &str, customer: &Customer, metadata: &Value, at: Micros) -> Result<(), Problem> {
    connection
        .prepare_cached(
            "INSERT INTO event (id, at, name, source, customer, external_customer_id, metadata)
             VALUES (?, ?, ?, 'system', ?, ?, ?)",
        )?
        .execute(params![
            Uuid::new_v4().as_bytes().as_slice(),
            at,
            name,
            customer.id.as_bytes().as_slice(),
            customer.external_id,
            metadata.to_string(),
        ])?;
    let last = connection.last_insert_rowid();
    if last % FORGET_EVERY == 0 {
        connection.prepare_cached("DELETE FROM event WHERE seq <= ?")?.execute([last - KEPT])?;
    }
    Ok(())
}
