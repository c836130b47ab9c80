//! `POST /v1/benefits/`

use axum::response::Response;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::body::{description, kind, properties};
use super::model::Benefit;
use crate::sandbox::clock::iso;
use crate::sandbox::customers::organization_refused;
use crate::sandbox::http::{ApiError, Call, created};
use crate::sandbox::meters::Meter;
use crate::sandbox::record;
use crate::sandbox::validate::{Flaw, Validator, choice, metadata, uuid4};

pub(super) const VISIBILITIES: [&str; 2] = ["public", "private"];

struct BenefitCreate {
    kind: &'static str,
    is_imitated: bool,
    metadata: Map<String, Value>,
    description: String,
    visibility: Option<&'static str>,
    organization_id: Option<Uuid>,
    properties: Map<String, Value>,
}

/// Makes a benefit.
pub(crate) async fn create(call: Call) -> Result<Response, ApiError> {
    let mut validator = Validator::default();
    let body = call.read_body(&mut validator, read);
    let body = validator.finish(body)?;
    if !body.is_imitated {
        return Err(ApiError::NotImitated(
            "benefits of this type, which need an account elsewhere",
        ));
    }
    if let Some(id) = body.organization_id {
        return Err(ApiError::Rules(vec![organization_refused(json!(id))]));
    }
    let id = call.new_id();
    let app = call.app;
    let now = app.clock.now();
    let hidden = body.kind == "feature_flag";
    let visibility = body.visibility.unwrap_or(VISIBILITIES[usize::from(hidden)]);
    let benefit = Benefit {
        id,
        created_at: iso(now),
        modified_at: None,
        kind: body.kind.to_owned(),
        description: body.description,
        selectable: true,
        deletable: true,
        is_deleted: false,
        organization_id: app.organization.id,
        metadata: body.metadata,
        visibility: visibility.to_owned(),
        properties: body.properties,
        is_tax_applicable: (body.kind == "custom").then_some(true),
        visibility_configurable: true,
    };
    let response = created(&benefit);
    app.change(now, move |tx| {
        if let Some(meter) = benefit.names("meter_id")
            && record::find::<Meter>(tx, meter)?.is_none()
        {
            return Err(unknown_meter(meter));
        }
        record::save(tx, &benefit)?;
        record::emit(tx, &["benefit.created"], &benefit)
    })
    .await?;
    Ok(response)
}

fn unknown_meter(id: Uuid) -> ApiError {
    let loc = vec!["body".into(), "properties".into(), "meter_id".into()];
    let msg = "Meter does not exist.".to_owned();
    ApiError::Rules(vec![Flaw { kind: "value_error", loc, msg, input: json!(id), ctx: None }])
}

fn read(validator: &mut Validator, value: &Value) -> Option<BenefitCreate> {
    let (kind, is_imitated) = kind(validator, value)?;
    let map = validator.object(value)?;
    validator.at(kind, |validator| {
        let metadata = validator.optional(map, "metadata", metadata).unwrap_or_default();
        let description = validator.required(map, "description", description);
        let visibility =
            validator.optional(map, "visibility", |v, value| choice(v, value, &VISIBILITIES));
        let organization_id = validator.nullable(map, "organization_id", uuid4).value();
        let properties =
            validator.required(map, "properties", |v, value| properties(v, value, kind));
        Some(BenefitCreate {
            kind,
            is_imitated,
            metadata,
            description: description?,
            visibility,
            organization_id,
            properties: properties?,
        })
    })
}
