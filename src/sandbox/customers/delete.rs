//! `DELETE /v1/customers/{id}` and by external id, plain or anonymizing.

use axum::response::Response;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::model::{Customer, hex};
use super::store::{By, find, save};
use crate::sandbox::clock::{Micros, iso, python_iso};
use crate::sandbox::event_log::Note;
use crate::sandbox::http::{ApiError, Call, empty};
use crate::sandbox::members::delete_all_of;
use crate::sandbox::validate::Validator;
use crate::sandbox::{benefits, subscriptions};

/// By Polar's id.
pub(crate) async fn delete(call: Call) -> Result<Response, ApiError> {
    let mut validator = Validator::default();
    let id = call.id(&mut validator, "id");
    let anonymize = call.query.flag(&mut validator, "anonymize").unwrap_or(false);
    let id = validator.finish(id)?;
    perform(call, By::Id(id), anonymize).await
}

/// By external id.
pub(crate) async fn delete_external(call: Call) -> Result<Response, ApiError> {
    let mut validator = Validator::default();
    let anonymize = call.query.flag(&mut validator, "anonymize").unwrap_or(false);
    validator.finish(Some(()))?;
    let by = By::External(call.segment("external_id"));
    perform(call, by, anonymize).await
}

async fn perform(call: Call, by: By, anonymize: bool) -> Result<Response, ApiError> {
    let app = call.app;
    let now = app.clock.now();
    app.change(now, move |tx| {
        let mut customer = find(tx, &by)?;
        Note::deleted(&customer, now).write(tx)?;
        let members = delete_all_of(tx, customer.id)?;
        let created_at = customer
            .created_at
            .parse::<jiff::Timestamp>()
            .map_or(now, jiff::Timestamp::as_microsecond);
        if anonymize {
            make_anonymous(&mut customer, created_at, now);
        } else {
            // A plain delete takes the external id along, in its webhook too (measured).
            customer.external_id = None;
        }
        customer.deleted_at = Some(iso(now));
        customer.modified_at = Some(iso(now + 1));
        save(tx, &mut customer)?;
        for member in members {
            tx.emit("member.deleted", &member)?;
        }
        tx.emit_customer("customer.deleted", customer.id)?;
        tx.emit_customer("customer.state_changed", customer.id)?;
        subscriptions::revoke_all_of(tx, customer.id)?;
        benefits::customer_deleted(tx, customer.id)
    })
    .await?;
    Ok(empty())
}

/// Hashes what names a person; a business (it has a tax id) keeps its name (measured on the real
/// API).
fn make_anonymous(customer: &mut Customer, created_at: Micros, now: Micros) {
    if let Some(email) = &customer.email {
        customer.email = Some(format!("{}@anonymized.polar.sh", hashed(email, created_at)));
    }
    customer.email_verified = false;
    if customer.tax_id.is_none() {
        customer.name = customer.name.as_deref().map(|name| hashed(name, created_at));
    }
    customer.billing_address = None;
    if let Some(external_id) = &customer.external_id {
        customer.metadata.insert("__external_id".to_owned(), json!(external_id));
    }
    customer.metadata.insert("__anonymized_at".to_owned(), json!(python_iso(now)));
}

fn hashed(value: &str, created_at: Micros) -> String {
    let mut hash = Sha256::new();
    hash.update(python_iso(created_at));
    hash.update(value);
    hex(&hash.finalize())
}
