//! Reading the event log.

use axum::http::StatusCode;
use axum::response::Response;
use rusqlite::{OptionalExtension as _, Row};
use serde_json::{Value, json};
use uuid::Uuid;

use super::LABELS;
use super::filter::{and_depth, select};
use crate::sandbox::clock::iso;
use crate::sandbox::http::{ApiError, Call, json_value, listed};
use crate::sandbox::validate::Validator;

/// An event, its customer (by either id) and how many events are below it.
const COLUMNS: &str = "event.id, event.at, event.name, event.source, event.customer,
    event.external_customer_id, event.member, event.external_member_id, event.parent,
    event.metadata,
    coalesce((SELECT doc FROM customer WHERE customer.id = event.customer),
        (SELECT doc FROM customer
         WHERE customer.external_id = event.external_customer_id AND deleted = 0))";
const BELOW: &str = "(WITH RECURSIVE below (id) AS
    (SELECT child.id FROM event AS child WHERE child.parent = event.id UNION ALL
     SELECT child.id FROM event AS child JOIN below ON child.parent = below.id)
    SELECT count(*) FROM below)";

/// `GET /v1/events/`
pub(crate) async fn list(call: Call) -> Result<Response, ApiError> {
    let mut validator = Validator::default();
    let page = call.query.page(&mut validator);
    let sorting = call.query.sorting(&mut validator, &["timestamp"]);
    let organization = call.app.organization.id;
    let select = select(&call.query, &mut validator, organization, true).map(|mut select| {
        and_depth(&mut select, &call.query, &mut validator);
        select
    });
    let meter = call.query.id4(&mut validator, "meter_id");
    let page = validator.finish(page)?;
    let select = select?;
    if let Some(meter) = meter {
        return Err(ApiError::no_meter(meter));
    }
    let order = if sorting.last().is_some_and(|(_, down)| !down) { "ASC" } else { "DESC" };
    let order = format!("ORDER BY event.at {order}, event.seq {order}");
    let (items, total) = call.app.store.read(|connection| {
        let columns = format!("{COLUMNS}, {BELOW}");
        let items = select.rows(connection, &columns, &order, page.bounds(), |row| {
            shown(row, organization, row.get(11)?)
        })?;
        // The real API does not count where it has nothing to show.
        let total = if items.is_empty() { 0 } else { select.count(connection)? };
        Ok::<_, ApiError>((items, total))
    })?;
    Ok(listed(&items, total, page))
}

/// `GET /v1/events/{id}`. It does not count what is below the event, on the real API either.
pub(crate) async fn get(call: Call) -> Result<Response, ApiError> {
    let id = call.only_id("id")?;
    let organization = call.app.organization.id;
    let event = call.app.store.read(|connection| {
        let event = connection
            .prepare_cached(&format!("SELECT {COLUMNS} FROM event WHERE event.id = ?"))?
            .query_row([id.as_bytes().as_slice()], |row| shown(row, organization, 0))
            .optional()?;
        Ok::<_, ApiError>(event)
    })?;
    event.map(|event| json_value(StatusCode::OK, &event)).ok_or(ApiError::MISSING)
}

/// `GET /v1/events/names`
pub(crate) async fn names(call: Call) -> Result<Response, ApiError> {
    let mut validator = Validator::default();
    let page = call.query.page(&mut validator);
    let sorting =
        call.query.sorting(&mut validator, &["name", "occurrences", "first_seen", "last_seen"]);
    let select = select(&call.query, &mut validator, call.app.organization.id, false);
    let page = validator.finish(page)?;
    let select = select?;
    let (column, down) = sorting.first().copied().unwrap_or(("last_seen", true));
    let order = if down { "DESC" } else { "ASC" };
    let rows = call.app.store.read(|connection| {
        let columns = "name, source, count(*) AS occurrences, min(at) AS first_seen,
             max(at) AS last_seen, count(*) OVER ()";
        let rest = format!("GROUP BY name, source ORDER BY {column} {order}");
        select.rows(connection, columns, &rest, page.bounds(), |row| {
            let (name, source): (String, String) = (row.get(0)?, row.get(1)?);
            let item = json!({
                "name": name,
                "label": label(&name, &source),
                "source": source,
                "occurrences": row.get::<_, i64>(2)?,
                "first_seen": iso(row.get(3)?),
                "last_seen": iso(row.get(4)?),
            });
            Ok((item, row.get::<_, i64>(5)?))
        })
    })?;
    let total = rows.first().map_or(0, |(_, total)| *total);
    let items: Vec<Value> = rows.into_iter().map(|(item, _)| item).collect();
    Ok(listed(&items, total, page))
}

/// What an app ingested is called what it called it.
fn label<'n>(name: &'n str, source: &str) -> &'n str {
    let known = LABELS.iter().find(|(known, _)| *known == name && source == "system");
    known.map_or(name, |(_, label)| label)
}

fn shown(row: &Row<'_>, organization: Uuid, children: i64) -> rusqlite::Result<Value> {
    let parse = |text: String| serde_json::from_str::<Value>(&text).unwrap_or_default();
    let id = |index| {
        Ok::<_, rusqlite::Error>(row.get::<_, Option<[u8; 16]>>(index)?.map(Uuid::from_bytes))
    };
    let (name, source): (String, String) = (row.get(2)?, row.get(3)?);
    Ok(json!({
        "id": id(0)?,
        "timestamp": iso(row.get(1)?),
        "organization_id": organization,
        "customer_id": id(4)?,
        "customer": row.get::<_, Option<String>>(10)?.map(parse),
        "external_customer_id": row.get::<_, Option<String>>(5)?,
        "member_id": id(6)?,
        "external_member_id": row.get::<_, Option<String>>(7)?,
        "child_count": children,
        "parent_id": id(8)?,
        "label": label(&name, &source),
        "source": source,
        "name": name,
        "metadata": parse(row.get(9)?),
    }))
}
