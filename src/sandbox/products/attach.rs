//! `POST /v1/products/{id}/benefits`

use axum::http::StatusCode;
use axum::response::Response;
use serde_json::json;
use uuid::Uuid;

use super::model::Product;
use crate::sandbox::benefits::{self, Benefit};
use crate::sandbox::http::{ApiError, Call, json_value};
use crate::sandbox::record::{self, Record as _};
use crate::sandbox::validate::{Flaw, Place, Validator, list, uuid4};

/// Replaces the benefits of a product; running subscriptions follow.
pub(crate) async fn attach(call: Call) -> Result<Response, ApiError> {
    let mut validator = Validator::default();
    let id = call.id(&mut validator, "id");
    let wanted = call.read_body(&mut validator, |validator, value| {
        let map = validator.object(value)?;
        validator.required(map, "benefits", |v, value| list(v, value, uuid4))
    });
    let (id, wanted) = validator.finish(id.zip(wanted))?;
    let app = call.app;
    let now = app.clock.now();
    let shown = app
        .change(now, move |tx| {
            let mut product: Product = record::expect(tx, id)?;
            let mut attached: Vec<Uuid> = Vec::new();
            for (index, wanted) in wanted.into_iter().enumerate() {
                let benefit: Option<Benefit> = record::find(tx, wanted)?;
                if benefit.is_none_or(|benefit| benefit.is_deleted) {
                    return Err(unknown(index, wanted));
                }
                if !attached.contains(&wanted) {
                    attached.push(wanted);
                }
            }
            product.benefits = attached;
            record::save(tx, &product)?;
            record::emit(tx, &["product.updated"], &product)?;
            benefits::product_changed(tx, id)?;
            product.render(tx)
        })
        .await?;
    Ok(json_value(StatusCode::OK, &shown))
}

fn unknown(index: usize, id: Uuid) -> ApiError {
    let loc = vec!["body".into(), "benefits".into(), Place::Index(index)];
    let msg = "Benefit does not exist.".to_owned();
    ApiError::Rules(vec![Flaw { kind: "value_error", loc, msg, input: json!(id), ctx: None }])
}
