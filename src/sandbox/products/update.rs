//! `PATCH /v1/products/{id}`

use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Map, Value, json};

use super::body::{PriceBody, made, prices, product_name};
use super::create::VISIBILITIES;
use super::model::{Interval, Product};
use crate::sandbox::clock::iso;
use crate::sandbox::http::{ApiError, Call, json_value};
use crate::sandbox::record::{self, Record as _};
use crate::sandbox::validate::{Flaw, Given, Validator, between, boolean, choice, metadata, text};

struct ProductUpdate {
    metadata: Option<Map<String, Value>>,
    name: Option<String>,
    description: Given<String>,
    visibility: Option<&'static str>,
    recurring_interval: Option<&'static str>,
    recurring_interval_count: Option<i64>,
    trial_interval: Given<Interval>,
    trial_interval_count: Given<i64>,
    is_archived: Option<bool>,
    prices: Option<Vec<PriceBody>>,
}

/// Changes a product. New prices alone do not modify it (measured).
pub(crate) async fn update(call: Call) -> Result<Response, ApiError> {
    let mut validator = Validator::default();
    let id = call.id(&mut validator, "id");
    let body = call.read_body(&mut validator, read);
    let (id, body) = validator.finish(id.zip(body))?;
    let app = call.app;
    let now = app.clock.now();
    let shown = app
        .change(now, move |tx| {
            let mut product: Product = record::expect(tx, id)?;
            if let Some(interval) = body.recurring_interval
                && product.recurring_interval != Some(Interval::named(interval))
            {
                let msg = "Recurring interval cannot be changed.";
                let flaw = Flaw::in_body("value_error", "recurring_interval", msg, json!(interval));
                return Err(ApiError::Rules(vec![flaw]));
            }
            if let Some(bodies) = &body.prices {
                let known = &product.prices;
                let new = made(bodies, id, product.recurring_interval, known, now)?;
                let kept: Vec<_> = new.iter().map(|price| price.id).collect();
                let old = product.prices.iter().filter(|price| !kept.contains(&price.id));
                let mut old: Vec<_> = old.cloned().collect();
                for price in &mut old {
                    price.is_archived = true;
                }
                product.prices = [old, new].concat();
            }
            if apply(&mut product, body) {
                product.modified_at = Some(iso(now));
            }
            record::save(tx, &product)?;
            record::emit(tx, &["product.updated"], &product)?;
            product.render(tx)
        })
        .await?;
    Ok(json_value(StatusCode::OK, &shown))
}

/// Makes the changes to the product's own fields; returns whether there were any.
fn apply(product: &mut Product, body: ProductUpdate) -> bool {
    let before = product.clone();
    product.metadata = body.metadata.unwrap_or(std::mem::take(&mut product.metadata));
    product.name = body.name.unwrap_or(std::mem::take(&mut product.name));
    body.description.apply_to(&mut product.description);
    if let Some(visibility) = body.visibility {
        visibility.clone_into(&mut product.visibility);
    }
    if product.is_recurring {
        product.recurring_interval_count =
            body.recurring_interval_count.or(product.recurring_interval_count);
        body.trial_interval.apply_to(&mut product.trial_interval);
        body.trial_interval_count.apply_to(&mut product.trial_interval_count);
    }
    product.is_archived = body.is_archived.unwrap_or(product.is_archived);
    let own = |product: &Product| {
        let mut own = json!(product);
        own["prices"] = Value::Null;
        own
    };
    own(product) != own(&before)
}

fn read(validator: &mut Validator, value: &Value) -> Option<ProductUpdate> {
    let map = validator.object(value)?;
    let interval =
        |v: &mut Validator, value: &Value| choice(v, value, &Interval::NAMES).map(Interval::named);
    Some(ProductUpdate {
        metadata: validator.optional(map, "metadata", metadata),
        name: validator.nullable(map, "name", product_name).value(),
        description: validator.nullable(map, "description", text).empty_is_null(),
        recurring_interval: validator
            .nullable(map, "recurring_interval", |v, value| choice(v, value, &Interval::NAMES))
            .value(),
        recurring_interval_count: validator
            .nullable(map, "recurring_interval_count", between(1, 999))
            .value(),
        trial_interval: validator.nullable(map, "trial_interval", interval),
        trial_interval_count: validator.nullable(map, "trial_interval_count", between(1, 1000)),
        is_archived: validator.nullable(map, "is_archived", boolean).value(),
        visibility: validator
            .nullable(map, "visibility", |v, value| choice(v, value, &VISIBILITIES))
            .value(),
        prices: validator.nullable(map, "prices", |v, value| prices(v, value, true)).value(),
    })
}
