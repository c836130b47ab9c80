//! `PATCH` and `DELETE /v1/benefits/{id}`

use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::body::{description, kind, properties};
use super::create::VISIBILITIES;
use super::model::Benefit;
use super::settle;
use crate::sandbox::clock::iso;
use crate::sandbox::http::{ApiError, Call, empty, json_value};
use crate::sandbox::products::Product;
use crate::sandbox::record;
use crate::sandbox::transaction::Transaction;
use crate::sandbox::validate::{Flaw, Validator, choice, metadata};

struct BenefitUpdate {
    kind: &'static str,
    metadata: Option<Map<String, Value>>,
    description: Option<String>,
    visibility: Option<&'static str>,
    properties: Option<Map<String, Value>>,
}

/// Changes a benefit; the body has to name its type, which stays.
pub(crate) async fn update(call: Call) -> Result<Response, ApiError> {
    let mut validator = Validator::default();
    let id = call.id(&mut validator, "id");
    let body = call.read_body(&mut validator, read);
    let (id, body) = validator.finish(id.zip(body))?;
    let app = call.app;
    let now = app.clock.now();
    let benefit = app
        .change(now, move |tx| {
            let mut benefit = there(tx, id)?;
            if body.kind != benefit.kind {
                let msg = "Benefit type cannot be changed.";
                let flaw = Flaw::in_body("value_error", "type", msg, json!(benefit.kind));
                return Err(ApiError::Rules(vec![flaw]));
            }
            benefit.metadata = body.metadata.unwrap_or(benefit.metadata);
            benefit.description = body.description.unwrap_or(benefit.description);
            benefit.properties = body.properties.unwrap_or(benefit.properties);
            benefit.visibility = body.visibility.map_or(benefit.visibility, str::to_owned);
            benefit.modified_at = Some(iso(now));
            record::save(tx, &benefit)?;
            record::emit(tx, &["benefit.updated"], &benefit)?;
            Ok(benefit)
        })
        .await?;
    Ok(json_value(StatusCode::OK, &benefit))
}

/// Deletes a benefit: its grants are revoked, and products lose it.
pub(crate) async fn delete(call: Call) -> Result<Response, ApiError> {
    let id = call.only_id("id")?;
    let app = call.app;
    let now = app.clock.now();
    app.change(now, move |tx| {
        let mut benefit = there(tx, id)?;
        benefit.is_deleted = true;
        benefit.modified_at = Some(iso(now));
        record::save(tx, &benefit)?;
        record::emit(tx, &["benefit.updated"], &benefit)?;
        let with = "EXISTS (SELECT 1 FROM json_each(doc, '$.benefits') WHERE value = ?)";
        for mut product in record::all::<Product>(tx, with, [id.to_string()])? {
            product.benefits.retain(|benefit| *benefit != id);
            record::save(tx, &product)?;
            settle::product_changed(tx, product.id)?;
        }
        Ok(())
    })
    .await?;
    Ok(empty())
}

fn there(tx: &Transaction<'_>, id: Uuid) -> Result<Benefit, ApiError> {
    let benefit: Benefit = record::expect(tx, id)?;
    if benefit.is_deleted { Err(ApiError::MISSING) } else { Ok(benefit) }
}

fn read(validator: &mut Validator, value: &Value) -> Option<BenefitUpdate> {
    let (kind, _) = kind(validator, value)?;
    let map = validator.object(value)?;
    validator.at(kind, |validator| {
        Some(BenefitUpdate {
            kind,
            metadata: validator.optional(map, "metadata", metadata),
            description: validator.nullable(map, "description", description).value(),
            visibility: validator
                .nullable(map, "visibility", |v, value| choice(v, value, &VISIBILITIES))
                .value(),
            properties: validator
                .nullable(map, "properties", |v, value| properties(v, value, kind))
                .value(),
        })
    })
}
