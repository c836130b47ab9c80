//! `POST /v1/products/`

use axum::response::Response;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::body::{PriceBody, made, prices, product_name};
use super::model::{Interval, Product};
use crate::sandbox::clock::iso;
use crate::sandbox::customers::organization_refused;
use crate::sandbox::http::{ApiError, Call, created};
use crate::sandbox::record::{self, Record as _};
use crate::sandbox::validate::{Validator, between, choice, metadata, text, uuid4};

pub(super) const VISIBILITIES: [&str; 3] = ["public", "private", "draft"];

struct ProductCreate {
    metadata: Map<String, Value>,
    name: String,
    description: Option<String>,
    visibility: &'static str,
    prices: Vec<PriceBody>,
    organization_id: Option<Uuid>,
    trial: Option<(Interval, i64)>,
    interval: Option<Interval>,
    interval_count: i64,
}

/// Makes a product.
pub(crate) async fn create(call: Call) -> Result<Response, ApiError> {
    let mut validator = Validator::default();
    let body = call.read_body(&mut validator, read);
    let body = validator.finish(body)?;
    if let Some(id) = body.organization_id {
        return Err(ApiError::Rules(vec![organization_refused(json!(id))]));
    }
    let id = call.new_id();
    let app = call.app;
    let now = app.clock.now();
    let product = Product {
        id,
        created_at: iso(now),
        modified_at: None,
        trial_interval: body.trial.map(|(interval, _)| interval),
        trial_interval_count: body.trial.map(|(_, count)| count),
        name: body.name,
        description: body.description,
        visibility: body.visibility.to_owned(),
        recurring_interval: body.interval,
        recurring_interval_count: body.interval.map(|_| body.interval_count),
        meter_interval: None,
        meter_interval_count: None,
        is_recurring: body.interval.is_some(),
        is_archived: false,
        organization_id: app.organization.id,
        metadata: body.metadata,
        prices: made(&body.prices, id, body.interval, &[], now)?,
        benefits: Vec::new(),
        medias: [],
        attached_custom_fields: [],
    };
    let shown = app
        .change(now, move |tx| {
            record::save(tx, &product)?;
            record::emit(tx, &["product.created"], &product)?;
            product.render(tx)
        })
        .await?;
    Ok(created(&shown))
}

/// Without an interval it is bought once, and the schema is another one.
fn read(validator: &mut Validator, value: &Value) -> Option<ProductCreate> {
    let map = validator.object(value)?;
    let recurring = map.get("recurring_interval").is_some_and(|interval| !interval.is_null());
    validator.at(if recurring { "recurring" } else { "one_time" }, |validator| {
        fields(validator, map, recurring)
    })
}

fn fields(
    validator: &mut Validator,
    map: &Map<String, Value>,
    recurring: bool,
) -> Option<ProductCreate> {
    let metadata = validator.optional(map, "metadata", metadata).unwrap_or_default();
    let name = validator.required(map, "name", product_name);
    let description = validator.nullable(map, "description", text).empty_is_null().value();
    let visibility =
        validator.optional(map, "visibility", |v, value| choice(v, value, &VISIBILITIES));
    let prices = validator.required(map, "prices", |v, value| prices(v, value, false));
    let organization_id = validator.nullable(map, "organization_id", uuid4).value();
    let interval = |validator: &mut Validator, value: &Value| {
        choice(validator, value, &Interval::NAMES).map(Interval::named)
    };
    let (mut trial, mut own, mut count) = (None, None, None);
    if recurring {
        let trial_interval = validator.nullable(map, "trial_interval", interval).value();
        let trial_count = validator.nullable(map, "trial_interval_count", between(1, 1000)).value();
        trial = trial_interval.zip(trial_count);
        own = validator.required(map, "recurring_interval", interval);
        count = validator.optional(map, "recurring_interval_count", between(1, 999));
    }
    Some(ProductCreate {
        metadata,
        name: name?,
        description,
        visibility: visibility.unwrap_or(VISIBILITIES[0]),
        prices: prices?,
        organization_id,
        trial,
        interval: own,
        interval_count: count.unwrap_or(1),
    })
}
