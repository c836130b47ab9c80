//! `/v1/discounts/`

use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Map, json};

use super::body::DiscountBody;
use super::model::Discount;
use crate::sandbox::clock::iso;
use crate::sandbox::customers::organization_refused;
use crate::sandbox::http::{ApiError, Call, created, empty, json_value};
use crate::sandbox::record::{self, listed_records, order_by};
use crate::sandbox::store::Select;
use crate::sandbox::transaction::Transaction;
use crate::sandbox::validate::{Flaw, Validator};

/// Makes a discount.
pub(crate) async fn create(call: Call) -> Result<Response, ApiError> {
    let mut validator = Validator::default();
    let body = call.read_body(&mut validator, DiscountBody::read_new);
    let mut body = validator.finish(body)?;
    if let Some(id) = body.organization_id {
        return Err(ApiError::Rules(vec![organization_refused(id)]));
    }
    let id = call.new_id();
    let app = call.app;
    let now = app.clock.now();
    let mut discount = Discount {
        duration: String::new(),
        duration_in_months: None,
        kind: body.kind.take().unwrap_or_default(),
        basis_points: None,
        amount: None,
        currency: None,
        amounts: None,
        created_at: iso(now),
        modified_at: None,
        id,
        metadata: Map::new(),
        name: String::new(),
        code: None,
        starts_at: None,
        ends_at: None,
        max_redemptions: None,
        max_redemptions_per_customer: None,
        redemptions_count: 0,
        organization_id: app.organization.id,
        products: Vec::new(),
    };
    body.apply_to(&mut discount);
    let response = created(&discount);
    app.change(now, move |tx| {
        check_code(tx, &discount)?;
        record::save(tx, &discount)?;
        record::emit(tx, &["discount.created"], &discount)
    })
    .await?;
    Ok(response)
}

/// Changes a discount.
pub(crate) async fn update(call: Call) -> Result<Response, ApiError> {
    let mut validator = Validator::default();
    let id = call.id(&mut validator, "id");
    let body = call.read_body(&mut validator, DiscountBody::read);
    let (id, body) = validator.finish(id.zip(body))?;
    let app = call.app;
    let now = app.clock.now();
    let discount = app
        .change(now, move |tx| {
            let mut discount: Discount = record::expect(tx, id)?;
            body.apply_to(&mut discount);
            check_code(tx, &discount)?;
            discount.modified_at = Some(iso(now));
            record::save(tx, &discount)?;
            record::emit(tx, &["discount.updated"], &discount)?;
            Ok(discount)
        })
        .await?;
    Ok(json_value(StatusCode::OK, &discount))
}

/// Deletes a discount.
pub(crate) async fn delete(call: Call) -> Result<Response, ApiError> {
    let id = call.only_id("id")?;
    let app = call.app;
    let now = app.clock.now();
    app.change(now, move |tx| {
        let discount: Discount = record::expect(tx, id)?;
        record::remove::<Discount>(tx, id)?;
        record::emit(tx, &["discount.deleted"], &discount)
    })
    .await?;
    Ok(empty())
}

/// Lists discounts.
pub(crate) async fn list(call: Call) -> Result<Response, ApiError> {
    let mut validator = Validator::default();
    let page = call.query.page(&mut validator);
    let criteria = ["created_at", "name", "code", "redemptions_count"];
    let sorting = call.query.sorting(&mut validator, &criteria);
    let page = validator.finish(page)?;
    let mut select = Select::new("discount", "1");
    if let Some(words) = call.query.last("query") {
        let words = words.to_lowercase();
        select.and(
            "(instr(lower(doc ->> 'name'), ?) > 0 OR instr(code, ?) > 0)",
            [words.clone(), words],
        );
    }
    let order = order_by(&sorting, |criterion| match criterion {
        "name" => "doc ->> 'name'",
        "code" => "code",
        "redemptions_count" => "doc ->> 'redemptions_count'",
        _ => "seq",
    });
    listed_records::<Discount>(&call, &select, &order, page)
}

/// A code is unique, ignoring case.
fn check_code(tx: &Transaction<'_>, discount: &Discount) -> Result<(), ApiError> {
    let Some(code) = &discount.code else { return Ok(()) };
    let taken: Option<Discount> =
        record::first(tx, "code = ? AND id <> ?", [code.to_lowercase(), discount.id.to_string()])?;
    if taken.is_none() {
        return Ok(());
    }
    let msg = "Discount with this code already exists.";
    Err(ApiError::Rules(vec![Flaw::in_body("value_error", "code", msg, json!(code))]))
}
