//! `/v1/events/`: the event log, which is not webhooks. The system notes what it did to customers,
//! and apps ingest events of any name.

mod filter;
mod incoming;
mod ingest;
mod list;
mod metadata;

pub(crate) use ingest::ingest;
pub(crate) use list::{get, list, names};

use rusqlite::{Connection, params};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::clock::Micros;
use super::customers::Customer;
use super::http::ApiError;

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

/// What the system did to a customer, rendered.
pub(crate) struct Note {
    name: &'static str,
    id: Uuid,
    customer: Uuid,
    metadata: String,
    at: Micros,
}

impl Note {
    /// It was made.
    pub(crate) fn created(customer: &Customer, at: Micros) -> Self {
        Self::new("customer.created", customer, &about(customer), at)
    }

    /// These fields of it were changed.
    pub(crate) fn updated(customer: &Customer, changed: Map<String, Value>, at: Micros) -> Self {
        let mut metadata = about(customer);
        metadata["updated_fields"] = Value::Object(changed);
        Self::new("customer.updated", customer, &metadata, at)
    }

    /// It was deleted.
    pub(crate) fn deleted(customer: &Customer, at: Micros) -> Self {
        Self::new("customer.deleted", customer, &about(customer), at)
    }

    fn new(name: &'static str, customer: &Customer, metadata: &Value, at: Micros) -> Self {
        Self { name, id: Uuid::new_v4(), customer: customer.id, metadata: metadata.to_string(), at }
    }

    /// Adds it to the log.
    pub(crate) fn write(&self, connection: &Connection) -> Result<(), ApiError> {
        connection
            .prepare_cached(
                "INSERT INTO event (id, at, name, source, customer, metadata)
                 VALUES (?, ?, ?, 'system', ?, ?)",
            )?
            .execute(params![
                self.id.as_bytes().as_slice(),
                self.at,
                self.name,
                self.customer.as_bytes().as_slice(),
                self.metadata,
            ])?;
        if connection.last_insert_rowid() % FORGET_EVERY == 0 {
            forget_old(connection)?;
        }
        Ok(())
    }
}

/// Keeps the newest events only, whatever wrote them.
fn forget_old(connection: &Connection) -> Result<(), ApiError> {
    connection
        .prepare_cached("DELETE FROM event WHERE seq <= (SELECT max(seq) FROM event) - ?")?
        .execute([KEPT])?;
    Ok(())
}

fn about(customer: &Customer) -> Value {
    json!({
        "customer_id": customer.id,
        "customer_email": customer.email,
        "customer_name": customer.name,
        "customer_external_id": customer.external_id,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::store::Store;

    #[test]
    fn only_the_newest_events_are_kept() {
        let store = Store::open(None).expect("a store");
        let left: i64 = store
            .read(|connection| {
                connection.execute(
                    "INSERT INTO event (id, at, name, source, metadata)
                     WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
                     SELECT randomblob(16), i, 'e', 'user', '{}' FROM n",
                    [KEPT + 10],
                )?;
                forget_old(connection)?;
                let left =
                    connection.query_row("SELECT count(*) FROM event", [], |row| row.get(0))?;
                Ok::<_, ApiError>(left)
            })
            .expect("a count");
        assert_eq!(left, KEPT);
    }
}
