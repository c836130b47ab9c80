//! Reading members.

use axum::http::StatusCode;
use axum::response::Response;
use uuid::Uuid;

use super::model::Role;
use super::store::{Lookup, customer_id, find};
use crate::sandbox::customers::By;
use crate::sandbox::http::{ApiError, Call, json_value, listed_docs};
use crate::sandbox::store::Select;
use crate::sandbox::validate::{Page, Validator};

/// One member, however it is looked up.
pub(crate) async fn get(
    call: Call,
    lookup: fn(&Call, &mut Validator) -> Option<Lookup>,
) -> Result<Response, ApiError> {
    let mut validator = Validator::default();
    let lookup = lookup(&call, &mut validator);
    let lookup = validator.finish(lookup)?;
    let member = call.app.store.read(|connection| find(connection, &lookup))?;
    Ok(json_value(StatusCode::OK, &member))
}

/// `GET /v1/members/`. A customer's id is a text here, which only Python's own parser reads: an
/// unreadable one is not found (from Polar's source).
pub(crate) async fn list(call: Call) -> Result<Response, ApiError> {
    let mut validator = Validator::default();
    let wanted = MemberQuery::read(&call, &mut validator);
    let wanted = validator.finish(wanted)?;
    let mut whose = Vec::new();
    if let Some(text) = call.query.last("customer_id") {
        let id = python_uuid(text).ok_or(ApiError::NotFound("Invalid customer ID format"))?;
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

/// The query, without the customers.
struct MemberQuery {
    page: Page,
    up: bool,
    role: Option<&'static str>,
}

impl MemberQuery {
    fn read(call: &Call, validator: &mut Validator) -> Option<Self> {
        let page = call.query.page(validator);
        let sorting = call.query.sorting(validator, &["created_at"]);
        let role = call.query.word(validator, "role", &Role::NAMES);
        let page = page?;
        Some(Self { page, up: sorting.last().is_some_and(|(_, down)| !down), role })
    }
}

/// The members that belong to every customer of `whose`; to a customer that is not there, none.
fn page(call: &Call, wanted: &MemberQuery, whose: &[Option<Uuid>]) -> Result<Response, ApiError> {
    let mut select = Select::new("member", "1");
    for customer in whose {
        match customer {
            Some(id) => select.and(
                "customer = (SELECT seq FROM customer WHERE id = ?)",
                [id.as_bytes().to_vec()],
            ),
            None => select.nothing(),
        }
    }
    if let Some(role) = wanted.role {
        select.and("role = ?", [role.to_owned()]);
    }
    let order = if wanted.up { "ASC" } else { "DESC" };
    let order = format!("ORDER BY created_at {order}, seq {order}");
    listed_docs(call, &select, &order, wanted.page)
}
