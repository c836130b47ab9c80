//! The delivery log, and sending a webhook again.

use axum::http::StatusCode;
use axum::response::Response;
use rusqlite::types::Value as Sql;
use rusqlite::{Row as SqlRow, params, params_from_iter};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::provider::polar::EVENT_TYPES;
use crate::sandbox::clock::iso;
use crate::sandbox::http::{Call, Problem, json_value, listed};
use crate::sandbox::validate::Reader;

const COLUMNS: &str = "delivery.id, delivery.created_at, delivery.succeeded, delivery.http_code, delivery.response,
    webhook.id, webhook.created_at, webhook.modified_at, webhook.last_http_code, webhook.succeeded, webhook.skipped,
    webhook.payload, webhook.type";
const TABLES: &str = "delivery JOIN webhook ON webhook.seq = delivery.webhook
    JOIN endpoint ON endpoint.id = delivery.endpoint AND endpoint.deleted = 0";

/// `GET /v1/webhooks/deliveries`: attempts, newest first.
pub(crate) async fn list(call: Call) -> Result<Response, Problem> {
    let mut reader = Reader::default();
    let page = call.query.page(&mut reader);
    let endpoints = call.query.ids(&mut reader, "endpoint_id");
    let after = call.query.time(&mut reader, "start_timestamp");
    let before = call.query.time(&mut reader, "end_timestamp");
    let succeeded = call.query.flag(&mut reader, "succeeded");
    let class = call.query.literal(&mut reader, "http_code_class", &["2xx", "3xx", "4xx", "5xx"]);
    let types = call.query.words(&mut reader, "event_type", "WebhookEventType", &EVENT_TYPES);
    reader.finish(Some(())).map_err(Problem::Schema)?;
    let page = page.ok_or_else(|| Problem::Internal("the page is out of range".to_owned()))?;

    let mut clauses = vec!["1".to_owned()];
    let mut values = Vec::new();
    if !endpoints.is_empty() {
        clauses.push(format!("delivery.endpoint IN ({})", slots(endpoints.len())));
        values.extend(endpoints.iter().map(|id| Sql::Blob(id.as_bytes().to_vec())));
    }
    if !types.is_empty() {
        clauses.push(format!("webhook.type IN ({})", slots(types.len())));
        values.extend(types.iter().map(|name| Sql::Text((*name).to_owned())));
    }
    if let Some(succeeded) = succeeded {
        clauses.push("delivery.succeeded = ?".to_owned());
        values.push(Sql::Integer(i64::from(succeeded)));
    }
    let mut clause = |clause: &str, value: i64| {
        clauses.push(clause.to_owned());
        values.push(Sql::Integer(value));
    };
    if let Some(after) = after {
        clause("delivery.created_at > ?", after);
    }
    if let Some(before) = before {
        clause("delivery.created_at < ?", before);
    }
    if let Some(class) = class {
        clause("delivery.http_code / 100 = ?", i64::from(class.as_bytes()[0] - b'0'));
    }
    let clauses = clauses.join(" AND ");
    let (items, total) = call.app.store.read(|connection| {
        let total = connection
            .prepare_cached(&format!("SELECT count(*) FROM {TABLES} WHERE {clauses}"))?
            .query_row(params_from_iter(&values), |row| row.get(0))?;
        let mut values = values.clone();
        values.extend([Sql::Integer(page.limit), Sql::Integer(page.offset)]);
        let items = connection
            .prepare_cached(&format!(
                "SELECT {COLUMNS} FROM {TABLES} WHERE {clauses} ORDER BY delivery.seq DESC LIMIT ? OFFSET ?"
            ))?
            .query_map(params_from_iter(values), shown)?
            .collect::<rusqlite::Result<Vec<_>>>()?;
        Ok::<_, Problem>((items, total))
    })?;
    Ok(listed(&items, total, page))
}

/// `POST /v1/webhooks/events/{id}/redeliver`
pub(crate) async fn redeliver(call: Call) -> Result<Response, Problem> {
    let id = call.only_id("id")?;
    let app = call.app;
    let now = app.clock.now();
    app.store
        .write(move |connection| {
            let found = connection
                .prepare_cached(
                    "UPDATE webhook SET owed = 1, again = 1, attempts = 0, due = ? WHERE id = ?
                     AND endpoint IN (SELECT id FROM endpoint WHERE deleted = 0)",
                )?
                .execute(params![now, id.as_bytes().as_slice()])?;
            if found == 0 { Err(Problem::MISSING) } else { Ok(()) }
        })
        .await?;
    app.announce().await;
    Ok(json_value(StatusCode::ACCEPTED, &Value::Null))
}

fn slots(count: usize) -> String {
    vec!["?"; count].join(", ")
}

fn shown(row: &SqlRow<'_>) -> rusqlite::Result<Value> {
    let id = |index| row.get(index).map(Uuid::from_bytes);
    let time = |index| row.get::<_, Option<i64>>(index).map(|at| at.map(iso));
    Ok(json!({
        "created_at": time(1)?,
        "modified_at": null,
        "id": id(0)?,
        "succeeded": row.get::<_, bool>(2)?,
        "http_code": row.get::<_, Option<u16>>(3)?,
        "response": row.get::<_, Option<String>>(4)?,
        "webhook_event": {
            "created_at": time(6)?,
            "modified_at": time(7)?,
            "id": id(5)?,
            "last_http_code": row.get::<_, Option<u16>>(8)?,
            "succeeded": row.get::<_, Option<bool>>(9)?,
            "skipped": row.get::<_, bool>(10)?,
            "payload": row.get::<_, String>(11)?,
            "type": row.get::<_, String>(12)?,
            "is_archived": false,
        },
    }))
}
