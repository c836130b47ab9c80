//! Events, kept in the transaction of the change that caused them, and made into webhooks later.

use std::borrow::Cow;

use rusqlite::{Connection, OptionalExtension as _, params};
use serde_json::Value;
use uuid::Uuid;

use super::stream::Message;
use crate::sandbox::App;
use crate::sandbox::clock::{Micros, iso};
use crate::sandbox::customers::state_of;
use crate::sandbox::fault::{Fault, Occasion};
use crate::sandbox::http::{ApiError, add_later_fields};

/// What an event is about.
pub(crate) enum Subject {
    /// A customer, rendered when the webhook is made: what changed since then shows (measured).
    Customer(Uuid),
    /// A record as it was.
    Rendered(String),
}

/// Keeps an event until `due`, in the transaction of the change that caused it.
pub(crate) fn put_into_outbox(
    connection: &Connection,
    kind: &str,
    subject: &Subject,
    due: Micros,
) -> Result<(), ApiError> {
    let (customer, data) = match subject {
        Subject::Customer(id) => (Some(id.as_bytes().as_slice()), None),
        Subject::Rendered(data) => (None, Some(data)),
    };
    connection
        .prepare_cached("INSERT INTO outbox (type, customer, payload, due) VALUES (?, ?, ?, ?)")?
        .execute(params![kind, customer, data, due])?;
    Ok(())
}

/// So many are made into webhooks in one transaction.
const GROUP: i64 = 64;

struct OutboxRow {
    seq: i64,
    kind: String,
    customer: Option<Vec<u8>>,
    data: Option<String>,
}

/// Makes webhooks of what outbox and is due. Returns the messages for the stream, and whether
/// there may be more.
pub(crate) fn make_webhooks(
    connection: &Connection,
    app: &App,
    now: Micros,
) -> Result<(Vec<Message>, bool), ApiError> {
    let rows = due(connection, now)?;
    let more = rows.len() >= usize::try_from(GROUP).unwrap_or(usize::MAX);
    let mut messages = Vec::new();
    for row in rows {
        connection.prepare_cached("DELETE FROM outbox WHERE seq = ?")?.execute([row.seq])?;
        if app.faults.fires(Fault::WebhookNever, Occasion::Event(&row.kind)).is_some() {
            continue;
        }
        let at = app.clock.now();
        let Some(payload) = payload(connection, &row, at, app)? else { continue };
        enqueue(connection, &row.kind, &payload, at)?;
        if app.stream.is_listened_to() {
            messages.push(Message { payload });
        }
    }
    Ok((messages, more))
}

fn due(connection: &Connection, now: Micros) -> Result<Vec<OutboxRow>, ApiError> {
    let rows = connection
        .prepare_cached(
            "SELECT seq, type, customer, payload FROM outbox WHERE due <= ? ORDER BY seq LIMIT ?",
        )?
        .query_map([now, GROUP], |row| {
            Ok(OutboxRow {
                seq: row.get(0)?,
                kind: row.get(1)?,
                customer: row.get(2)?,
                data: row.get(3)?,
            })
        })?
        .collect::<Result<_, _>>()?;
    Ok(rows)
}

/// `{"type", "timestamp", "api_version", "data"}`; nothing where the customer never was. The
/// version was not in the payloads recorded from the real API, but its official Python SDK needs it
/// there.
fn payload(
    connection: &Connection,
    row: &OutboxRow,
    at: Micros,
    app: &App,
) -> Result<Option<String>, ApiError> {
    let data = match (&row.data, &row.customer) {
        (Some(data), _) => Some(data.clone()),
        (None, Some(customer)) => connection
            .prepare_cached("SELECT doc FROM customer WHERE id = ?")?
            .query_row([customer], |row| row.get(0))
            .optional()?,
        (None, None) => None,
    };
    let Some(mut data) = data else { return Ok(None) };
    if row.kind == "customer.state_changed"
        && let Some(customer) = row.customer.as_deref().and_then(|id| Uuid::from_slice(id).ok())
    {
        data = state_of(connection, customer)?.to_string();
    }
    if app.faults.fires(Fault::WebhookWithoutExternalId, Occasion::Event(&row.kind)).is_some() {
        let mut unmapped: Value = serde_json::from_str(&data)?;
        forget_external_ids(&mut unmapped);
        data = unmapped.to_string();
    }
    Ok(Some(format!(
        r#"{{"type":"{}","timestamp":"{}","api_version":"2026-04","data":{data}}}"#,
        row.kind,
        iso(at)
    )))
}

/// A payload for clients of today.
fn of_version(payload: &str, version: &str) -> Result<String, ApiError> {
    let mut payload: Value = serde_json::from_str(payload)?;
    payload["api_version"] = Value::String(version.to_owned());
    add_later_fields(&mut payload);
    Ok(payload.to_string())
}

/// Takes the app's own ids out of a payload, wherever they stand.
fn forget_external_ids(data: &mut Value) {
    const NAMES: [&str; 3] = ["external_id", "external_customer_id", "customer_external_id"];
    match data {
        Value::Object(map) => {
            for (key, value) in map {
                if NAMES.contains(&key.as_str()) {
                    *value = Value::Null;
                } else {
                    forget_external_ids(value);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(forget_external_ids),
        _ => {}
    }
}

/// One webhook for each endpoint that is enabled and subscribed.
fn enqueue(connection: &Connection, kind: &str, payload: &str, at: Micros) -> Result<(), ApiError> {
    let endpoints: Vec<(Vec<u8>, Option<String>)> = connection
        .prepare_cached(
            "SELECT id, doc ->> 'api_version' FROM endpoint WHERE enabled = 1 AND deleted = 0
             AND EXISTS (SELECT 1 FROM json_each(events) WHERE value = ?) ORDER BY seq",
        )?
        .query_map([kind], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    for (endpoint, version) in endpoints {
        let payload = match version {
            None => Cow::Borrowed(payload),
            Some(version) => Cow::Owned(of_version(payload, &version)?),
        };
        connection
            .prepare_cached(
                "INSERT INTO webhook (id, endpoint, type, payload, created_at, due) VALUES (?, ?, \
                 ?, ?, ?, ?)",
            )?
            .execute(params![
                Uuid::new_v4().as_bytes().as_slice(),
                endpoint,
                kind,
                payload,
                at,
                at
            ])?;
    }
    Ok(())
}
