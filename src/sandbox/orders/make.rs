//! Making orders, and what happens when they are paid.

use serde_json::Value;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::model::{Item, Order, Status};
use crate::sandbox::benefits;
use crate::sandbox::clock::{Micros, iso};
use crate::sandbox::customers::{self, Customer};
use crate::sandbox::http::ApiError;
use crate::sandbox::jobs::Job;
use crate::sandbox::products::Product;
use crate::sandbox::record;
use crate::sandbox::subscriptions::Subscription;
use crate::sandbox::transaction::Transaction;

/// Why there is an order, and what it is of.
pub(crate) struct Reason<'r> {
    pub(crate) billing: &'static str,
    pub(crate) product: &'r Product,
    pub(crate) price: Uuid,
    pub(crate) currency: &'r str,
    pub(crate) subtotal: i64,
    pub(crate) discount: Option<(Uuid, i64)>,
    pub(crate) customer: Uuid,
    pub(crate) subscription: Option<&'r Subscription>,
    pub(crate) checkout: Option<Uuid>,
    pub(crate) metadata: serde_json::Map<String, Value>,
}

/// A new order, pending. It is not kept yet.
pub(crate) fn make(tx: &Transaction<'_>, reason: Reason<'_>) -> Result<Order, ApiError> {
    let customer: Customer = serde_json::from_value(customers::shown(tx, reason.customer)?)?;
    let discount_amount = reason.discount.map_or(0, |(_, amount)| amount);
    let net = reason.subtotal - discount_amount;
    let earlier: i64 = tx
        .prepare_cached("SELECT count(*) FROM purchase WHERE customer = ?")?
        .query_row([reason.customer.to_string()], |row| row.get(0))?;
    let label = match reason.subscription.filter(|_| reason.billing == "subscription_cycle") {
        Some(subscription) => format!(
            "{} \u{2014} From {} to {}",
            reason.product.name,
            day(&subscription.current_period_start),
            day(&subscription.current_period_end)
        ),
        None => reason.product.name.clone(),
    };
    let prefix = tx.app.organization.invoice_prefix();
    Ok(Order {
        id: Uuid::new_v4(),
        created_at: iso(tx.now),
        modified_at: None,
        status: Status::Pending,
        paid: false,
        subtotal_amount: reason.subtotal,
        discount_amount,
        net_amount: net,
        tax_amount: 0,
        total_amount: net,
        applied_balance_amount: 0,
        due_amount: net,
        refunded_amount: 0,
        refunded_tax_amount: 0,
        currency: reason.currency.to_owned(),
        billing_reason: reason.billing.to_owned(),
        billing_name: customer.name,
        billing_address: customer.billing_address,
        invoice_number: format!("{prefix}-{}-{:04}", short_id(reason.customer), earlier + 1),
        is_invoice_generated: false,
        receipt_number: None,
        seats: None,
        units: None,
        customer_id: reason.customer,
        product_id: reason.product.id,
        product_price_id: reason.price,
        discount_id: reason.discount.map(|(id, _)| id),
        subscription_id: reason.subscription.map(|subscription| subscription.id),
        checkout_id: reason.checkout,
        next_payment_attempt_at: None,
        metadata: reason.metadata,
        custom_field_data: serde_json::Map::new(),
        platform_fee_amount: 0,
        platform_fee_currency: None,
        items: vec![Item {
            created_at: iso(tx.now),
            modified_at: None,
            id: Uuid::new_v4(),
            label,
            amount: reason.subtotal,
            tax_amount: 0,
            proration: false,
            product_price_id: reason.price,
        }],
        description: reason.product.name.clone(),
        declined: 0,
        benefits_revoked: false,
    })
}

/// The order is paid. A new one is created paid, so that nothing says it was pending (measured).
pub(crate) fn paid(tx: &Transaction<'_>, order: &mut Order, is_new: bool) -> Result<(), ApiError> {
    order.status = Status::Paid;
    order.paid = true;
    order.next_payment_attempt_at = None;
    order.modified_at = Some(iso(tx.now));
    record::save(tx, order)?;
    if is_new {
        record::emit(tx, &["order.created"], order)?;
    }
    record::emit(tx, &["order.updated"], order)?;
    if order.total_amount > 0 {
        let number = order.invoice_number.rsplit('-').next().unwrap_or_default();
        order.receipt_number = Some(format!("RCPT-{}-{number}", short_id(order.customer_id)));
        record::save(tx, order)?;
        if is_new {
            tx.schedule(Job::Fee, order.id, tx.now + tx.app.lag.state() * 3 / 2)?;
        }
    }
    record::emit(tx, &["order.paid"], order)?;
    if order.subscription_id.is_none() {
        benefits::settle_soon(tx, order.id)?;
    }
    Ok(())
}

/// What the payment cost is known some time after it: 5% and 50 cents (measured).
pub(crate) fn settle_fee(tx: &Transaction<'_>, order: Uuid) -> Result<(), ApiError> {
    let Some(mut order) = record::find::<Order>(tx, order)? else { return Ok(()) };
    order.platform_fee_amount = order.total_amount / 20 + 50;
    order.platform_fee_currency = Some(order.currency.clone());
    order.modified_at = Some(iso(tx.now));
    record::save(tx, &order)?;
    record::emit(tx, &["order.updated"], &order)
}

/// Ten letters that stand for a customer in the numbers of its invoices.
fn short_id(customer: Uuid) -> String {
    let hash = Sha256::digest(customer.as_bytes());
    hash.iter().take(10).map(|byte| char::from(b'A' + byte % 26)).collect()
}

/// `Nov 25, 2026`
fn day(at: &str) -> String {
    let at: Micros = crate::sandbox::clock::micros(at);
    let day = jiff::Timestamp::from_microsecond(at).unwrap_or_default();
    let day = day.to_zoned(jiff::tz::TimeZone::UTC);
    day.strftime("%b %d, %Y").to_string()
}
