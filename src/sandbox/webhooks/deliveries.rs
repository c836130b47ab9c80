//! The delivery log, and sending a webhook again.

use axum::http::StatusCode;
use axum::response::Response;
use rusqlite::{Row, params};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::provider::polar::EVENT_TYPES;
use crate::sandbox::clock::iso;
use crate::sandbox::http::{ApiError, Call, json_value, listed};
use crate::sandbox::store::Select;
use crate::sandbox::validate::Validator;

const COLUMNS: &str = "delivery.id, delivery.created_at, delivery.succeeded, delivery.http_code,
    delivery.response, webhook.id, webhook.created_at, webhook.modified_at, webhook.last_http_code,
    webhook.succeeded, webhook.skipped, webhook.payload, webhook.type";
const TABLES: &str = "delivery JOIN webhook ON webhook.seq = delivery.webhook
    JOIN endpoint ON endpoint.id = delivery.endpoint AND endpoint.deleted = 0";

/// `GET /v1/webhooks/deliveries`: attempts, newest first.
pub(crate) async fn list(call: Call) -> Result<Response, ApiError> {
    let mut validator = Validator::default();
    let page = call.query.page(&mut validator);
    let endpoints = call.query.ids(&mut validator, "endpoint_id");
    let after = call.query.time(&mut validator, "start_timestamp");
    let before = call.query.time(&mut validator, "end_timestamp");
    let succeeded = call.query.flag(&mut validator, "succeeded");
    let class =
        call.query.literal(&mut validator, "http_code_class", &["2xx", "3xx", "4xx", "5xx"]);
    let types = call.query.words(&mut validator, "event_type", "WebhookEventType", &EVENT_TYPES);
    let page = validator.finish(page)?;

    let mut select = Select::new(TABLES, "1");
    select.and_among("delivery.endpoint IN (#)", endpoints.iter().map(|id| id.as_bytes().to_vec()));
    select.and_among("webhook.type IN (#)", types.iter().map(|name| (*name).to_owned()));
    if let Some(succeeded) = succeeded {
        select.and("delivery.succeeded = ?", [i64::from(succeeded)]);
    }
    if let Some(after) = after {
        select.and("delivery.created_at > ?", [after]);
    }
    if let Some(before) = before {
        select.and("delivery.created_at < ?", [before]);
    }
    if let Some(class) = class {
        select.and("delivery.http_code / 100 = ?", [i64::from(class.as_bytes()[0] - b'0')]);
    }
    let (items, total) = call.app.store.read(|connection| {
        let order = "ORDER BY delivery.seq DESC";
        let items = select.rows(connection, COLUMNS, order, page.bounds(), shown)?;
        Ok::<_, ApiError>((items, select.count(connection)?))
    })?;
    Ok(listed(&items, total, page))
}

/// `POST /v1/webhooks/events/{id}/redeliver`
pub(crate) async fn redeliver(call: Call) -> Result<Response, ApiError> {
    let id = call.only_id("id")?;
    let app = call.app;
    let now = app.clock.now();
    app.store
        .write(move |connection| {
            let found = connection
                .prepare_cached(
                    "UPDATE webhook SET pending = 1, again = again + 1, attempts = 0, due = ?
                     WHERE id = ?
                     AND endpoint IN (SELECT id FROM endpoint WHERE deleted = 0)",
                )?
                .execute(params![now, id.as_bytes().as_slice()])?;
            if found == 0 { Err(ApiError::MISSING) } else { Ok(()) }
        })
        .await?;
    app.announce().await;
    Ok(json_value(StatusCode::ACCEPTED, &Value::Null))
}

fn shown(row: &Row<'_>) -> rusqlite::Result<Value> {
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
