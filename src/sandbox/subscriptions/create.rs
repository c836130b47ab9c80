//! `POST /v1/subscriptions/`: free products only, the others are bought in a checkout.

use axum::response::Response;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::cycle::schedule;
use super::model::Subscription;
use crate::sandbox::customers::{By, find};
use crate::sandbox::http::{ApiError, Call, created};
use crate::sandbox::products::Product;
use crate::sandbox::record::{self, Record as _};
use crate::sandbox::transaction::Transaction;
use crate::sandbox::validate::{Flaw, Validator, metadata, string, uuid4};
use crate::sandbox::{benefits, customers};

struct SubscriptionCreate {
    metadata: Map<String, Value>,
    product: Uuid,
    customer: By,
}

/// Makes a subscription.
pub(crate) async fn create(call: Call) -> Result<Response, ApiError> {
    let mut validator = Validator::default();
    let body = call.read_body(&mut validator, read);
    let body = validator.finish(body)?;
    let app = call.app;
    let now = app.clock.now();
    let shown = app
        .change(now, move |tx| {
            let (product, customer) = check(tx, &body)?;
            let [price, ..] = product.current_prices()[..] else { return Err(ApiError::MISSING) };
            let mut subscription = Subscription::starting(now, customer, &product, price, 0);
            subscription.metadata = body.metadata;
            start(tx, &subscription)?;
            subscription.render(tx)
        })
        .await?;
    Ok(created(&shown))
}

/// Keeps a new subscription, and lets everything follow.
pub(crate) fn start(tx: &Transaction<'_>, subscription: &Subscription) -> Result<(), ApiError> {
    record::save(tx, subscription)?;
    let kinds = ["subscription.created", "subscription.active", "subscription.updated"];
    record::emit(tx, &kinds, subscription)?;
    schedule(tx, subscription)?;
    benefits::settle_soon(tx, subscription.id)?;
    customers::state_changes(tx, subscription.customer_id)
}

/// The product that is subscribed to, and by whom.
fn check(tx: &Transaction<'_>, body: &SubscriptionCreate) -> Result<(Product, Uuid), ApiError> {
    let refused = |field: &str, msg: &str, input| {
        ApiError::Rules(vec![Flaw::in_body("value_error", field, msg, input)])
    };
    let about_product = |msg| refused("product_id", msg, json!(body.product));
    let product: Option<Product> = record::find(tx, body.product)?;
    let product = product.ok_or_else(|| about_product("Product does not exist."))?;
    if !product.is_recurring {
        return Err(about_product("Product is not a recurring product."));
    }
    if !product.is_free() {
        return Err(about_product(
            "Product is not free. The customer should go through a checkout to create a paid \
             subscription.",
        ));
    }
    match find(tx, &body.customer) {
        Ok(customer) => Ok((product, customer.id)),
        Err(ApiError::NotFound(_)) => {
            let (field, input) = body.customer.named();
            Err(refused(field, "Customer does not exist.", input))
        }
        Err(error) => Err(error),
    }
}

/// The customer is named by either id; where both are, Polar's counts.
fn read(validator: &mut Validator, value: &Value) -> Option<SubscriptionCreate> {
    let by_id = branch(validator, "SubscriptionCreateCustomer", value, |validator, map| {
        validator.required(map, "customer_id", uuid4).map(By::Id)
    });
    let by_external_id =
        branch(validator, "SubscriptionCreateExternalCustomer", value, |validator, map| {
            validator.required(map, "external_customer_id", string).map(By::External)
        });
    match (by_id, by_external_id) {
        (Ok(body), _) | (Err(_), Ok(body)) => Some(body),
        (Err(mut flaws), Err(others)) => {
            flaws.extend(others);
            validator.report(flaws)
        }
    }
}

fn branch(
    validator: &mut Validator,
    name: &str,
    value: &Value,
    customer: impl FnOnce(&mut Validator, &Map<String, Value>) -> Option<By>,
) -> Result<SubscriptionCreate, Vec<Flaw>> {
    validator.attempt(|validator| {
        validator.at(name, |validator| {
            let map = validator.object(value)?;
            let metadata = validator.optional(map, "metadata", metadata).unwrap_or_default();
            let product = validator.required(map, "product_id", uuid4);
            let customer = customer(validator, map);
            Some(SubscriptionCreate { metadata, product: product?, customer: customer? })
        })
    })
}
