//! Reading the event log.

use axum::response::Response;
use rusqlite::types::Value as Sql;
use rusqlite::{Row as SqlRow, params_from_iter};
use serde_json::{Value, json};
use uuid::Uuid;

use super::LABELS;
use crate::sandbox::clock::iso;
use crate::sandbox::http::{Call, Problem, listed};
use crate::sandbox::validate::{Query, Reader};

const SOURCES: [&str; 2] = ["system", "user"];

/// `GET /v1/events/`
pub(crate) async fn list(call: Call) -> Result<Response, Problem> {
    let mut reader = Reader::default();
    let page = call.query.page(&mut reader);
    let sorting = call.query.sorting(&mut reader, &["timestamp"]);
    let filter = Filter::read(&call.query, &mut reader);
    reader.finish(Some(())).map_err(Problem::Schema)?;
    let page = page.ok_or_else(|| Problem::Internal("the page is out of range".to_owned()))?;
    let order = if sorting.last().is_some_and(|(_, down)| !down) { "ASC" } else { "DESC" };
    let organization = call.app.organization.id;
    let Filter { clauses, values } = filter;
    let (items, total) = call.app.store.read(|connection| {
        let total = connection
            .prepare_cached(&format!("SELECT count(*) FROM event WHERE {clauses}"))?
            .query_row(params_from_iter(&values), |row| row.get(0))?;
        let mut values = values.clone();
        values.extend([Sql::Integer(page.limit), Sql::Integer(page.offset)]);
        let items = connection
            .prepare_cached(&format!(
                "SELECT event.id, at, name, source, event.customer, event.external_customer_id, metadata,
                 (SELECT doc FROM customer WHERE customer.id = event.customer)
                 FROM event WHERE {clauses} ORDER BY at {order}, seq {order} LIMIT ? OFFSET ?"
            ))?
            .query_map(params_from_iter(values), |row| shown(row, organization))?
            .collect::<rusqlite::Result<Vec<_>>>()?;
        Ok::<_, Problem>((items, total))
    })?;
    Ok(listed(&items, total, page))
}

/// `GET /v1/events/names`
pub(crate) async fn names(call: Call) -> Result<Response, Problem> {
    let mut reader = Reader::default();
    let page = call.query.page(&mut reader);
    let sorting = call.query.sorting(&mut reader, &["name", "occurrences", "first_seen", "last_seen"]);
    let filter = Filter::read(&call.query, &mut reader);
    reader.finish(Some(())).map_err(Problem::Schema)?;
    let page = page.ok_or_else(|| Problem::Internal("the page is out of range".to_owned()))?;
    let (column, down) = sorting.first().copied().unwrap_or(("last_seen", true));
    let order = if down { "DESC" } else { "ASC" };
    let Filter { clauses, mut values } = filter;
    values.extend([Sql::Integer(page.limit), Sql::Integer(page.offset)]);
    let rows = call.app.store.read(|connection| {
        connection
            .prepare_cached(&format!(
                "SELECT name, source, count(*) AS occurrences, min(at) AS first_seen, max(at) AS last_seen,
                 count(*) OVER () FROM event WHERE {clauses} GROUP BY name, source
                 ORDER BY {column} {order} LIMIT ? OFFSET ?"
            ))?
            .query_map(params_from_iter(values), |row| {
                let item = json!({
                    "name": row.get::<_, String>(0)?,
                    "label": label(&row.get::<_, String>(0)?),
                    "source": row.get::<_, String>(1)?,
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

struct Filter {
    clauses: String,
    values: Vec<Sql>,
}

impl Filter {
    fn read(query: &Query, reader: &mut Reader) -> Self {
        let mut clauses = vec!["1".to_owned()];
        let mut values = Vec::new();
        let mut among = |column: &str, allowed: Vec<Sql>| {
            if !allowed.is_empty() {
                clauses.push(format!("{column} IN ({})", vec!["?"; allowed.len()].join(", ")));
                values.extend(allowed);
            }
        };
        let texts = |key| query.all(key).map(|value| Sql::Text(value.to_owned())).collect();
        among("event.external_customer_id", texts("external_customer_id"));
        among("name", texts("name"));
        let customers = query.ids(reader, "customer_id");
        among("event.customer", customers.iter().map(|id| Sql::Blob(id.as_bytes().to_vec())).collect());
        let sources = query.words(reader, "source", "EventSource", &SOURCES);
        among("source", sources.iter().map(|source| Sql::Text((*source).to_owned())).collect());
        if let Some(words) = query.last("query") {
            clauses.push("name LIKE ?".to_owned());
            values.push(Sql::Text(format!("%{words}%")));
        }
        Self { clauses: clauses.join(" AND "), values }
    }
}

fn label(name: &str) -> &str {
    LABELS.iter().find(|(known, _)| *known == name).map_or(name, |(_, label)| label)
}

fn shown(row: &SqlRow<'_>, organization: Uuid) -> rusqlite::Result<Value> {
    let parse = |text: String| serde_json::from_str::<Value>(&text).unwrap_or_default();
    let name: String = row.get(2)?;
    let customer: Option<[u8; 16]> = row.get(4)?;
    Ok(json!({
        "id": Uuid::from_bytes(row.get(0)?),
        "timestamp": iso(row.get(1)?),
        "organization_id": organization,
        "customer_id": customer.map(Uuid::from_bytes),
        "customer": row.get::<_, Option<String>>(7)?.map(parse),
        "external_customer_id": row.get::<_, Option<String>>(5)?,
        "member_id": null,
        "external_member_id": null,
        "child_count": 0,
        "parent_id": null,
        "label": label(&name),
        "source": row.get::<_, String>(3)?,
        "name": name,
        "metadata": parse(row.get(6)?),
    }))
}
