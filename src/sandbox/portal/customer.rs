//! `/v1/customer-portal/`: what a customer sees, and canceling.

use axum::http::StatusCode;
use axum::response::Response;
use rusqlite::Connection;
use serde_json::Value;
use uuid::Uuid;

use super::sessions::own;
use crate::sandbox::benefits::Grant;
use crate::sandbox::customers;
use crate::sandbox::http::{ApiError, Call, json_value};
use crate::sandbox::meters::CustomerMeter;
use crate::sandbox::record::{self, Record as _, listed_as};
use crate::sandbox::store::Select;
use crate::sandbox::subscriptions::{self, Subscription};
use crate::sandbox::validate::Validator;

/// `GET /v1/customer-portal/customers/me`
pub(crate) async fn me(call: Call) -> Result<Response, ApiError> {
    let customer = call.customer()?;
    let shown = call.app.store.read(|connection| customers::shown(connection, customer))?;
    Ok(json_value(StatusCode::OK, &own(&shown)))
}

/// `GET /v1/customer-portal/subscriptions/`
pub(crate) async fn subscriptions(call: Call) -> Result<Response, ApiError> {
    let customer = call.customer()?;
    let mut validator = Validator::default();
    let mut select = subscriptions::select(&call, &mut validator);
    let page = call.query.page(&mut validator);
    let page = validator.finish(page)?;
    select.and("customer = ?", [customer.to_string()]);
    let app = &call.app;
    let shown = |subscription: &Subscription, c: &Connection| subscription.for_buyers(app, c);
    listed_as(&call, &select, "ORDER BY seq DESC", page, shown)
}

/// `GET /v1/customer-portal/subscriptions/{id}`
pub(crate) async fn subscription(call: Call) -> Result<Response, ApiError> {
    let customer = call.customer()?;
    let id = call.only_id("id")?;
    let shown = call
        .app
        .store
        .read(|connection| theirs(connection, customer, id)?.for_buyers(&call.app, connection))?;
    Ok(json_value(StatusCode::OK, &shown))
}

fn theirs(connection: &Connection, customer: Uuid, id: Uuid) -> Result<Subscription, ApiError> {
    let subscription: Subscription = record::expect(connection, id)?;
    if subscription.customer_id == customer { Ok(subscription) } else { Err(ApiError::MISSING) }
}

/// `PATCH /v1/customer-portal/subscriptions/{id}`
pub(crate) async fn cancel(call: Call) -> Result<Response, ApiError> {
    let customer = call.customer()?;
    let (id, update) = subscriptions::read_update(&call)?;
    let now = call.app.clock.now();
    let shown = call.app.change(now, move |tx| {
        let mut subscription = theirs(tx, customer, id)?;
        subscriptions::apply(tx, &mut subscription, update)?;
        subscription.for_buyers(&tx.app, tx)
    });
    Ok(json_value(StatusCode::OK, &shown.await?))
}

/// `DELETE /v1/customer-portal/subscriptions/{id}`: it ends with its period.
pub(crate) async fn revoke(call: Call) -> Result<Response, ApiError> {
    let customer = call.customer()?;
    let id = call.only_id("id")?;
    let now = call.app.clock.now();
    let shown = call.app.change(now, move |tx| {
        let mut subscription = theirs(tx, customer, id)?;
        subscriptions::cancel(tx, &mut subscription)?;
        subscription.for_buyers(&tx.app, tx)
    });
    Ok(json_value(StatusCode::OK, &shown.await?))
}

/// `GET /v1/customer-portal/benefit-grants/`
pub(crate) async fn grants(call: Call) -> Result<Response, ApiError> {
    let customer = call.customer()?;
    let mut validator = Validator::default();
    let page = call.query.page(&mut validator);
    let page = validator.finish(page)?;
    let mut select = Select::new("benefit_grant", "granted");
    select.and("customer = ?", [customer.to_string()]);
    listed_as(&call, &select, "ORDER BY seq DESC", page, for_buyers)
}

fn for_buyers(grant: &Grant, connection: &Connection) -> Result<Value, ApiError> {
    let mut shown = grant.render(connection)?;
    shown["customer"] = own(&shown["customer"]);
    Ok(shown)
}

/// `GET /v1/customer-portal/meters/`
pub(crate) async fn meters(call: Call) -> Result<Response, ApiError> {
    let customer = call.customer()?;
    let mut validator = Validator::default();
    let meters = call.query.ids(&mut validator, "meter_id");
    let page = call.query.page(&mut validator);
    let page = validator.finish(page)?;
    let mut select = Select::new("customer_meter", "1");
    select.and("customer = ?", [customer.to_string()]);
    select.and_among("meter IN (#)", meters.iter().map(ToString::to_string));
    listed_as(&call, &select, "ORDER BY seq DESC", page, CustomerMeter::for_buyers)
}

/// `GET /v1/customer-portal/meters/{id}`
pub(crate) async fn meter(call: Call) -> Result<Response, ApiError> {
    let customer = call.customer()?;
    let id = call.only_id("id")?;
    let shown = call.app.store.read(|connection| {
        let meter: CustomerMeter = record::expect(connection, id)?;
        if meter.customer_id != customer {
            return Err(ApiError::MISSING);
        }
        meter.for_buyers(connection)
    })?;
    Ok(json_value(StatusCode::OK, &shown))
}
