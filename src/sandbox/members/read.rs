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
use crate::sandbox::validate::Reader;

const NO_CUSTOMER: Problem = Problem::NotFound("Customer not found");

/// One member, however it is looked up.
pub(crate) async fn get(call: Call, lookup: fn(&Call, &mut Reader) -> Option<Lookup>) -> Result<Response, Problem> {
    let mut reader = Reader::default();
    let lookup = lookup(&call, &mut reader);
    let lookup = reader.finish(lookup).map_err(Problem::Schema)?;
    let member = call.app.store.read(|connection| find(connection, &lookup))?;
    Ok(json_value(StatusCode::OK, &member))
}

/// `GET /v1/members/`
pub(crate) async fn list(call: Call) -> Result<Response, Problem> {
    let mut reader = Reader::default();
    let customer = call.query.ids(&mut reader, "customer_id").pop();
    let external = call.query.last("external_customer_id").map(str::to_owned);
    let customer = match (customer, external) {
        (Some(id), _) => Whose::Of(id),
        (None, Some(external)) => {
            match call.app.store.read(|connection| customer_id(connection, &By::External(external)))? {
                Some(id) => Whose::Of(id),
                None => Whose::Nobodys,
            }
        }
        (None, None) => Whose::Everybodys,
    };
    page(&call, reader, &customer)
}

/// `GET /v1/customers/{id}/members`
pub(crate) async fn list_of(call: Call) -> Result<Response, Problem> {
    let mut reader = Reader::default();
    let id = call.id(&mut reader, "id");
    let Some(id) = id else { return reader.finish(None::<Response>).map_err(Problem::Schema) };
    let known = call.app.store.read(|connection| customer_id(connection, &By::Id(id)))?;
    page(&call, reader, &Whose::Of(known.ok_or(NO_CUSTOMER)?))
}

/// `GET /v1/customers/external/{external_id}/members`
pub(crate) async fn list_of_external(call: Call) -> Result<Response, Problem> {
    let by = By::External(call.segment("external_id"));
    let known = call.app.store.read(|connection| customer_id(connection, &by))?;
    page(&call, Reader::default(), &Whose::Of(known.ok_or(NO_CUSTOMER)?))
}

enum Whose {
    Everybodys,
    Nobodys,
    Of(Uuid),
}

fn page(call: &Call, mut reader: Reader, whose: &Whose) -> Result<Response, Problem> {
    let page = call.query.page(&mut reader);
    let sorting = call.query.sorting(&mut reader, &["created_at"]);
    let roles = call.query.words(&mut reader, "role", &Role::NAMES);
    reader.finish(Some(())).map_err(Problem::Schema)?;
    let page = page.ok_or_else(|| Problem::Internal("the page is out of range".to_owned()))?;
    let up = sorting.last().is_some_and(|(_, down)| !down);
    let mut clause = "1".to_owned();
    let mut values = Vec::new();
    match whose {
        Whose::Everybodys => {}
        Whose::Nobodys => clause.push_str(" AND 0"),
        Whose::Of(id) => {
            clause.push_str(" AND customer = ?");
            values.push(Sql::Blob(id.as_bytes().to_vec()));
        }
    }
    if let Some(role) = roles.last() {
        clause.push_str(" AND role = ?");
        values.push(Sql::Text((*role).to_owned()));
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
