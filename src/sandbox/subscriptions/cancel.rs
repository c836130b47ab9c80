//! Ending subscriptions: at the end of the period, or at once.

use uuid::Uuid;

use super::model::{Status, Subscription};
use crate::sandbox::clock::iso;
use crate::sandbox::http::ApiError;
use crate::sandbox::record;
use crate::sandbox::transaction::Transaction;
use crate::sandbox::{benefits, customers};

/// Why a customer cancels.
#[derive(Default)]
pub(crate) struct Reason {
    pub(super) reason: Option<String>,
    pub(super) comment: Option<String>,
}

pub(super) fn already_canceled() -> ApiError {
    ApiError::named(
        axum::http::StatusCode::FORBIDDEN,
        "AlreadyCanceledSubscription",
        "This subscription is already canceled or will be at the end of the period.",
    )
}

/// Ends it with the period; until then it stays active.
pub(super) fn at_period_end(
    tx: &Transaction<'_>,
    subscription: &mut Subscription,
    reason: Reason,
) -> Result<(), ApiError> {
    if subscription.cancel_at_period_end || subscription.status == Status::Canceled {
        return Err(already_canceled());
    }
    subscription.cancel_at_period_end = true;
    subscription.canceled_at = Some(iso(tx.now));
    subscription.ends_at = Some(subscription.current_period_end.clone());
    subscription.customer_cancellation_reason = reason.reason;
    subscription.customer_cancellation_comment = reason.comment;
    changed(tx, subscription, &["subscription.updated", "subscription.canceled"])
}

/// A customer cancels: it ends with the period.
pub(crate) fn by_customer(
    tx: &Transaction<'_>,
    subscription: &mut Subscription,
) -> Result<(), ApiError> {
    at_period_end(tx, subscription, Reason::default())
}

/// Takes that back.
pub(super) fn take_back(
    tx: &Transaction<'_>,
    subscription: &mut Subscription,
) -> Result<(), ApiError> {
    use axum::http::StatusCode;
    if subscription.status == Status::Canceled {
        return Err(ApiError::named(
            StatusCode::GONE,
            "ResourceUnavailable",
            "This subscription is revoked.",
        ));
    }
    if !subscription.cancel_at_period_end {
        return Err(ApiError::named(
            StatusCode::BAD_REQUEST,
            "BadRequest",
            "This subscription is not set to be canceled at the end of the period.",
        ));
    }
    subscription.cancel_at_period_end = false;
    subscription.canceled_at = None;
    subscription.ends_at = None;
    subscription.customer_cancellation_reason = None;
    subscription.customer_cancellation_comment = None;
    changed(tx, subscription, &["subscription.updated", "subscription.uncanceled"])
}

/// Ends it at once.
pub(super) fn now(
    tx: &Transaction<'_>,
    subscription: &mut Subscription,
    reason: Reason,
) -> Result<(), ApiError> {
    if subscription.status == Status::Canceled {
        return Err(already_canceled());
    }
    subscription.canceled_at.get_or_insert_with(|| iso(tx.now));
    subscription.ends_at = Some(iso(tx.now));
    subscription.customer_cancellation_reason =
        reason.reason.or(subscription.customer_cancellation_reason.take());
    subscription.customer_cancellation_comment =
        reason.comment.or(subscription.customer_cancellation_comment.take());
    end(tx, subscription)
}

/// It has ended: access goes.
pub(super) fn end(tx: &Transaction<'_>, subscription: &mut Subscription) -> Result<(), ApiError> {
    subscription.status = Status::Canceled;
    subscription.ended_at = Some(iso(tx.now));
    let kinds = ["subscription.updated", "subscription.canceled", "subscription.revoked"];
    changed(tx, subscription, &kinds)?;
    benefits::settle_soon(tx, subscription.id)
}

/// Ends all subscriptions of a customer, who is deleted.
pub(crate) fn revoke_all_of(tx: &Transaction<'_>, customer: Uuid) -> Result<(), ApiError> {
    let running = "customer = ? AND status <> 'canceled'";
    for mut subscription in record::all(tx, running, [customer.to_string()])? {
        now(tx, &mut subscription, Reason::default())?;
    }
    Ok(())
}

/// Keeps a changed subscription and says so.
pub(super) fn changed(
    tx: &Transaction<'_>,
    subscription: &mut Subscription,
    kinds: &[&str],
) -> Result<(), ApiError> {
    subscription.modified_at = Some(iso(tx.now));
    record::save(tx, subscription)?;
    record::emit(tx, kinds, subscription)?;
    customers::state_changes(tx, subscription.customer_id)
}
