//! `GET /v1/subscriptions/`

use axum::response::Response;

use super::model::Subscription;
use crate::sandbox::customers;
use crate::sandbox::http::{ApiError, Call};
use crate::sandbox::record::{listed_records, order_by};
use crate::sandbox::store::{Select, metadata_is};
use crate::sandbox::validate::Validator;

const CRITERIA: [&str; 7] =
    ["customer", "status", "started_at", "current_period_end", "amount", "product", "discount"];

/// Lists subscriptions.
pub(crate) async fn list(call: Call) -> Result<Response, ApiError> {
    let mut validator = Validator::default();
    let select = select(&call, &mut validator);
    let customers = call.query.ids(&mut validator, "customer_id");
    let page = call.query.page(&mut validator);
    let sorting = call.query.sorting(&mut validator, &CRITERIA);
    let page = validator.finish(page)?;
    let mut select = select;
    select.and_among("customer IN (#)", customers.iter().map(ToString::to_string));
    customers::and_external(&mut select, &call.query);
    for (key, values) in call.query.metadata() {
        let clause = metadata_is("doc", "$.metadata", values.len());
        select.and(&clause, std::iter::once(key).chain(values).map(str::to_owned));
    }
    let order = order_by(&sorting, |criterion| match criterion {
        "customer" => "customer",
        "status" => "status",
        "current_period_end" => "doc ->> 'current_period_end'",
        "amount" => "doc ->> 'amount'",
        "product" => "product",
        _ => "doc ->> 'started_at'",
    });
    listed_records::<Subscription>(&call, &select, &order, page)
}

/// The filters that the portal has as well.
pub(crate) fn select(call: &Call, validator: &mut Validator) -> Select {
    let mut select = Select::new("subscription", "1");
    let products = call.query.ids(validator, "product_id");
    let discounts = call.query.ids(validator, "discount_id");
    let active = call.query.flag(validator, "active");
    let ending = call.query.flag(validator, "cancel_at_period_end");
    select.and_among("product IN (#)", products.iter().map(ToString::to_string));
    select.and_among("doc ->> 'discount_id' IN (#)", discounts.iter().map(ToString::to_string));
    if let Some(active) = active {
        select.and("(status IN ('active', 'trialing', 'past_due')) = ?", [i64::from(active)]);
    }
    if let Some(ending) = ending {
        select.and("doc ->> 'cancel_at_period_end' = ?", [i64::from(ending)]);
    }
    select
}
