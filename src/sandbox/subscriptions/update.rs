//! `PATCH` and `DELETE /v1/subscriptions/{id}`. A PATCH takes one kind of change.

use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::cancel::{self, Reason, changed};
use super::change;
use super::model::Subscription;
use crate::sandbox::http::{ApiError, Call, json_value};
use crate::sandbox::record::{self, Record as _};
use crate::sandbox::transaction::Transaction;
use crate::sandbox::validate::{Flaw, Validator, boolean, choice, string, uuid4};

const REASONS: [&str; 8] = [
    "customer_service",
    "low_quality",
    "missing_features",
    "switched_service",
    "too_complex",
    "too_expensive",
    "unused",
    "other",
];

/// What a PATCH changes.
pub(crate) enum SubscriptionUpdate {
    Nothing,
    Product(Uuid),
    Cancel(bool, Reason),
    Revoke(Reason),
    NotImitated,
}

/// Changes a subscription.
pub(crate) async fn update(call: Call) -> Result<Response, ApiError> {
    let (id, update) = read_update(&call)?;
    perform(call, id, update).await
}

/// Which subscription a PATCH changes, and how.
pub(crate) fn read_update(call: &Call) -> Result<(Uuid, SubscriptionUpdate), ApiError> {
    let mut validator = Validator::default();
    let id = call.id(&mut validator, "id");
    let update = call.read_body(&mut validator, read);
    Ok(validator.finish(id.zip(update))?)
}

/// Ends a subscription at once.
pub(crate) async fn revoke(call: Call) -> Result<Response, ApiError> {
    let id = call.only_id("id")?;
    perform(call, id, SubscriptionUpdate::Revoke(Reason::default())).await
}

async fn perform(call: Call, id: Uuid, update: SubscriptionUpdate) -> Result<Response, ApiError> {
    let app = call.app;
    let now = app.clock.now();
    let shown = app
        .change(now, move |tx| {
            let mut subscription: Subscription = record::expect(tx, id)?;
            apply(tx, &mut subscription, update)?;
            subscription.render(tx)
        })
        .await?;
    Ok(json_value(StatusCode::OK, &shown))
}

/// Makes one kind of change.
pub(crate) fn apply(
    tx: &Transaction<'_>,
    subscription: &mut Subscription,
    update: SubscriptionUpdate,
) -> Result<(), ApiError> {
    match update {
        SubscriptionUpdate::Nothing => changed(tx, subscription, &["subscription.updated"]),
        SubscriptionUpdate::Product(product) => change::product(tx, subscription, product),
        SubscriptionUpdate::Cancel(true, reason) => cancel::at_period_end(tx, subscription, reason),
        SubscriptionUpdate::Cancel(false, _) => cancel::take_back(tx, subscription),
        SubscriptionUpdate::Revoke(reason) => cancel::now(tx, subscription, reason),
        SubscriptionUpdate::NotImitated => {
            Err(ApiError::NotImitated("this change of a subscription"))
        }
    }
}

/// The schemas of a PATCH: the field that has to be there, and those that may be.
const BRANCHES: [(&str, &str, &[&str]); 7] = [
    ("SubscriptionUpdateProduct", "product_id", &["proration_behavior"]),
    ("SubscriptionUpdateDiscount", "discount_id", &[]),
    ("SubscriptionUpdateTrial", "trial_end", &[]),
    ("SubscriptionUpdateSeats", "seats", &["proration_behavior"]),
    ("SubscriptionUpdateBillingPeriod", "current_billing_period_end", &[]),
    (
        "SubscriptionCancel",
        "cancel_at_period_end",
        &["customer_cancellation_reason", "customer_cancellation_comment"],
    ),
    (
        "SubscriptionRevoke",
        "revoke",
        &["customer_cancellation_reason", "customer_cancellation_comment"],
    ),
];

fn read(validator: &mut Validator, value: &Value) -> Option<SubscriptionUpdate> {
    let map = validator.object(value)?;
    if map.is_empty() {
        return Some(SubscriptionUpdate::Nothing);
    }
    let mut flaws: Vec<Flaw> = Vec::new();
    for (name, field, others) in BRANCHES {
        let read = validator.attempt(|validator| {
            validator.at(name, |validator| {
                let update =
                    validator.required(map, field, |v, value| branch(v, map, field, value));
                for key in map.keys().filter(|key| *key != field && !others.contains(&key.as_str()))
                {
                    validator.at(key.as_str(), |validator| {
                        let msg = "Extra inputs are not permitted";
                        validator.flaw::<()>("extra_forbidden", msg, &map[key])
                    });
                }
                update
            })
        });
        match read {
            Ok(update) => return Some(update),
            Err(found) => flaws.extend(found),
        }
    }
    validator.report(flaws)
}

fn branch(
    validator: &mut Validator,
    map: &Map<String, Value>,
    field: &str,
    value: &Value,
) -> Option<SubscriptionUpdate> {
    match field {
        "product_id" => uuid4(validator, value).map(SubscriptionUpdate::Product),
        "cancel_at_period_end" => {
            let cancel = boolean(validator, value)?;
            Some(SubscriptionUpdate::Cancel(cancel, reason(validator, map)))
        }
        "revoke" if *value == Value::Bool(true) => {
            Some(SubscriptionUpdate::Revoke(reason(validator, map)))
        }
        "revoke" => validator.flaw("literal_error", "Input should be True", value),
        _ => Some(SubscriptionUpdate::NotImitated),
    }
}

fn reason(validator: &mut Validator, map: &Map<String, Value>) -> Reason {
    let reason = validator.nullable(map, "customer_cancellation_reason", |v, value| {
        choice(v, value, &REASONS).map(str::to_owned)
    });
    let comment = validator.nullable(map, "customer_cancellation_comment", string);
    Reason { reason: reason.value(), comment: comment.value() }
}
