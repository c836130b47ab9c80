//! Another product for a running subscription.

use axum::http::StatusCode;
use serde_json::json;
use uuid::Uuid;

use super::cancel::{already_canceled, changed};
use super::cycle::schedule;
use super::model::{Status, Subscription};
use crate::sandbox::benefits;
use crate::sandbox::clock::iso;
use crate::sandbox::http::ApiError;
use crate::sandbox::products::{Amount, Product};
use crate::sandbox::record;
use crate::sandbox::transaction::Transaction;
use crate::sandbox::validate::Flaw;

/// Changes the product. Another interval starts a new period.
pub(super) fn product(
    tx: &Transaction<'_>,
    subscription: &mut Subscription,
    id: Uuid,
) -> Result<(), ApiError> {
    let refused = |msg: &str| {
        ApiError::Rules(vec![Flaw::in_body("value_error", "product_id", msg, json!(id))])
    };
    if subscription.status == Status::Canceled || subscription.cancel_at_period_end {
        return Err(already_canceled());
    }
    let product: Option<Product> = record::find(tx, id)?;
    let product = product.ok_or_else(|| refused("Product does not exist."))?;
    if product.is_archived {
        return Err(refused("Product is archived."));
    }
    let Some(interval) = product.recurring_interval else {
        return Err(refused("Product is not a recurring product."));
    };
    let [price, ..] = product.current_prices()[..] else {
        return Err(refused("Product is archived."));
    };
    let amount = match price.amount {
        Amount::Fixed { price_amount } => price_amount,
        Amount::Custom { minimum_amount, preset_amount, .. } => {
            preset_amount.unwrap_or(minimum_amount)
        }
    };
    if amount > 0 && subscription.amount == 0 {
        return Err(ApiError::named(
            StatusCode::PAYMENT_REQUIRED,
            "PaymentFailed",
            "The customer has no payment method.",
        ));
    }
    let count = product.recurring_interval_count.unwrap_or(1);
    if (interval, count) != (subscription.recurring_interval, subscription.recurring_interval_count)
    {
        subscription.current_period_start = iso(tx.now);
        subscription.current_period_end = iso(interval.after(tx.now, count));
    }
    subscription.product_id = id;
    subscription.price_id = price.id;
    subscription.amount = amount;
    subscription.recurring_interval = interval;
    subscription.recurring_interval_count = count;
    changed(tx, subscription, &["subscription.updated"])?;
    schedule(tx, subscription)?;
    benefits::settle_soon(tx, subscription.id)
}
