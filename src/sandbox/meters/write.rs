//! `/v1/meters/`

use axum::http::StatusCode;
use axum::response::Response;
use serde_json::json;

use super::body::MeterBody;
use super::model::Meter;
use crate::sandbox::clock::iso;
use crate::sandbox::customers::organization_refused;
use crate::sandbox::http::{ApiError, Call, created, json_value};
use crate::sandbox::record::{self, listed_records, order_by};
use crate::sandbox::store::Select;
use crate::sandbox::validate::Validator;

/// Makes a meter; it counts as modified from the start (measured).
pub(crate) async fn create(call: Call) -> Result<Response, ApiError> {
    let mut validator = Validator::default();
    let body = call.read_body(&mut validator, |validator, value| {
        let body = MeterBody::read_new(validator, value)?;
        let filter = body.filter.clone()?;
        Some((body.name.clone()?, filter, body.aggregation.clone()?, body))
    });
    let (name, filter, aggregation, body) = validator.finish(body)?;
    if let Some(id) = body.organization_id {
        return Err(ApiError::Rules(vec![organization_refused(json!(id))]));
    }
    let id = call.new_id();
    let app = call.app;
    let now = app.clock.now();
    let meter = Meter {
        metadata: body.metadata.unwrap_or_default(),
        created_at: iso(now),
        modified_at: Some(iso(now)),
        id,
        name,
        unit: "scalar".to_owned(),
        custom_label: None,
        custom_multiplier: None,
        filter,
        aggregation,
        organization_id: app.organization.id,
        archived_at: None,
    };
    let response = created(&meter);
    app.change(now, move |tx| record::save(tx, &meter)).await?;
    Ok(response)
}

/// Changes a meter.
pub(crate) async fn update(call: Call) -> Result<Response, ApiError> {
    let mut validator = Validator::default();
    let id = call.id(&mut validator, "id");
    let body = call.read_body(&mut validator, MeterBody::read);
    let (id, body) = validator.finish(id.zip(body))?;
    let app = call.app;
    let now = app.clock.now();
    let meter = app
        .change(now, move |tx| {
            let mut meter: Meter = record::expect(tx, id)?;
            meter.metadata = body.metadata.unwrap_or(meter.metadata);
            meter.name = body.name.unwrap_or(meter.name);
            meter.filter = body.filter.unwrap_or(meter.filter);
            meter.aggregation = body.aggregation.unwrap_or(meter.aggregation);
            meter.archived_at = match body.is_archived {
                Some(archived) => archived.then(|| iso(now)),
                None => meter.archived_at,
            };
            meter.modified_at = Some(iso(now));
            record::save(tx, &meter)?;
            Ok(meter)
        })
        .await?;
    Ok(json_value(StatusCode::OK, &meter))
}

/// Lists meters.
pub(crate) async fn list(call: Call) -> Result<Response, ApiError> {
    let mut validator = Validator::default();
    let page = call.query.page(&mut validator);
    let archived = call.query.flag(&mut validator, "is_archived");
    let sorting = call.query.sorting(&mut validator, &["created_at", "name"]);
    let page = validator.finish(page)?;
    let mut select = Select::new("meter", "1");
    if let Some(words) = call.query.last("query") {
        select.and("instr(lower(doc ->> 'name'), ?) > 0", [words.to_lowercase()]);
    }
    if let Some(archived) = archived {
        select.and("(doc ->> 'archived_at' IS NOT NULL) = ?", [i64::from(archived)]);
    }
    let order = order_by(&sorting, |criterion| match criterion {
        "name" => "doc ->> 'name'",
        _ => "seq",
    });
    listed_records::<Meter>(&call, &select, &order, page)
}
