//! `GET /v1/benefits/`, and one benefit.

use axum::http::StatusCode;
use axum::response::Response;

use super::body::KINDS;
use super::model::Benefit;
use crate::sandbox::http::{ApiError, Call, json_value};
use crate::sandbox::record::{self, listed_records, order_by};
use crate::sandbox::store::{Select, metadata_is};
use crate::sandbox::validate::Validator;

/// Lists benefits.
pub(crate) async fn list(call: Call) -> Result<Response, ApiError> {
    let mut validator = Validator::default();
    let organizations = call.query.ids(&mut validator, "organization_id");
    let kinds = call.query.words(&mut validator, "type", "BenefitType", &KINDS);
    let ids = call.query.ids(&mut validator, "id");
    let excluded = call.query.ids(&mut validator, "exclude_id");
    let page = call.query.page(&mut validator);
    let criteria = ["created_at", "description", "type", "user_order"];
    let sorting = call.query.sorting(&mut validator, &criteria);
    let page = validator.finish(page)?;
    let mut select = Select::new("benefit", "NOT deleted");
    if !organizations.is_empty() && !organizations.contains(&call.app.organization.id) {
        select.nothing();
    }
    select.and_among("doc ->> 'type' IN (#)", kinds.iter().map(|kind| (*kind).to_owned()));
    select.and_among("id IN (#)", ids.iter().map(ToString::to_string));
    select.and_among("id NOT IN (#)", excluded.iter().map(ToString::to_string));
    if let Some(words) = call.query.last("query") {
        select.and("instr(lower(doc ->> 'description'), ?) > 0", [words.to_lowercase()]);
    }
    for (key, values) in call.query.metadata() {
        let clause = metadata_is("doc", "$.metadata", values.len());
        select.and(&clause, std::iter::once(key).chain(values).map(str::to_owned));
    }
    let order = order_by(&sorting, |criterion| match criterion {
        "description" => "doc ->> 'description'",
        "type" => "doc ->> 'type'",
        _ => "seq",
    });
    listed_records::<Benefit>(&call, &select, &order, page)
}

/// `GET /v1/benefits/{id}`
pub(crate) async fn get(call: Call) -> Result<Response, ApiError> {
    let id = call.only_id("id")?;
    let benefit: Benefit = call.app.store.read(|connection| record::expect(connection, id))?;
    if benefit.is_deleted {
        return Err(ApiError::MISSING);
    }
    Ok(json_value(StatusCode::OK, &benefit))
}
