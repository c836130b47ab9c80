//! `GET /v1/products/`

use axum::response::Response;

use super::model::Product;
use crate::sandbox::http::{ApiError, Call};
use crate::sandbox::record::{listed_records, order_by};
use crate::sandbox::store::{Select, metadata_is};
use crate::sandbox::validate::Validator;

/// Lists products.
pub(crate) async fn list(call: Call) -> Result<Response, ApiError> {
    let mut validator = Validator::default();
    let criteria = ["created_at", "name", "price_amount_type", "price_amount"];
    let ids = call.query.ids(&mut validator, "id");
    let organizations = call.query.ids(&mut validator, "organization_id");
    let archived = call.query.flag(&mut validator, "is_archived");
    let recurring = call.query.flag(&mut validator, "is_recurring");
    let benefits = call.query.ids(&mut validator, "benefit_id");
    let page = call.query.page(&mut validator);
    let sorting = call.query.sorting(&mut validator, &criteria);
    let page = validator.finish(page)?;
    let mut select = Select::new("product", "1");
    select.and_among("id IN (#)", ids.iter().map(ToString::to_string));
    if !organizations.is_empty() && !organizations.contains(&call.app.organization.id) {
        select.nothing();
    }
    if let Some(words) = call.query.last("query") {
        select.and("instr(lower(doc ->> 'name'), ?) > 0", [words.to_lowercase()]);
    }
    if let Some(archived) = archived {
        select.and("doc ->> 'is_archived' = ?", [i64::from(archived)]);
    }
    if let Some(recurring) = recurring {
        select.and("doc ->> 'is_recurring' = ?", [i64::from(recurring)]);
    }
    select.and_among(
        "EXISTS (SELECT 1 FROM json_each(doc, '$.benefits') WHERE value IN (#))",
        benefits.iter().map(ToString::to_string),
    );
    for (key, values) in call.query.metadata() {
        let clause = metadata_is("doc", "$.metadata", values.len());
        select.and(&clause, std::iter::once(key).chain(values).map(str::to_owned));
    }
    let order = order_by(&sorting, |criterion| match criterion {
        "name" => "doc ->> 'name'",
        "price_amount_type" => "doc -> 'prices' -> 0 ->> 'amount_type'",
        "price_amount" => "doc -> 'prices' -> 0 ->> 'price_amount'",
        _ => "seq",
    });
    listed_records::<Product>(&call, &select, &order, page)
}
