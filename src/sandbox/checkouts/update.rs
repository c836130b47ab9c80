//! `PATCH /v1/checkouts/{id}`, and by client secret.

use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};

use super::body::CheckoutBody;
use super::create::discount;
use super::list::by_secret;
use super::model::{Checkout, Status};
use crate::sandbox::clock::iso;
use crate::sandbox::http::{ApiError, Call, json_value};
use crate::sandbox::products::Product;
use crate::sandbox::record::{self, Record as _};
use crate::sandbox::transaction::Transaction;
use crate::sandbox::validate::{Flaw, Validator};

/// By the shop.
pub(crate) async fn update(call: Call) -> Result<Response, ApiError> {
    let mut validator = Validator::default();
    let id = call.id(&mut validator, "id");
    let body = call.read_body(&mut validator, CheckoutBody::read_update);
    let (id, body) = validator.finish(id.zip(body))?;
    let now = call.app.clock.now();
    let shown = call.app.change(now, move |tx| {
        let mut checkout: Checkout = record::expect(tx, id)?;
        change(tx, &mut checkout, body)?;
        checkout.render(tx)
    });
    Ok(json_value(StatusCode::OK, &shown.await?))
}

/// By the buyer.
pub(crate) async fn update_client(call: Call) -> Result<Response, ApiError> {
    let mut validator = Validator::default();
    let secret = call.segment("client_secret");
    let body = call.read_body(&mut validator, CheckoutBody::read_update);
    let body = validator.finish(body)?;
    let now = call.app.clock.now();
    let shown = call.app.change(now, move |tx| {
        let mut checkout = by_secret(tx, &secret)?;
        change(tx, &mut checkout, CheckoutBody { metadata: None, ..body })?;
        checkout.for_buyers(&tx.app, tx)
    });
    Ok(json_value(StatusCode::OK, &shown.await?))
}

fn change(
    tx: &Transaction<'_>,
    checkout: &mut Checkout,
    body: CheckoutBody,
) -> Result<(), ApiError> {
    apply(tx, checkout, body)?;
    checkout.modified_at = Some(iso(tx.now));
    record::save(tx, checkout)?;
    record::emit(tx, &["checkout.updated"], checkout)
}

/// Makes the change, and keeps the rules.
pub(super) fn apply(
    tx: &Transaction<'_>,
    checkout: &mut Checkout,
    mut body: CheckoutBody,
) -> Result<(), ApiError> {
    if checkout.status != Status::Open {
        return Err(not_open(checkout));
    }
    if let Some(id) = body.product_id {
        let product: Option<Product> = record::find(tx, id)?;
        let product = product.filter(|product| checkout.products.contains(&product.id));
        let Some(product) = product else {
            let msg = "Product is not available in this checkout.";
            let flaw = Flaw::in_body("value_error", "product_id", msg, json!(id));
            return Err(ApiError::Rules(vec![flaw]));
        };
        if let [price, ..] = product.current_prices()[..] {
            checkout.product_id = id;
            checkout.product_price_id = price.id;
        }
    }
    discount(tx, &mut body)?.apply_to(&mut checkout.discount_id);
    body.apply_to(checkout);
    // Where nothing is paid, nothing is billed (measured).
    if !checkout.needs_payment(tx)? {
        checkout.customer_billing_name = None;
    }
    Ok(())
}

pub(super) fn not_open(checkout: &Checkout) -> ApiError {
    let status = json!(checkout.status);
    let status = status.as_str().unwrap_or_default();
    let detail = format!("Checkout {} is not open: {status}", checkout.id);
    ApiError::named(StatusCode::FORBIDDEN, "NotOpenCheckout", detail)
}

/// An error about a field that has to be there.
pub(super) fn missing(loc: &[&str], msg: &str) -> Flaw {
    let loc = std::iter::once("body").chain(loc.iter().copied()).map(Into::into).collect();
    Flaw { kind: "missing", loc, msg: msg.to_owned(), input: Value::Null, ctx: None }
}
