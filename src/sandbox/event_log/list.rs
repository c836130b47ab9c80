//! Reading the event log.

use axum::http::StatusCode;
use axum::response::Response;
use rusqlite::types::Value as Sql;
use rusqlite::{OptionalExtension as _, Row as SqlRow, params_from_iter};
use serde_json::{Value, json};
use uuid::Uuid;

use super::LABELS;
use super::filter::Filter;
use crate::sandbox::clock::iso;
use crate::sandbox::http::{Call, Problem, json_value, listed};
use crate::sandbox::validate::Reader;

/// An event, its customer (by either id) and how many events are below it.
const COLUMNS: &str = "event.id, event.at, event.name, event.source, event.customer, event.external_customer_id,
    event.member, event.external_member_id, event.parent, event.metadata,
    coalesce(
        (SELECT doc FROM customer WHERE customer.id = event.customer),
        (SELECT doc FROM customer WHERE customer.external_id = event.external_customer_id AND deleted = 0))";
const BELOW: &str = "(WITH RECURSIVE below (id) AS (SELECT child.id FROM event AS child WHERE child.parent = event.id
    UNION ALL SELECT child.id FROM event AS child JOIN below ON child.parent = below.id) SELECT count(*) FROM below)";

/// `GET /v1/events/`
pub(crate) async fn list(call: Call) -> Result<Response, Problem> {
    let mut reader = Reader::default();
    let page = call.query.page(&mut reader);
    let sorting = call.query.sorting(&mut reader, &["timestamp"]);
    let organization = call.app.organization.id;
    let filter = Filter::read(&call.query, &mut reader, organization, true).map(|mut filter| {
        filter.read_depth(&call.query, &mut reader);
        filter
    });
    let meter = call.query.id4(&mut reader, "meter_id");
    reader.finish(Some(())).map_err(Problem::Schema)?;
    let filter = filter?;
    if let Some(meter) = meter {
        return Err(Problem::no_meter(meter));
    }
    let page = page.ok_or_else(|| Problem::Internal("the page is out of range".to_owned()))?;
    let order = if sorting.last().is_some_and(|(_, down)| !down) { "ASC" } else { "DESC" };
    let clauses = filter.sql();
    let (items, total) = call.app.store.read(|connection| {
        let mut values = filter.values.clone();
        values.extend([Sql::Integer(page.limit), Sql::Integer(page.offset)]);
        let items = connection
            .prepare_cached(&format!(
                "SELECT {COLUMNS}, {BELOW} FROM event WHERE {clauses}
                 ORDER BY event.at {order}, event.seq {order} LIMIT ? OFFSET ?"
            ))?
            .query_map(params_from_iter(values), |row| shown(row, organization, row.get(11)?))?
            .collect::<rusqlite::Result<Vec<_>>>()?;
        // The real API does not count where it has nothing to show.
        let total = if items.is_empty() {
            0
        } else {
            connection
                .prepare_cached(&format!("SELECT count(*) FROM event WHERE {clauses}"))?
                .query_row(params_from_iter(&filter.values), |row| row.get(0))?
        };
        Ok::<_, Problem>((items, total))
    })?;
    Ok(listed(&items, total, page))
}

/// `GET /v1/events/{id}`. It does not count what is below the event, on the real API either.
pub(crate) async fn get(call: Call) -> Result<Response, Problem> {
    let id = call.only_id("id")?;
    let organization = call.app.organization.id;
    let event = call.app.store.read(|connection| {
        let event = connection
            .prepare_cached(&format!("SELECT {COLUMNS} FROM event WHERE event.id = ?"))?
            .query_row([id.as_bytes().as_slice()], |row| shown(row, organization, 0))
            .optional()?;
        Ok::<_, Problem>(event)
    })?;
    event.map(|event| json_value(StatusCode::OK, &event)).ok_or(Problem::MISSING)
}

/// `GET /v1/events/names`
pub(crate) async fn names(call: Call) -> Result<Response, Problem> {
    let mut reader = Reader::default();
    let page = call.query.page(&mut reader);
    let sorting =
        call.query.sorting(&mut reader, &["name", "occurrences", "first_seen", "last_seen"]);
    let filter = Filter::read(&call.query, &mut reader, call.app.organization.id, false);
    reader.finish(Some(())).map_err(Problem::Schema)?;
    let mut filter = filter?;
    let page = page.ok_or_else(|| Problem::Internal("the page is out of range".to_owned()))?;
    let (column, down) = sorting.first().copied().unwrap_or(("last_seen", true));
    let order = if down { "DESC" } else { "ASC" };
    let clauses = filter.sql();
    filter.values.extend([Sql::Integer(page.limit), Sql::Integer(page.offset)]);
    let rows = call.app.store.read(|connection| {
        connection
            .prepare_cached(&format!(
                "SELECT name, source, count(*) AS occurrences, min(at) AS first_seen, max(at) AS last_seen,
                 count(*) OVER () FROM event WHERE {clauses} GROUP BY name, source
                 ORDER BY {column} {order} LIMIT ? OFFSET ?"
            ))?
            .query_map(params_from_iter(filter.values), |row| {
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
            })?
            .collect::<rusqlite::Result<Vec<_>>>()
            .map_err(Problem::from)
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

fn shown(row: &SqlRow<'_>, organization: Uuid, children: i64) -> rusqlite::Result<Value> {
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
