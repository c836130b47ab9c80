//! What follows a confirmed checkout: the subscription, the order, the benefits.

use uuid::Uuid;

use super::model::{Checkout, Status, Sums};
use crate::sandbox::benefits;
use crate::sandbox::clock::iso;
use crate::sandbox::discounts::Discount;
use crate::sandbox::http::ApiError;
use crate::sandbox::orders::{self, Reason};
use crate::sandbox::record;
use crate::sandbox::subscriptions::{self, Subscription};
use crate::sandbox::transaction::Transaction;

/// The payment has come through, or there was nothing to pay.
pub(crate) fn complete(tx: &Transaction<'_>, id: Uuid) -> Result<(), ApiError> {
    let Some(mut checkout) = record::find::<Checkout>(tx, id)? else { return Ok(()) };
    let Some(customer) = checkout.customer_id.filter(|_| checkout.status == Status::Confirmed)
    else {
        return Ok(());
    };
    let sums = checkout.sums(tx)?;
    let subscription = subscription(tx, &checkout, &sums, customer)?;
    if sums.product.is_recurring && checkout.trial(&sums.product).is_some() {
        // A trial has no order; the first comes with the first period.
    } else {
        let mut order = orders::make(
            tx,
            Reason {
                billing: if subscription.is_some() { "subscription_create" } else { "purchase" },
                product: &sums.product,
                price: sums.price.id,
                currency: &sums.price.currency,
                subtotal: sums.amount,
                discount: sums
                    .discount
                    .as_ref()
                    .map(|discount| (discount.id, sums.discount_amount)),
                customer,
                subscription: subscription.as_ref(),
                checkout: Some(checkout.id),
                metadata: checkout.metadata.clone(),
            },
        )?;
        orders::paid(tx, &mut order, true)?;
    }
    if let Some(mut discount) = sums.discount {
        discount.redemptions_count += 1;
        record::save::<Discount>(tx, &discount)?;
    }
    checkout.status = Status::Succeeded;
    checkout.modified_at = Some(iso(tx.now));
    record::save(tx, &checkout)?;
    record::emit(tx, &["checkout.updated"], &checkout)?;
    match subscription {
        Some(subscription) => benefits::settle_soon(tx, subscription.id),
        None => Ok(()),
    }
}

/// The subscription that is bought: a new one, or another product for one that runs.
fn subscription(
    tx: &Transaction<'_>,
    checkout: &Checkout,
    sums: &Sums,
    customer: Uuid,
) -> Result<Option<Subscription>, ApiError> {
    if !sums.product.is_recurring {
        return Ok(None);
    }
    let running = record::find::<Subscription>(tx, checkout.subscription_id)?;
    if let Some(mut running) = running {
        subscriptions::upgrade(tx, &mut running, &sums.product, &sums.price, sums.amount)?;
        return Ok(Some(running));
    }
    let mut new = Subscription::starting(tx.now, customer, &sums.product, &sums.price, sums.amount);
    new.metadata.clone_from(&checkout.metadata);
    new.checkout_id = Some(checkout.id);
    new.discount_id = sums.discount.as_ref().map(|discount| discount.id);
    if let Some((interval, count)) = checkout.trial(&sums.product) {
        new.start_trial(tx.now, interval.after(tx.now, count));
    }
    subscriptions::start(tx, &new)?;
    Ok(Some(new))
}

/// A checkout that was never confirmed ends after a day.
pub(crate) fn expire(tx: &Transaction<'_>, id: Uuid) -> Result<(), ApiError> {
    let Some(mut checkout) = record::find::<Checkout>(tx, id)? else { return Ok(()) };
    if checkout.status != Status::Open {
        return Ok(());
    }
    checkout.status = Status::Expired;
    checkout.modified_at = Some(iso(tx.now));
    record::save(tx, &checkout)?;
    record::emit(tx, &["checkout.expired"], &checkout)
}
