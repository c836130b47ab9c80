//! Reading one customer.

use std::time::Duration;

use axum::http::StatusCode;
use axum::response::Response;
use serde_json::Value;

use super::export::export;
use super::state::{kept_state, with_state};
use super::store::{By, document};
use crate::sandbox::App;
use crate::sandbox::clock::{Micros, micros};
use crate::sandbox::fault::Fault;
use crate::sandbox::http::{ApiError, Call, json_value, listed, rendered};
use crate::sandbox::validate::Validator;

/// `GET /v1/customers/{id}`, and `GET /v1/customers/export`. For other methods `export` is an
/// invalid id.
pub(crate) async fn get(call: Call) -> Result<Response, ApiError> {
    if call.segment("id") == "export" {
        return export(call).await;
    }
    let by = By::Id(call.only_id("id")?);
    Ok(rendered(one(&call.app, &by)?))
}

/// `GET /v1/customers/external/{external_id}`
pub(crate) async fn get_external(call: Call) -> Result<Response, ApiError> {
    let by = By::External(call.segment("external_id"));
    Ok(rendered(one(&call.app, &by)?))
}

/// `GET /v1/customers/{id}/state`
pub(crate) async fn state(call: Call) -> Result<Response, ApiError> {
    let by = By::Id(call.only_id("id")?);
    state_by(&call, &by)
}

/// `GET /v1/customers/external/{external_id}/state`
pub(crate) async fn state_external(call: Call) -> Result<Response, ApiError> {
    let by = By::External(call.segment("external_id"));
    state_by(&call, &by)
}

/// `GET /v1/customers/{id}/payment-methods`: no payment is made here, so there are none.
pub(crate) async fn payment_methods(call: Call) -> Result<Response, ApiError> {
    let mut validator = Validator::default();
    let page = call.query.page(&mut validator);
    let id = call.id(&mut validator, "id");
    let (page, id) = validator.finish(page.zip(id))?;
    one(&call.app, &By::Id(id))?;
    Ok(listed::<Value>(&[], 0, page))
}

/// `GET /v1/customers/external/{external_id}/payment-methods`
pub(crate) async fn payment_methods_external(call: Call) -> Result<Response, ApiError> {
    let mut validator = Validator::default();
    let page = call.query.page(&mut validator);
    let page = validator.finish(page)?;
    one(&call.app, &By::External(call.segment("external_id")))?;
    Ok(listed::<Value>(&[], 0, page))
}

fn state_by(call: &Call, by: &By) -> Result<Response, ApiError> {
    let customer: Value = serde_json::from_str(&one(&call.app, by)?)?;
    let id = customer["id"].as_str().and_then(|id| id.parse().ok()).ok_or(ApiError::MISSING)?;
    let state = call.app.store.read(|connection| kept_state(connection, id))?;
    Ok(json_value(StatusCode::OK, &with_state(customer, state.as_deref())?))
}

fn one(app: &App, by: &By) -> Result<String, ApiError> {
    let doc = app.store.read(|connection| document(connection, by))?.ok_or(ApiError::MISSING)?;
    match app.faults.armed(Fault::NotYetReadable) {
        Some(delay) if is_younger(&doc, delay, app.clock.now()) => Err(ApiError::MISSING),
        _ => Ok(doc),
    }
}

fn is_younger(doc: &str, age: Duration, now: Micros) -> bool {
    let customer: Value = serde_json::from_str(doc).unwrap_or_default();
    let created_at = customer["created_at"].as_str().map_or(0, micros);
    u128::try_from(now.saturating_sub(created_at)).is_ok_and(|since| since < age.as_micros())
}
