//! What happened, noted in the transaction in which it did, and made into webhooks later.

use rusqlite::{Connection, OptionalExtension as _, params};
use serde_json::{Value, json};
use uuid::Uuid;

use super::stream::Message;
use crate::sandbox::App;
use crate::sandbox::clock::{Micros, iso};
use crate::sandbox::customers::State;
use crate::sandbox::fault::Fault;
use crate::sandbox::http::Problem;

/// Something that webhooks tell about.
#[derive(Debug)]
pub(crate) struct Happened {
    kind: &'static str,
    about: About,
}

#[derive(Debug)]
enum About {
    /// A customer, rendered when the webhook is made: what changed since then shows (measured).
    Customer(Uuid),
    /// A member as it was.
    Rendered(Value),
}

impl Happened {
    /// Something about a customer.
    pub(crate) fn of_customer(kind: &'static str, customer: Uuid) -> Self {
        Self { kind, about: About::Customer(customer) }
    }

    /// Something whose data is known now.
    pub(crate) fn rendered(kind: &'static str, data: Value) -> Self {
        Self { kind, about: About::Rendered(data) }
    }
}

/// Notes what happened. Nothing is told about it before `due`.
pub(crate) fn happen(
    connection: &Connection,
    happened: &Happened,
    due: Micros,
) -> Result<(), Problem> {
    let (customer, data) = match &happened.about {
        About::Customer(id) => (Some(id.as_bytes().as_slice()), None),
        About::Rendered(data) => (None, Some(data.to_string())),
    };
    connection
        .prepare_cached("INSERT INTO happened (type, customer, payload, due) VALUES (?, ?, ?, ?)")?
        .execute(params![happened.kind, customer, data, due])?;
    Ok(())
}

/// So many are made into webhooks in one transaction.
const GROUP: i64 = 64;

struct Row {
    seq: i64,
    kind: String,
    customer: Option<Vec<u8>>,
    data: Option<String>,
}

/// Makes webhooks of what happened and is due. Returns the messages for the stream, and whether
/// there may be more.
pub(super) fn make_webhooks(
    connection: &Connection,
    app: &App,
    now: Micros,
) -> Result<(Vec<Message>, bool), Problem> {
    let rows = due(connection, now)?;
    let more = rows.len() >= usize::try_from(GROUP).unwrap_or(usize::MAX);
    let mut messages = Vec::new();
    for row in rows {
        connection.prepare_cached("DELETE FROM happened WHERE seq = ?")?.execute([row.seq])?;
        if app.faults.fires(Fault::WebhookNever).is_some() {
            continue;
        }
        let at = app.clock.now();
        let Some(payload) = payload(connection, &row, at, app)? else { continue };
        owe(connection, &row.kind, &payload, at)?;
        if app.stream.is_listened_to() {
            messages.push(Message { payload, at });
        }
    }
    Ok((messages, more))
}

fn due(connection: &Connection, now: Micros) -> Result<Vec<Row>, Problem> {
    let rows = connection
        .prepare_cached(
            "SELECT seq, type, customer, payload FROM happened WHERE due <= ? ORDER BY seq LIMIT ?",
        )?
        .query_map([now, GROUP], |row| {
            Ok(Row {
                seq: row.get(0)?,
                kind: row.get(1)?,
                customer: row.get(2)?,
                data: row.get(3)?,
            })
        })?
        .collect::<Result<_, _>>()?;
    Ok(rows)
}

/// `{"type", "timestamp", "api_version", "data"}`; nothing where the customer never was. The version
/// was not in the payloads recorded from the real API, but its official Python SDK needs it there.
fn payload(
    connection: &Connection,
    row: &Row,
    at: Micros,
    app: &App,
) -> Result<Option<String>, Problem> {
    let data = match (&row.data, &row.customer) {
        (Some(data), _) => Some(data.clone()),
        (None, Some(customer)) => connection
            .prepare_cached("SELECT doc FROM customer WHERE id = ?")?
            .query_row([customer], |row| row.get(0))
            .optional()?,
        (None, None) => None,
    };
    let Some(data) = data else { return Ok(None) };
    let unmapped = app.faults.fires(Fault::WebhookWithoutExternalId).is_some();
    let data = if unmapped || row.kind == "customer.state_changed" {
        let mut data: Value = serde_json::from_str(&data)?;
        if unmapped && let Some(external_id) = data.get_mut("external_id") {
            *external_id = Value::Null;
        }
        if row.kind == "customer.state_changed" { json!(State::of(data)) } else { data }.to_string()
    } else {
        data
    };
    Ok(Some(format!(
        r#"{{"type":"{}","timestamp":"{}","api_version":"2026-04","data":{data}}}"#,
        row.kind,
        iso(at)
    )))
}

/// One webhook for each endpoint that is enabled and subscribed.
fn owe(connection: &Connection, kind: &str, payload: &str, at: Micros) -> Result<(), Problem> {
    let endpoints: Vec<Vec<u8>> = connection
        .prepare_cached(
            "SELECT id FROM endpoint WHERE enabled = 1 AND deleted = 0
             AND EXISTS (SELECT 1 FROM json_each(events) WHERE value = ?) ORDER BY seq",
        )?
        .query_map([kind], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    for endpoint in endpoints {
        connection
            .prepare_cached(
                "INSERT INTO webhook (id, endpoint, type, payload, created_at, due) VALUES (?, ?, ?, ?, ?, ?)",
            )?
            .execute(params![Uuid::new_v4().as_bytes().as_slice(), endpoint, kind, payload, at, at])?;
    }
    Ok(())
}
