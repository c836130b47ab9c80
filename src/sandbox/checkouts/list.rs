//! Reading checkouts.

use axum::http::StatusCode;
use axum::response::Response;
use rusqlite::Connection;

use super::model::{Checkout, Status};
use crate::sandbox::customers;
use crate::sandbox::http::{ApiError, Call, json_value};
use crate::sandbox::record::{self, listed_records, order_by};
use crate::sandbox::store::Select;
use crate::sandbox::validate::Validator;

/// `GET /v1/checkouts/`
pub(crate) async fn list(call: Call) -> Result<Response, ApiError> {
    let mut validator = Validator::default();
    let products = call.query.ids(&mut validator, "product_id");
    let customers = call.query.ids(&mut validator, "customer_id");
    let statuses = call.query.words(&mut validator, "status", "CheckoutStatus", &Status::NAMES);
    let page = call.query.page(&mut validator);
    let criteria = ["created_at", "expires_at", "status"];
    let sorting = call.query.sorting(&mut validator, &criteria);
    let page = validator.finish(page)?;
    let mut select = Select::new("checkout", "1");
    select.and_among("doc ->> 'product_id' IN (#)", products.iter().map(ToString::to_string));
    select.and_among("customer IN (#)", customers.iter().map(ToString::to_string));
    customers::and_external(&mut select, &call.query);
    select.and_among("doc ->> 'status' IN (#)", statuses.iter().map(|name| (*name).to_owned()));
    if let Some(words) = call.query.last("query") {
        let clause = "instr(lower(doc ->> 'customer_email'), ?) > 0";
        select.and(clause, [words.to_lowercase()]);
    }
    let order = order_by(&sorting, |criterion| match criterion {
        "expires_at" => "doc ->> 'expires_at'",
        "status" => "doc ->> 'status'",
        _ => "seq",
    });
    listed_records::<Checkout>(&call, &select, &order, page)
}

/// `GET /v1/checkouts/client/{client_secret}`
pub(crate) async fn get_client(call: Call) -> Result<Response, ApiError> {
    let secret = call.segment("client_secret");
    let shown = call
        .app
        .store
        .read(|connection| by_secret(connection, &secret)?.for_buyers(&call.app, connection))?;
    Ok(json_value(StatusCode::OK, &shown))
}

/// The checkout with this secret, or the 404.
pub(super) fn by_secret(connection: &Connection, secret: &str) -> Result<Checkout, ApiError> {
    record::first(connection, "secret = ?", [secret])?.ok_or(ApiError::MISSING)
}
