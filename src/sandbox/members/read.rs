//! Reading members.

use axum::http::StatusCode;
use axum::response::Response;
use rusqlite::params_from_iter;
use rusqlite::types::Value as Sql;
use uuid::Uuid;

use super::model::Role;
use super::store::{Lookup, customer_id, find};
use crate::sandbox::customers::By;
use crate::sandbox::http::{Call, Problem, Row, json_value, listed};
use crate::sandbox::validate::{Page, Reader};

/// One member, however it is looked up.
pub(crate) async fn get(
    call: Call,
    lookup: fn(&Call, &mut Reader) -> Option<Lookup>,
) -> Result<Response, Problem> {
    let mut reader = Reader::default();
    let lookup = lookup(&call, &mut reader);
    let lookup = reader.finish(lookup).map_err(Problem::Schema)?;
    let member = call.app.store.read(|connection| find(connection, &lookup))?;
    Ok(json_value(StatusCode::OK, &member))
}

/// `GET /v1/members/`. A customer's id is a text here, which only Python's own parser reads: one that
/// it cannot read is not found (from Polar's source).
pub(crate) async fn list(call: Call) -> Result<Response, Problem> {
    let mut reader = Reader::default();
    let wanted = Wanted::read(&call, &mut reader);
    let wanted = reader.finish(Some(wanted)).map_err(Problem::Schema)?;
    let mut whose = Vec::new();
    if let Some(text) = call.query.last("customer_id") {
        let id = python_uuid(text).ok_or(Problem::NotFound("Invalid customer ID format"))?;
        whose.push(Some(id));
    }
    if let Some(external) = call.query.last("external_customer_id") {
        let by = By::External(external.to_owned());
        whose.push(call.app.store.read(|connection| customer_id(connection, &by))?);
    }
    page(&call, &wanted, &whose)
}

/// Python's `UUID()`: hyphens and braces anywhere, and `urn:` and `uuid:`, do not matter.
fn python_uuid(text: &str) -> Option<Uuid> {
    let text = text.replace("urn:", "").replace("uuid:", "");
    let text = text.trim_matches(['{', '}']).replace('-', "");
    (text.len() == 32).then(|| Uuid::parse_str(&text).ok()).flatten()
}

/// What the query says, besides whose members are wanted.
struct Wanted {
    page: Option<Page>,
    up: bool,
    role: Option<&'static str>,
}

impl Wanted {
    fn read(call: &Call, reader: &mut Reader) -> Self {
        let page = call.query.page(reader);
        let sorting = call.query.sorting(reader, &["created_at"]);
        let role = call.query.word(reader, "role", &Role::NAMES);
        Self { page, up: sorting.last().is_some_and(|(_, down)| !down), role }
    }
}

/// Members of all of `whose`; of everybody where nobody is named, of nobody where somebody is not there.
fn page(call: &Call, wanted: &Wanted, whose: &[Option<Uuid>]) -> Result<Response, Problem> {
    let Wanted { page, up, role } = *wanted;
    let page = page.ok_or_else(|| Problem::Internal("the page is out of range".to_owned()))?;
    let mut clause = "1".to_owned();
    let mut values = Vec::new();
    for customer in whose {
        match customer {
            Some(id) => {
                clause.push_str(" AND customer = (SELECT seq FROM customer WHERE id = ?)");
                values.push(Sql::Blob(id.as_bytes().to_vec()));
            }
            None => clause.push_str(" AND 0"),
        }
    }
    if let Some(role) = role {
        clause.push_str(" AND role = ?");
        values.push(Sql::Text(role.to_owned()));
    }
    let order = if up { "ASC" } else { "DESC" };
    let (items, total) = call.app.store.read(|connection| {
        let total = connection
            .prepare_cached(&format!("SELECT count(*) FROM member WHERE {clause}"))?
            .query_row(params_from_iter(&values), |row| row.get(0))?;
        let mut values = values.clone();
        values.extend([Sql::Integer(page.limit), Sql::Integer(page.offset)]);
        let items = connection
            .prepare_cached(&format!(
                "SELECT doc FROM member WHERE {clause} ORDER BY created_at {order}, seq {order} LIMIT ? OFFSET ?"
            ))?
            .query_map(params_from_iter(values), |row| row.get::<_, String>(0))?
            .map(|doc| Row::new(doc?))
            .collect::<Result<Vec<_>, Problem>>()?;
        Ok::<_, Problem>((items, total))
    })?;
    Ok(listed(&items, total, page))
}
