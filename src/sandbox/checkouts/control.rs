//! Paying and declining without a browser: `/_sandbox/checkouts/{id}/pay` and `/decline`. The page
//! does the same.

use std::sync::Arc;

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::body::CheckoutBody;
use super::complete::complete;
use super::confirm::perform;
use super::model::Checkout;
use crate::sandbox::App;
use crate::sandbox::http::ApiError;
use crate::sandbox::record::{self, Record as _};
use crate::sandbox::transaction::Transaction;
use crate::sandbox::validate::Validator;

/// Pays a checkout, for the buyer that it names or that `said` names; returns the checkout.
pub(crate) async fn pay(
    app: &Arc<App>,
    id: Uuid,
    said: Map<String, Value>,
) -> Result<Value, ApiError> {
    let now = app.clock.now();
    app.change(now, move |tx| {
        let checkout = confirm(tx, id, said, "tok_sandbox")?;
        complete(tx, checkout)?;
        record::expect::<Checkout>(tx, checkout)?.render(tx)
    })
    .await
}

/// Has the card of a buyer declined: the checkout stays open.
pub(crate) async fn decline(
    app: &Arc<App>,
    id: Uuid,
    said: Map<String, Value>,
) -> Result<Value, ApiError> {
    let now = app.clock.now();
    app.change(now, move |tx| {
        confirm(tx, id, said, "tok_decline")?;
        record::expect::<Checkout>(tx, id)?.render(tx)
    })
    .await
}

fn confirm(
    tx: &Transaction<'_>,
    id: Uuid,
    said: Map<String, Value>,
    token: &str,
) -> Result<Uuid, ApiError> {
    let mut checkout: Checkout = record::expect(tx, id)?;
    let mut said = said;
    said.insert("confirmation_token_id".to_owned(), json!(token));
    let mut made_up = |key: &str, known: bool, value: Value| {
        if !known {
            said.entry(key).or_insert(value);
        }
    };
    let email = format!("buyer+{}@example.com", &checkout.id.simple().to_string()[..8]);
    made_up("customer_name", checkout.customer_name.is_some(), json!("Test Buyer"));
    made_up("customer_email", checkout.customer_email.is_some(), json!(email));
    if checkout.needs_payment(tx)? {
        let address = json!({
            "country": "US", "line1": "1 Main St", "city": "Boston", "state": "MA",
            "postal_code": "02110",
        });
        let known = checkout.missing_in_address().is_empty();
        made_up("customer_billing_address", known, address);
    }
    let mut validator = Validator::default();
    let body = validator
        .at("body", |validator| CheckoutBody::read_update(validator, &Value::Object(said)));
    let body = validator.finish(body)?;
    perform(tx, &mut checkout, body)?;
    Ok(id)
}
