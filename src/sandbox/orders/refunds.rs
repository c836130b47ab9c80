//! `/v1/refunds/`: paying back an order, whole or in part.

use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::model::{Order, Status};
use crate::sandbox::benefits;
use crate::sandbox::clock::iso;
use crate::sandbox::customers;
use crate::sandbox::http::{ApiError, Call, created};
use crate::sandbox::record::{self, Record, listed_records, order_by};
use crate::sandbox::store::Select;
use crate::sandbox::transaction::Transaction;
use crate::sandbox::validate::{Flaw, Validator, between, boolean, metadata, string, uuid4};

const REASONS: [&str; 6] = [
    "duplicate",
    "fraudulent",
    "customer_request",
    "service_disruption",
    "satisfaction_guarantee",
    "other",
];
const EXPECTED: &str = "<RefundReason.duplicate: 'duplicate'>, \
    <RefundReason.fraudulent: 'fraudulent'>, \
    <RefundReason.customer_request: 'customer_request'>, \
    <RefundReason.service_disruption: 'service_disruption'>, \
    <RefundReason.satisfaction_guarantee: 'satisfaction_guarantee'> or \
    <RefundReason.other: 'other'>";

/// A refund, its keys in the order of the real answers.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Refund {
    created_at: String,
    modified_at: Option<String>,
    id: Uuid,
    metadata: Map<String, Value>,
    status: String,
    reason: String,
    amount: i64,
    tax_amount: i64,
    currency: String,
    organization_id: Uuid,
    order_id: Uuid,
    subscription_id: Option<Uuid>,
    customer_id: Uuid,
    revoke_benefits: bool,
    dispute: Option<Value>,
}

impl Record for Refund {
    const TABLE: &'static str = "refund";

    fn id(&self) -> Uuid {
        self.id
    }
}

struct RefundCreate {
    metadata: Map<String, Value>,
    order: Uuid,
    reason: String,
    amount: i64,
    revoke_benefits: bool,
}

/// Pays back.
pub(crate) async fn create(call: Call) -> Result<Response, ApiError> {
    let mut validator = Validator::default();
    let body = call.read_body(&mut validator, read);
    let body = validator.finish(body)?;
    let app = call.app;
    let now = app.clock.now();
    let refund = app.change(now, move |tx| pay_back(tx, body)).await?;
    Ok(created(&refund))
}

fn pay_back(tx: &Transaction<'_>, body: RefundCreate) -> Result<Refund, ApiError> {
    let refused = |field: &str, msg: &str, input: Value| {
        Err(ApiError::Rules(vec![Flaw::in_body("value_error", field, msg, input)]))
    };
    let Some(mut order) = record::find::<Order>(tx, body.order)? else {
        return refused("order_id", "Order not found", json!(body.order));
    };
    if order.status == Status::Refunded {
        let detail = format!("Order is already fully refunded: {}", order.id);
        return Err(ApiError::named(StatusCode::FORBIDDEN, "RefundedAlready", detail));
    }
    if !order.paid || body.amount > order.refundable_amount() {
        let msg = "Refund amount exceeds refundable amount";
        return refused("amount", msg, json!(body.amount));
    }
    if body.revoke_benefits && order.subscription_id.is_some() {
        let msg = "Benefits can only be revoked for one-time purchases.";
        return refused("revoke_benefits", msg, json!(true));
    }
    let refund = Refund {
        created_at: iso(tx.now),
        modified_at: None,
        id: Uuid::new_v4(),
        metadata: body.metadata,
        status: "succeeded".to_owned(),
        reason: body.reason,
        amount: body.amount,
        tax_amount: 0,
        currency: order.currency.clone(),
        organization_id: tx.app.organization.id,
        order_id: order.id,
        subscription_id: order.subscription_id,
        customer_id: order.customer_id,
        revoke_benefits: body.revoke_benefits,
        dispute: None,
    };
    record::save(tx, &refund)?;
    record::emit(tx, &["refund.created"], &refund)?;
    order.refunded_amount += body.amount;
    order.status = match order.refundable_amount() {
        0 => Status::Refunded,
        _ => Status::PartiallyRefunded,
    };
    order.modified_at = Some(iso(tx.now));
    order.benefits_revoked |= body.revoke_benefits;
    record::save(tx, &order)?;
    record::emit(tx, &["order.updated", "order.refunded"], &order)?;
    if body.revoke_benefits {
        benefits::settle_soon(tx, order.id)?;
    }
    Ok(refund)
}

fn read(validator: &mut Validator, value: &Value) -> Option<RefundCreate> {
    let map = validator.object(value)?;
    let metadata = validator.optional(map, "metadata", metadata).unwrap_or_default();
    let order = validator.required(map, "order_id", uuid4);
    let reason = validator.required(map, "reason", |validator, value| {
        let known = REASONS.iter().find(|reason| value == **reason);
        known.map(|reason| (*reason).to_owned()).or_else(|| {
            let msg = format!("Input should be {EXPECTED}");
            validator.flaw_with("literal_error", msg, value, json!({"expected": EXPECTED}))
        })
    });
    let amount = validator.required(map, "amount", between(1, i64::from(i32::MAX)));
    validator.nullable(map, "comment", string);
    let revoke_benefits = validator.optional(map, "revoke_benefits", boolean);
    Some(RefundCreate {
        metadata,
        order: order?,
        reason: reason?,
        amount: amount?,
        revoke_benefits: revoke_benefits.unwrap_or(false),
    })
}

/// `GET /v1/refunds/`
pub(crate) async fn list(call: Call) -> Result<Response, ApiError> {
    let mut validator = Validator::default();
    let ids = call.query.ids(&mut validator, "id");
    let orders = call.query.ids(&mut validator, "order_id");
    let subscriptions = call.query.ids(&mut validator, "subscription_id");
    let customers = call.query.ids(&mut validator, "customer_id");
    let succeeded = call.query.flag(&mut validator, "succeeded");
    let page = call.query.page(&mut validator);
    let sorting = call.query.sorting(&mut validator, &["created_at", "amount"]);
    let page = validator.finish(page)?;
    let mut select = Select::new("refund", "1");
    select.and_among("id IN (#)", ids.iter().map(ToString::to_string));
    select.and_among("doc ->> 'order_id' IN (#)", orders.iter().map(ToString::to_string));
    let subscriptions = subscriptions.iter().map(ToString::to_string);
    select.and_among("doc ->> 'subscription_id' IN (#)", subscriptions);
    select.and_among("customer IN (#)", customers.iter().map(ToString::to_string));
    customers::and_external(&mut select, &call.query);
    if succeeded == Some(false) {
        select.nothing();
    }
    let order = order_by(&sorting, |criterion| match criterion {
        "amount" => "doc ->> 'amount'",
        _ => "seq",
    });
    listed_records::<Refund>(&call, &select, &order, page)
}
