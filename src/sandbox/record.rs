//! Records of what is sold: kept as JSON of their own fields, and rendered with the records they
//! name when they are read.

use axum::http::StatusCode;
use axum::response::Response;
use rusqlite::{Connection, OptionalExtension as _, Params};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use uuid::Uuid;

use super::http::{ApiError, Call, json_value, listed};
use super::store::Select;
use super::transaction::Transaction;
use super::validate::Page;

/// A kind of record, each in a table of its own with the columns `seq`, `id` and `doc`.
pub(crate) trait Record: Serialize + DeserializeOwned {
    /// Its table.
    const TABLE: &'static str;

    /// Its id.
    fn id(&self) -> Uuid;

    /// The record as the API shows it.
    fn render(&self, _: &Connection) -> Result<Value, ApiError> {
        Ok(serde_json::to_value(self)?)
    }
}

/// The record with this id, where there are both.
pub(crate) fn find<R: Record>(
    connection: &Connection,
    id: impl Into<Option<Uuid>>,
) -> Result<Option<R>, ApiError> {
    id.into().map_or(Ok(None), |id| first(connection, "id = ?", [id.to_string()]))
}

/// The record with this id, or the 404.
pub(crate) fn expect<R: Record>(connection: &Connection, id: Uuid) -> Result<R, ApiError> {
    find(connection, id)?.ok_or(ApiError::MISSING)
}

/// The oldest record for which `clause` holds.
pub(crate) fn first<R: Record>(
    connection: &Connection,
    clause: &str,
    values: impl Params,
) -> Result<Option<R>, ApiError> {
    let sql = format!("SELECT doc FROM {} WHERE {clause} ORDER BY seq LIMIT 1", R::TABLE);
    let doc: Option<String> =
        connection.prepare_cached(&sql)?.query_row(values, |row| row.get(0)).optional()?;
    Ok(doc.map(|doc| serde_json::from_str(&doc)).transpose()?)
}

/// The records for which `clause` holds, oldest first.
pub(crate) fn all<R: Record>(
    connection: &Connection,
    clause: &str,
    values: impl Params,
) -> Result<Vec<R>, ApiError> {
    let sql = format!("SELECT doc FROM {} WHERE {clause} ORDER BY seq", R::TABLE);
    connection
        .prepare_cached(&sql)?
        .query_map(values, |row| row.get::<_, String>(0))?
        .map(|doc| Ok(serde_json::from_str(&doc?)?))
        .collect()
}

/// Writes a record, new or changed.
pub(crate) fn save<R: Record>(connection: &Connection, record: &R) -> Result<(), ApiError> {
    let sql = format!(
        "INSERT INTO {} (id, doc) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET doc = excluded.doc",
        R::TABLE
    );
    let doc = serde_json::to_string(record)?;
    connection.prepare_cached(&sql)?.execute([record.id().to_string(), doc])?;
    Ok(())
}

/// Removes a record.
pub(crate) fn remove<R: Record>(connection: &Connection, id: Uuid) -> Result<(), ApiError> {
    let sql = format!("DELETE FROM {} WHERE id = ?", R::TABLE);
    connection.prepare_cached(&sql)?.execute([id.to_string()])?;
    Ok(())
}

/// Emits events about a record as it is now.
pub(crate) fn emit<R: Record>(
    tx: &Transaction<'_>,
    kinds: &[&str],
    record: &R,
) -> Result<(), ApiError> {
    if tx.is_heard() {
        let data = record.render(tx)?;
        for kind in kinds {
            tx.emit(kind, &data)?;
        }
    }
    Ok(())
}

/// `GET` of one record by its id.
pub(crate) async fn get<R: Record>(call: Call) -> Result<Response, ApiError> {
    let id = call.only_id("id")?;
    let shown =
        call.app.store.read(|connection| expect::<R>(connection, id)?.render(connection))?;
    Ok(json_value(StatusCode::OK, &shown))
}

/// A page of a list of records; `order` with its ORDER BY.
pub(crate) fn listed_records<R: Record>(
    call: &Call,
    select: &Select,
    order: &str,
    page: Page,
) -> Result<Response, ApiError> {
    listed_as(call, select, order, page, R::render)
}

/// The same, each record shown another way.
pub(crate) fn listed_as<R: Record>(
    call: &Call,
    select: &Select,
    order: &str,
    page: Page,
    render: impl Fn(&R, &Connection) -> Result<Value, ApiError>,
) -> Result<Response, ApiError> {
    if select.has_nul() {
        return Err(ApiError::nul());
    }
    let (items, total) = call.app.store.read(|connection| {
        let docs =
            select.rows(connection, "doc", order, page.bounds(), |row| row.get::<_, String>(0))?;
        let items = docs
            .iter()
            .map(|doc| render(&serde_json::from_str(doc)?, connection))
            .collect::<Result<Vec<_>, ApiError>>()?;
        Ok::<_, ApiError>((items, select.count(connection)?))
    })?;
    Ok(listed(&items, total, page))
}

/// `sorting` as an ORDER BY: each criterion is a column or an expression, and the default is the
/// newest first.
pub(crate) fn order_by(sorting: &[(&'static str, bool)], column: fn(&str) -> &str) -> String {
    if sorting.is_empty() {
        return "ORDER BY seq DESC".to_owned();
    }
    let criteria: Vec<_> = sorting
        .iter()
        .map(|(criterion, down)| {
            let direction = if *down { "DESC NULLS FIRST" } else { "ASC NULLS LAST" };
            format!("{} {direction}", column(criterion))
        })
        .collect();
    format!("ORDER BY {}", criteria.join(", "))
}
