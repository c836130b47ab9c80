//! What time brings: a new period, a declined card and the retries that follow, the end.

use uuid::Uuid;

use super::cancel::{changed, end};
use super::model::{Status, Subscription};
use crate::sandbox::benefits;
use crate::sandbox::clock::{Micros, iso, micros};
use crate::sandbox::discounts::Discount;
use crate::sandbox::fault::{Fault, Occasion};
use crate::sandbox::http::ApiError;
use crate::sandbox::jobs::Job;
use crate::sandbox::orders::{self, Order, Reason};
use crate::sandbox::products::{Price, Product};
use crate::sandbox::record;
use crate::sandbox::transaction::Transaction;

const DAY: Micros = 24 * 60 * 60 * 1_000_000;
/// The waits between the attempts to charge a card, in days; after the last attempt the charge is given up.
const RETRIES: [Micros; 4] = [2, 5, 7, 7];

/// Another product at another price for a subscription that runs.
pub(crate) fn upgrade(
    tx: &Transaction<'_>,
    subscription: &mut Subscription,
    product: &Product,
    price: &Price,
    amount: i64,
) -> Result<(), ApiError> {
    let Some(interval) = product.recurring_interval else { return Err(ApiError::MISSING) };
    let count = product.recurring_interval_count.unwrap_or(1);
    subscription.product_id = product.id;
    subscription.price_id = price.id;
    subscription.amount = amount;
    subscription.recurring_interval = interval;
    subscription.recurring_interval_count = count;
    subscription.current_period_start = iso(tx.now);
    subscription.current_period_end = iso(interval.after(tx.now, count));
    changed(tx, subscription, &["subscription.updated"])?;
    schedule(tx, subscription)?;
    benefits::settle_soon(tx, subscription.id)
}

/// Has a subscription renewed when its period ends.
pub(super) fn schedule(tx: &Transaction<'_>, subscription: &Subscription) -> Result<(), ApiError> {
    tx.schedule(Job::Cycle, subscription.id, micros(&subscription.current_period_end))
}

/// The period has ended: the next one starts there, or a cancellation takes effect.
pub(crate) fn cycle(tx: &Transaction<'_>, id: Uuid) -> Result<(), ApiError> {
    let Some(mut subscription) = record::find::<Subscription>(tx, id)? else { return Ok(()) };
    if subscription.status == Status::Canceled {
        return Ok(());
    }
    if subscription.cancel_at_period_end {
        return end(tx, &mut subscription);
    }
    let start = micros(&subscription.current_period_end);
    let interval = subscription.recurring_interval;
    subscription.current_period_start = iso(start);
    subscription.current_period_end =
        iso(interval.after(start, subscription.recurring_interval_count));
    if subscription.status == Status::Trialing {
        subscription.status = Status::Active;
    }
    changed(tx, &mut subscription, &["subscription.cycled", "subscription.updated"])?;
    schedule(tx, &subscription)?;
    if subscription.amount == 0 {
        return benefits::cycle(tx, subscription.id);
    }
    let product: Product = record::expect(tx, subscription.product_id)?;
    let order = orders::make(
        tx,
        Reason {
            billing: "subscription_cycle",
            product: &product,
            price: subscription.price_id,
            currency: &subscription.currency,
            subtotal: subscription.amount,
            discount: discount(tx, &subscription)?,
            customer: subscription.customer_id,
            subscription: Some(&subscription),
            checkout: None,
            metadata: subscription.metadata.clone(),
        },
    )?;
    record::save(tx, &order)?;
    record::emit(tx, &["order.created"], &order)?;
    tx.schedule(Job::Charge, order.id, tx.now + tx.app.lag.state())
}

/// What a discount takes off a renewal: `once` is over, `repeating` counts months.
fn discount(
    tx: &Transaction<'_>,
    subscription: &Subscription,
) -> Result<Option<(Uuid, i64)>, ApiError> {
    let Some(id) = subscription.discount_id else { return Ok(None) };
    let Some(discount) = record::find::<Discount>(tx, id)? else { return Ok(None) };
    let applies = match discount.duration.as_str() {
        "forever" => true,
        "repeating" => {
            let months = discount.duration_in_months.unwrap_or(0);
            let started = micros(&subscription.started_at);
            tx.now < crate::sandbox::products::Interval::Month.after(started, months)
        }
        _ => false,
    };
    Ok(applies.then(|| (id, discount.of(subscription.amount))))
}

/// Tries to charge the card for a renewal.
pub(crate) fn charge(tx: &Transaction<'_>, order: Uuid) -> Result<(), ApiError> {
    let Some(mut order) = record::find::<Order>(tx, order)? else { return Ok(()) };
    let Some(id) = order.subscription_id.filter(|_| !order.paid) else { return Ok(()) };
    let Some(mut subscription) = record::find::<Subscription>(tx, id)? else { return Ok(()) };
    if subscription.status == Status::Canceled {
        return void(tx, &mut order);
    }
    if tx.app.faults.fires(Fault::PaymentDeclined, Occasion::Any).is_some() {
        return decline(tx, &mut subscription, order);
    }
    let recovered = subscription.status == Status::PastDue;
    if recovered {
        subscription.status = Status::Active;
        subscription.past_due_at = None;
        changed(tx, &mut subscription, &["subscription.updated", "subscription.active"])?;
        benefits::settle_soon(tx, id)?;
    }
    orders::paid(tx, &mut order, false)?;
    if recovered { Ok(()) } else { benefits::cycle(tx, id) }
}

/// The card was declined: past due at once, then again after some days, and in the end the end.
fn decline(
    tx: &Transaction<'_>,
    subscription: &mut Subscription,
    mut order: Order,
) -> Result<(), ApiError> {
    let Some(wait) = RETRIES.get(order.declined) else {
        subscription.canceled_at = Some(iso(tx.now));
        subscription.ends_at = Some(iso(tx.now));
        end(tx, subscription)?;
        return void(tx, &mut order);
    };
    order.declined += 1;
    let again = tx.now + wait * DAY;
    order.next_payment_attempt_at = Some(iso(again));
    order.modified_at = Some(iso(tx.now));
    record::save(tx, &order)?;
    tx.schedule(Job::Charge, order.id, again)?;
    if subscription.status != Status::PastDue {
        subscription.status = Status::PastDue;
        subscription.past_due_at = Some(iso(tx.now));
        changed(tx, subscription, &["subscription.updated", "subscription.past_due"])?;
        benefits::settle_soon(tx, subscription.id)?;
    }
    Ok(())
}

fn void(tx: &Transaction<'_>, order: &mut Order) -> Result<(), ApiError> {
    order.void();
    order.next_payment_attempt_at = None;
    order.modified_at = Some(iso(tx.now));
    record::save(tx, order)?;
    record::emit(tx, &["order.updated"], order)
}
