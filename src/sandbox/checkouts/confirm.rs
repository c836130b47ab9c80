//! `POST /v1/checkouts/client/{client_secret}/confirm`: the buyer agrees, and pays.

use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};

use super::body::CheckoutBody;
use super::list::by_secret;
use super::model::{Checkout, Status};
use super::update::{apply, missing};
use crate::sandbox::clock::iso;
use crate::sandbox::customers::{self, By, Customer, NewBuyer};
use crate::sandbox::fault::{Fault, Occasion};
use crate::sandbox::http::{ApiError, Call, json_value};
use crate::sandbox::jobs::Job;
use crate::sandbox::portal;
use crate::sandbox::record;
use crate::sandbox::subscriptions::Subscription;
use crate::sandbox::transaction::Transaction;
use crate::sandbox::validate::{Flaw, Validator};

/// Confirms a checkout; it succeeds a moment later.
pub(crate) async fn confirm(call: Call) -> Result<Response, ApiError> {
    let mut validator = Validator::default();
    let secret = call.segment("client_secret");
    let body = call.read_body(&mut validator, CheckoutBody::read_update);
    let body = validator.finish(body)?;
    let now = call.app.clock.now();
    let shown = call.app.change(now, move |tx| {
        let mut checkout = by_secret(tx, &secret)?;
        let shown = perform(tx, &mut checkout, body)?;
        tx.schedule(Job::Checkout, checkout.id, tx.now + tx.app.lag.grants())?;
        Ok(shown)
    });
    Ok(json_value(StatusCode::OK, &shown.await?))
}

/// Confirms, and returns what the buyer sees. A declined payment changes nothing.
pub(super) fn perform(
    tx: &Transaction<'_>,
    checkout: &mut Checkout,
    body: CheckoutBody,
) -> Result<Value, ApiError> {
    let token = body.confirmation_token_id.clone();
    apply(tx, checkout, CheckoutBody { metadata: None, ..body })?;
    let needs_payment = checkout.needs_payment(tx)?;
    let flaws = lacking(checkout, needs_payment, token.is_some());
    if !flaws.is_empty() {
        return Err(ApiError::Rules(flaws));
    }
    let declined = token.is_some_and(|token| token.contains("decline"));
    if needs_payment
        && (declined || tx.app.faults.fires(Fault::PaymentDeclined, Occasion::Any).is_some())
    {
        return Err(ApiError::named(
            StatusCode::BAD_REQUEST,
            "PaymentError",
            "The payment failed: Your card was declined. Please try again with a different \
             payment method.",
        ));
    }
    let (customer, found_by_email) = buyer(tx, checkout)?;
    refuse_second_subscription(tx, checkout, &customer)?;
    checkout.customer_id = Some(customer.id);
    checkout.status = Status::Confirmed;
    checkout.modified_at = Some(iso(tx.now));
    record::save(tx, checkout)?;
    record::emit(tx, &["checkout.updated"], checkout)?;
    announce(tx, &customer)?;
    let mut shown = checkout.for_buyers(&tx.app, tx)?;
    shown["customer_session_token"] = if found_by_email {
        Value::Null
    } else {
        json!(portal::open_session(tx, customer.id, None)?.token)
    };
    Ok(shown)
}

/// What the buyer has not said yet.
fn lacking(checkout: &Checkout, needs_payment: bool, has_token: bool) -> Vec<Flaw> {
    const REQUIRED: &str = "Field is required.";
    let mut flaws = Vec::new();
    if checkout.customer_name.is_none() {
        flaws.push(missing(&["customer_name"], REQUIRED));
    }
    if checkout.customer_email.is_none() {
        flaws.push(missing(&["customer_email"], REQUIRED));
    }
    if needs_payment {
        for field in checkout.missing_in_address() {
            flaws.push(missing(&["customer_billing_address", field], REQUIRED));
        }
        if checkout.customer_billing_address.is_none() {
            flaws.push(missing(&["customer_billing_address"], REQUIRED));
        }
        if !has_token {
            flaws.push(missing(&["confirmation_token_id"], "Confirmation token is required."));
        }
    }
    flaws
}

/// The customer who buys: the one that the checkout names, the one with its e-mail, or a new one.
/// Returns whether the e-mail alone led to it.
fn buyer(tx: &Transaction<'_>, checkout: &Checkout) -> Result<(Customer, bool), ApiError> {
    let named = match (checkout.customer_id, &checkout.external_customer_id) {
        (Some(id), _) => there(customers::find(tx, &By::Id(id)))?,
        (None, Some(id)) => there(customers::find(tx, &By::External(id.clone())))?,
        (None, None) => None,
    };
    let email = checkout.customer_email.as_deref().unwrap_or_default();
    let by_email = if named.is_none() { customers::with_email(tx, email)? } else { None };
    let found_by_email = by_email.is_some();
    let known = named.or(by_email);
    let Some(mut customer) = known else {
        let new = NewBuyer {
            email: email.to_owned(),
            name: checkout.customer_name.clone(),
            external_id: checkout.external_customer_id.clone(),
            billing_address: checkout.customer_billing_address.clone(),
            locale: checkout.locale.clone(),
            metadata: checkout.customer_metadata.clone(),
        };
        return Ok((customers::add_buyer(tx, new)?, false));
    };
    customer.name = customer.name.or_else(|| checkout.customer_name.clone());
    if checkout.customer_billing_address.is_some() {
        customer.billing_address.clone_from(&checkout.customer_billing_address);
    }
    customer.locale = Some(checkout.locale.clone());
    customer.metadata.extend(checkout.customer_metadata.clone());
    customer.modified_at = Some(iso(tx.now));
    customers::save(tx, &mut customer)?;
    Ok((customer, found_by_email))
}

fn there(found: Result<Customer, ApiError>) -> Result<Option<Customer>, ApiError> {
    match found {
        Ok(customer) => Ok(Some(customer)),
        Err(ApiError::NotFound(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// A new customer says so itself; a known one was changed.
fn announce(tx: &Transaction<'_>, customer: &Customer) -> Result<(), ApiError> {
    if customer.modified_at.is_some() {
        tx.emit_customer("customer.updated", customer.id)?;
        tx.emit_customer("customer.state_changed", customer.id)?;
    }
    Ok(())
}

/// A customer has one subscription at a time, unless the organization allows more.
fn refuse_second_subscription(
    tx: &Transaction<'_>,
    checkout: &Checkout,
    customer: &Customer,
) -> Result<(), ApiError> {
    if !checkout.sums(tx)?.product.is_recurring || checkout.subscription_id.is_some() {
        return Ok(());
    }
    let running = "customer = ? AND status IN ('active', 'trialing')";
    let other: Option<Subscription> = record::first(tx, running, [customer.id.to_string()])?;
    if other.is_none() {
        return Ok(());
    }
    Err(ApiError::named(
        StatusCode::FORBIDDEN,
        "AlreadyActiveSubscriptionError",
        "You already have an active subscription.",
    ))
}
