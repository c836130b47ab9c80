//! What a customer has used of a meter, and what it was credited.

use axum::response::Response;
use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::measure::{Event, measure};
use super::model::Meter;
use crate::sandbox::benefits::{Benefit, Grant};
use crate::sandbox::clock::iso;
use crate::sandbox::customers;
use crate::sandbox::http::{ApiError, Call};
use crate::sandbox::jobs::Job;
use crate::sandbox::record::{self, Record, listed_records};
use crate::sandbox::store::Select;
use crate::sandbox::transaction::Transaction;
use crate::sandbox::validate::Validator;

/// A customer meter's own fields.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct CustomerMeter {
    id: Uuid,
    created_at: String,
    modified_at: Option<String>,
    pub(crate) customer_id: Uuid,
    meter_id: Uuid,
    consumed_units: f64,
    credited_units: i64,
    balance: f64,
}

impl Record for CustomerMeter {
    const TABLE: &'static str = "customer_meter";

    fn id(&self) -> Uuid {
        self.id
    }

    fn render(&self, connection: &Connection) -> Result<Value, ApiError> {
        let mut shown = serde_json::to_value(self)?;
        shown["customer"] = customers::shown(connection, self.customer_id)?;
        shown["meter"] = json!(record::find::<Meter>(connection, self.meter_id)?);
        Ok(shown)
    }
}

impl CustomerMeter {
    /// As a customer sees it in the portal.
    pub(crate) fn for_buyers(&self, connection: &Connection) -> Result<Value, ApiError> {
        let meter = record::expect::<Meter>(connection, self.meter_id)?;
        let mut shown = serde_json::to_value(self)?;
        shown["meter"] = json!({
            "created_at": meter.created_at,
            "modified_at": meter.modified_at,
            "id": meter.id,
            "name": meter.name,
        });
        Ok(shown)
    }
}

fn find(
    connection: &Connection,
    customer: Uuid,
    meter: Uuid,
) -> Result<Option<CustomerMeter>, ApiError> {
    let ids = [customer.to_string(), meter.to_string()];
    record::first(connection, "customer = ? AND meter = ?", ids)
}

/// Credits what a grant gives.
pub(crate) fn credit(
    tx: &Transaction<'_>,
    grant: &Grant,
    benefit: &Benefit,
) -> Result<(), ApiError> {
    let units = benefit.properties.get("units").and_then(Value::as_i64);
    if let (Some(meter), Some(units)) = (benefit.names("meter_id"), units) {
        update(tx, grant.customer_id, meter, units, None)?;
    }
    Ok(())
}

/// Measures again what a customer has used of every meter: each has a row, used or not.
pub(crate) fn refresh(tx: &Transaction<'_>, customer: Uuid) -> Result<(), ApiError> {
    let meters = record::all::<Meter>(tx, "1", [])?;
    if meters.is_empty() {
        return Ok(());
    }
    let events = Event::of(tx, customer)?;
    for meter in meters {
        update(tx, customer, meter.id, 0, Some(measure(&meter, events.iter())))?;
    }
    customers::store_state(tx, customer)
}

fn update(
    tx: &Transaction<'_>,
    customer: Uuid,
    meter: Uuid,
    credited: i64,
    consumed: Option<f64>,
) -> Result<(), ApiError> {
    let known = find(tx, customer, meter)?;
    let mut row = known.clone().unwrap_or_else(|| CustomerMeter {
        id: Uuid::new_v4(),
        created_at: iso(tx.now),
        modified_at: None,
        customer_id: customer,
        meter_id: meter,
        consumed_units: 0.0,
        credited_units: 0,
        balance: 0.0,
    });
    row.credited_units += credited;
    row.consumed_units = consumed.unwrap_or(row.consumed_units);
    #[expect(clippy::cast_precision_loss, reason = "units are far below 2^53")]
    let balance = row.credited_units as f64 - row.consumed_units;
    row.balance = balance;
    let changed = known.is_none_or(|known| {
        known.credited_units != row.credited_units
            || known.consumed_units.to_bits() != row.consumed_units.to_bits()
    });
    if changed {
        row.modified_at = Some(iso(tx.now));
        record::save(tx, &row)?;
    }
    Ok(())
}

/// What a state says about meters.
pub(crate) fn active(connection: &Connection, customer: Uuid) -> Result<Vec<Value>, ApiError> {
    let rows = record::all::<CustomerMeter>(connection, "customer = ?", [customer.to_string()])?;
    let shown = rows.iter().map(|row| {
        json!({
            "id": row.id,
            "created_at": row.created_at,
            "modified_at": row.modified_at,
            "meter_id": row.meter_id,
            "consumed_units": row.consumed_units,
            "credited_units": row.credited_units,
            "balance": row.balance,
        })
    });
    Ok(shown.collect())
}

/// Whether there is anything to measure.
pub(crate) fn are_there(connection: &Connection) -> Result<bool, ApiError> {
    Ok(record::first::<Meter>(connection, "1", [])?.is_some())
}

/// Events of these customers came in: what they used is measured a moment later.
pub(crate) fn used(tx: &Transaction<'_>, customers: &[Uuid]) -> Result<(), ApiError> {
    for customer in customers {
        tx.schedule(Job::Meters, *customer, tx.now + tx.app.lag.state())?;
    }
    Ok(())
}

/// `GET /v1/customer-meters/`
pub(crate) async fn list(call: Call) -> Result<Response, ApiError> {
    let mut validator = Validator::default();
    let customers = call.query.ids(&mut validator, "customer_id");
    let meters = call.query.ids(&mut validator, "meter_id");
    let page = call.query.page(&mut validator);
    let page = validator.finish(page)?;
    let mut select = Select::new("customer_meter", "1");
    select.and_among("customer IN (#)", customers.iter().map(ToString::to_string));
    customers::and_external(&mut select, &call.query);
    select.and_among("meter IN (#)", meters.iter().map(ToString::to_string));
    listed_records::<CustomerMeter>(&call, &select, "ORDER BY seq DESC", page)
}
