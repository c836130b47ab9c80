//! `GET /v1/orders/`

use axum::http::StatusCode;
use axum::response::Response;
use rusqlite::Connection;

use super::model::Order;
use crate::sandbox::customers;
use crate::sandbox::http::{ApiError, Call, json_value};
use crate::sandbox::record::{self, listed_as, listed_records, order_by};
use crate::sandbox::store::{Select, metadata_is};
use crate::sandbox::validate::Validator;

const CRITERIA: [&str; 9] = [
    "created_at",
    "status",
    "invoice_number",
    "amount",
    "net_amount",
    "customer",
    "product",
    "discount",
    "subscription",
];

/// Lists orders.
pub(crate) async fn list(call: Call) -> Result<Response, ApiError> {
    let mut validator = Validator::default();
    let mut select = select(&call, &mut validator);
    let customers = call.query.ids(&mut validator, "customer_id");
    let checkouts = call.query.ids(&mut validator, "checkout_id");
    let page = call.query.page(&mut validator);
    let sorting = call.query.sorting(&mut validator, &CRITERIA);
    let page = validator.finish(page)?;
    select.and_among("customer IN (#)", customers.iter().map(ToString::to_string));
    customers::and_external(&mut select, &call.query);
    select.and_among("doc ->> 'checkout_id' IN (#)", checkouts.iter().map(ToString::to_string));
    for (key, values) in call.query.metadata() {
        let clause = metadata_is("doc", "$.metadata", values.len());
        select.and(&clause, std::iter::once(key).chain(values).map(str::to_owned));
    }
    let order = order_by(&sorting, |criterion| match criterion {
        "status" => "doc ->> 'status'",
        "invoice_number" => "doc ->> 'invoice_number'",
        "amount" | "net_amount" => "doc ->> 'net_amount'",
        "customer" => "customer",
        "product" => "doc ->> 'product_id'",
        "discount" => "doc ->> 'discount_id'",
        "subscription" => "subscription",
        _ => "seq",
    });
    listed_records::<Order>(&call, &select, &order, page)
}

/// `GET /v1/customer-portal/orders/`
pub(crate) async fn of_portal(call: Call) -> Result<Response, ApiError> {
    let customer = call.customer()?;
    let mut validator = Validator::default();
    let mut select = select(&call, &mut validator);
    let page = call.query.page(&mut validator);
    let page = validator.finish(page)?;
    select.and("customer = ?", [customer.to_string()]);
    let app = &call.app;
    let shown = |order: &Order, connection: &Connection| order.for_buyers(app, connection);
    listed_as(&call, &select, "ORDER BY seq DESC", page, shown)
}

/// `GET /v1/customer-portal/orders/{id}`
pub(crate) async fn one_of_portal(call: Call) -> Result<Response, ApiError> {
    let customer = call.customer()?;
    let id = call.only_id("id")?;
    let shown = call.app.store.read(|connection| {
        let order: Order = record::expect(connection, id)?;
        if order.customer_id != customer {
            return Err(ApiError::MISSING);
        }
        order.for_buyers(&call.app, connection)
    })?;
    Ok(json_value(StatusCode::OK, &shown))
}

/// The filters that the portal has as well.
fn select(call: &Call, validator: &mut Validator) -> Select {
    let mut select = Select::new("purchase", "1");
    let products = call.query.ids(validator, "product_id");
    let discounts = call.query.ids(validator, "discount_id");
    let subscriptions = call.query.ids(validator, "subscription_id");
    let kind = call.query.word(validator, "product_billing_type", &["one_time", "recurring"]);
    select.and_among("doc ->> 'product_id' IN (#)", products.iter().map(ToString::to_string));
    select.and_among("doc ->> 'discount_id' IN (#)", discounts.iter().map(ToString::to_string));
    select.and_among("subscription IN (#)", subscriptions.iter().map(ToString::to_string));
    if let Some(kind) = kind {
        select.and("(subscription IS NOT NULL) = ?", [i64::from(kind == "recurring")]);
    }
    select
}
