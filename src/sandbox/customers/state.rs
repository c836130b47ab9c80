//! A customer's state: what it has access to. It is kept as it was rendered last, and a change
//! shows a moment later (measured); on the real API a worker renders it.

use rusqlite::Connection;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::store::shown;
use crate::sandbox::benefits::{Benefit, Grant};
use crate::sandbox::clock::Micros;
use crate::sandbox::fault::Fault;
use crate::sandbox::http::ApiError;
use crate::sandbox::jobs::Job;
use crate::sandbox::meters;
use crate::sandbox::record;
use crate::sandbox::subscriptions::Subscription;
use crate::sandbox::transaction::Transaction;

/// A customer's document with what it has access to, as that was rendered last.
pub(crate) fn with_state(customer: Value, state: Option<&str>) -> Result<Value, ApiError> {
    let Value::Object(mut shown) = customer else { return Ok(customer) };
    let state: Option<Map<String, Value>> = state.map(serde_json::from_str).transpose()?;
    for key in ["active_subscriptions", "granted_benefits", "active_meters"] {
        let value = state.as_ref().and_then(|state| state.get(key)).cloned();
        shown.insert(key.to_owned(), value.unwrap_or_else(|| json!([])));
    }
    Ok(Value::Object(shown))
}

/// What a customer has access to, as it was rendered last.
pub(crate) fn kept_state(
    connection: &Connection,
    customer: Uuid,
) -> Result<Option<String>, ApiError> {
    let sql = "SELECT state FROM customer WHERE id = ?";
    let state = connection
        .prepare_cached(sql)?
        .query_row([customer.as_bytes().as_slice()], |row| row.get(0))?;
    Ok(state)
}

/// What concerns a customer has changed: the state follows.
pub(crate) fn state_changes(tx: &Transaction<'_>, customer: Uuid) -> Result<(), ApiError> {
    let stale = tx.app.faults.armed(Fault::StaleState).unwrap_or_default();
    let stale = Micros::try_from(stale.as_micros()).unwrap_or(0);
    tx.schedule(Job::State, customer, tx.now + tx.app.lag.state().max(stale))
}

/// Renders the state anew, and says so.
pub(crate) fn refresh_state(tx: &Transaction<'_>, customer: Uuid) -> Result<(), ApiError> {
    meters::refresh(tx, customer)?;
    store_state(tx, customer)?;
    tx.emit_customer("customer.state_changed", customer)
}

/// Renders the state anew.
pub(crate) fn store_state(connection: &Connection, customer: Uuid) -> Result<(), ApiError> {
    let id = customer.to_string();
    let running = "customer = ? AND status IN ('active', 'trialing')";
    let subscriptions = record::all::<Subscription>(connection, running, [&id])?
        .iter()
        .map(Subscription::for_state)
        .collect::<Result<Vec<_>, _>>()?;
    let grants = record::all::<Grant>(connection, "customer = ? AND granted", [&id])?
        .iter()
        .map(|grant| for_state(connection, grant))
        .collect::<Result<Vec<_>, _>>()?;
    let state = json!({
        "active_subscriptions": subscriptions,
        "granted_benefits": grants,
        "active_meters": meters::active(connection, customer)?,
    });
    connection
        .prepare_cached("UPDATE customer SET state = ? WHERE id = ?")?
        .execute(rusqlite::params![state.to_string(), customer.as_bytes().as_slice()])?;
    Ok(())
}

fn for_state(connection: &Connection, grant: &Grant) -> Result<Value, ApiError> {
    let benefit: Option<Benefit> = record::find(connection, grant.benefit_id)?;
    Ok(json!({
        "id": grant.id,
        "created_at": grant.created_at,
        "modified_at": grant.modified_at,
        "granted_at": grant.granted_at,
        "benefit_id": grant.benefit_id,
        "benefit_type": benefit.as_ref().map(|benefit| &benefit.kind),
        "benefit_metadata": benefit.as_ref().map(|benefit| &benefit.metadata),
        "properties": grant.properties,
    }))
}

/// What other records call the user of a customer.
pub(crate) fn user(customer: &Value) -> Value {
    let name = customer["name"].as_str().or(customer["email"].as_str()).unwrap_or_default();
    json!({
        "id": customer["id"],
        "email": customer["email"],
        "public_name": name.chars().take(1).collect::<String>(),
        "avatar_url": customer["avatar_url"],
        "github_username": null,
    })
}

/// The state of a customer, deleted or not, for a webhook.
pub(crate) fn state_of(connection: &Connection, customer: Uuid) -> Result<Value, ApiError> {
    with_state(shown(connection, customer)?, kept_state(connection, customer)?.as_deref())
}
