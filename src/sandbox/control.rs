//! `/_sandbox/`: what only a sandbox has. Faults to arm, e-mails to mark as verified, and what was
//! asked and delivered. No token is needed; only this machine may come here.

use std::sync::Arc;

use axum::Json;
use axum::Router;
use axum::body::Bytes;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{delete, get, post};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::App;
use super::clock::iso;
use super::fault::{Arming, Fault, FaultError};
use super::http::{ApiError, json_value, rendered};
use super::{checkouts, customers, time};
use crate::duration::parse_duration;

/// The control routes.
pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/_sandbox/", get(overview))
        .route("/_sandbox/requests", get(requests))
        .route("/_sandbox/deliveries", get(deliveries))
        .route("/_sandbox/faults", get(faults).post(arm).delete(disarm_all))
        .route("/_sandbox/faults/{name}", delete(disarm))
        .route("/_sandbox/customers/{id}/verify", post(verify))
        .route("/_sandbox/clock", get(clock).post(advance))
        .route("/_sandbox/reset", post(reset))
        .route("/_sandbox/checkouts/{id}/pay", post(pay))
        .route("/_sandbox/checkouts/{id}/decline", post(decline))
}

async fn overview(State(app): State<Arc<App>>) -> Response {
    let known: Vec<Value> =
        Fault::all().map(|(_, name, does)| json!({"name": name, "does": does})).collect();
    ok(&json!({
        "version": env!("CARGO_PKG_VERSION"),
        "organization_id": app.organization.id,
        "faults": known,
        "armed": app.faults.listed(),
    }))
}

async fn requests(State(app): State<Arc<App>>) -> Response {
    ok(&json!({"items": app.journal.requests()}))
}

async fn deliveries(State(app): State<Arc<App>>) -> Response {
    ok(&json!({"items": app.journal.deliveries()}))
}

async fn faults(State(app): State<Arc<App>>) -> Response {
    armed(&app)
}

/// `{"name": "slow", "duration": "500ms", "times": 2}`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FaultRequest {
    name: String,
    duration: Option<String>,
    times: Option<u32>,
    #[serde(default)]
    after: u32,
    on: Option<String>,
    endpoint: Option<Uuid>,
}

impl FaultRequest {
    fn arming(&self, fault: Fault) -> Result<Arming, FaultError> {
        let mut arming = Arming::from(fault).aimed(self.after, self.on.clone(), self.endpoint)?;
        if let Some(text) = &self.duration {
            arming = arming.lasting(text)?;
        }
        match self.times {
            Some(times) => arming.counted(times),
            None => Ok(arming),
        }
    }
}

async fn arm(
    State(app): State<Arc<App>>,
    wanted: Result<Json<FaultRequest>, JsonRejection>,
) -> Response {
    let Json(wanted) = match wanted {
        Ok(wanted) => wanted,
        Err(rejection) => return refused(&rejection.body_text()),
    };
    let fault: Fault = match wanted.name.parse() {
        Ok(fault) => fault,
        Err(error) => return refused(&format!("{error}")),
    };
    let arming = match wanted.arming(fault) {
        Ok(arming) => arming,
        Err(error) => return refused(&format!("{error}")),
    };
    if arming.times == Some(0) {
        app.faults.disarm(Some(fault));
    } else {
        app.faults.arm(arming);
    }
    app.dispatcher.wake();
    armed(&app)
}

async fn disarm(State(app): State<Arc<App>>, Path(name): Path<String>) -> Response {
    match name.parse() {
        Ok(fault) => {
            app.faults.disarm(Some(fault));
            armed(&app)
        }
        Err(error) => refused(&format!("{error}")),
    }
}

async fn disarm_all(State(app): State<Arc<App>>) -> Response {
    app.faults.disarm(None);
    armed(&app)
}

async fn verify(State(app): State<Arc<App>>, Path(id): Path<String>) -> Response {
    let Ok(id) = id.parse::<Uuid>() else { return ApiError::MISSING.into_response() };
    match customers::verify(&app, id).await {
        Ok(doc) => rendered(doc),
        Err(problem) => problem.into_response(),
    }
}

async fn clock(State(app): State<Arc<App>>) -> Response {
    ok(&json!({"now": iso(app.clock.now())}))
}

/// `{"advance": "31d"}`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ClockRequest {
    advance: String,
}

async fn advance(
    State(app): State<Arc<App>>,
    wanted: Result<Json<ClockRequest>, JsonRejection>,
) -> Response {
    let Json(wanted) = match wanted {
        Ok(wanted) => wanted,
        Err(rejection) => return refused(&rejection.body_text()),
    };
    match parse_duration(&wanted.advance) {
        Ok(by) => answer(time::advance(&app, by).await.map(|now| json!({"now": iso(now)}))),
        Err(error) => refused(&error.to_string()),
    }
}

async fn reset(State(app): State<Arc<App>>) -> Response {
    answer(time::reset(&app).await.map(|()| json!({"now": iso(app.clock.now())})))
}

/// The body may say who pays: `{"customer_email", "customer_name", "customer_billing_address"}`.
async fn pay(State(app): State<Arc<App>>, Path(id): Path<String>, body: Bytes) -> Response {
    let Ok(id) = id.parse() else { return ApiError::MISSING.into_response() };
    answer(checkouts::pay(&app, id, said(&body)).await)
}

async fn decline(State(app): State<Arc<App>>, Path(id): Path<String>, body: Bytes) -> Response {
    let Ok(id) = id.parse() else { return ApiError::MISSING.into_response() };
    answer(checkouts::decline(&app, id, said(&body)).await)
}

fn said(body: &Bytes) -> Map<String, Value> {
    serde_json::from_slice(body).unwrap_or_default()
}

fn answer(outcome: Result<Value, ApiError>) -> Response {
    outcome.map_or_else(ApiError::into_response, |shown| ok(&shown))
}

fn armed(app: &App) -> Response {
    ok(&json!({"armed": app.faults.listed()}))
}

fn ok(value: &Value) -> Response {
    json_value(StatusCode::OK, value)
}

fn refused(reason: &str) -> Response {
    json_value(StatusCode::UNPROCESSABLE_ENTITY, &json!({"detail": reason}))
}
