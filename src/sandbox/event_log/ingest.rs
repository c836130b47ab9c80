//! `POST /v1/events/ingest`: what an app says happened.

use axum::http::StatusCode;
use axum::response::Response;
use rusqlite::{Connection, OptionalExtension as _, params};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::sandbox::clock::Micros;
use crate::sandbox::http::{Call, Problem, json_value};
use crate::sandbox::validate::{Flaw, Reader, string, uuid4};

struct Event {
    name: String,
    customer: Option<Uuid>,
    external_customer_id: Option<String>,
    external_id: Option<String>,
    at: Option<Micros>,
    metadata: Map<String, Value>,
}

/// Takes events in. One with an `external_id` that is known is a duplicate.
pub(crate) async fn ingest(call: Call) -> Result<Response, Problem> {
    let mut reader = Reader::default();
    let events = call.read_body(&mut reader, |reader, value| {
        let map = reader.object(value)?;
        reader.required(map, "events", |reader, value| {
            let Value::Array(items) = value else {
                return reader.flaw("list_type", "Input should be a valid list", value);
            };
            let events: Vec<_> =
                items.iter().enumerate().map(|(index, item)| reader.at(index, |reader| event(reader, item))).collect();
            events.into_iter().collect::<Option<Vec<_>>>()
        })
    });
    let events = reader.finish(events).map_err(Problem::Schema)?;
    let app = call.app;
    let total = events.len();
    let now = app.clock.now();
    let inserted = app
        .store
        .write(move |connection| {
            check_customers(connection, &events)?;
            let mut inserted = 0;
            for event in events {
                inserted += insert(connection, event, now)?;
            }
            super::forget_old(connection)?;
            Ok::<_, Problem>(inserted)
        })
        .await?;
    Ok(json_value(StatusCode::OK, &json!({"inserted": inserted, "duplicates": total - inserted})))
}

fn check_customers(connection: &Connection, events: &[Event]) -> Result<(), Problem> {
    let mut flaws = Vec::new();
    for (index, event) in events.iter().enumerate() {
        let Some(id) = event.customer else { continue };
        let known = connection
            .prepare_cached("SELECT 1 FROM customer WHERE id = ? AND deleted = 0")?
            .exists([id.as_bytes().as_slice()])?;
        if !known {
            flaws.push(Flaw {
                kind: "customer_id",
                loc: vec!["body".into(), "events".into(), index.into(), "customer_id".into()],
                msg: "Customer not found.".to_owned(),
                input: json!(id),
                ctx: None,
            });
        }
    }
    if flaws.is_empty() { Ok(()) } else { Err(Problem::Rules(flaws)) }
}

fn insert(connection: &Connection, event: Event, now: Micros) -> Result<usize, Problem> {
    let customer: Option<Vec<u8>> = match (&event.customer, &event.external_customer_id) {
        (Some(id), _) => Some(id.as_bytes().to_vec()),
        (None, Some(external_id)) => connection
            .prepare_cached("SELECT id FROM customer WHERE external_id = ? AND deleted = 0")?
            .query_row([external_id], |row| row.get(0))
            .optional()?,
        (None, None) => None,
    };
    Ok(connection
        .prepare_cached(
            "INSERT OR IGNORE INTO event (id, at, name, source, customer, external_customer_id, external_id, metadata)
             VALUES (?, ?, ?, 'user', ?, ?, ?, ?)",
        )?
        .execute(params![
            Uuid::new_v4().as_bytes().as_slice(),
            event.at.unwrap_or(now),
            event.name,
            customer,
            event.external_customer_id,
            event.external_id,
            Value::Object(event.metadata).to_string(),
        ])?)
}

fn event(reader: &mut Reader, value: &Value) -> Option<Event> {
    let map = reader.object(value)?;
    let customer = reader.nullable(map, "customer_id", uuid4).value();
    let external_customer_id = reader.nullable(map, "external_customer_id", string).value();
    let external_id = reader.nullable(map, "external_id", string).value();
    let at = reader.nullable(map, "timestamp", timestamp).value();
    let metadata = reader.nullable(map, "metadata", |reader, value| match value {
        Value::Object(map) => Some(map.clone()),
        other => reader.flaw("dict_type", "Input should be a valid dictionary", other),
    });
    let name = reader.required(map, "name", string)?;
    Some(Event {
        name,
        customer,
        external_customer_id,
        external_id,
        at,
        metadata: metadata.value().unwrap_or_default(),
    })
}

fn timestamp(reader: &mut Reader, value: &Value) -> Option<Micros> {
    let text = string(reader, value)?;
    match text.parse::<jiff::Timestamp>() {
        Ok(at) => Some(at.as_microsecond()),
        Err(_) => reader.flaw("datetime_from_date_parsing", "Input should be a valid datetime or date", value),
    }
}
