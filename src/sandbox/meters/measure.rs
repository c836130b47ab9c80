//! What events amount to, by a meter's filter and aggregation.

use std::collections::HashSet;

use axum::http::StatusCode;
use axum::response::Response;
use rusqlite::{Connection, params};
use serde_json::{Value, json};
use uuid::Uuid;

use super::model::{Aggregation, Clause, Filter, Meter};
use crate::sandbox::clock::{Micros, iso};
use crate::sandbox::customers;
use crate::sandbox::http::{ApiError, Call, json_value};
use crate::sandbox::products::Interval;
use crate::sandbox::record;
use crate::sandbox::validate::Validator;

/// An event, as far as meters look at it.
pub(super) struct Event {
    at: Micros,
    name: String,
    source: String,
    metadata: Value,
}

impl Event {
    /// The events of a customer, by either id, oldest first.
    pub(super) fn of(connection: &Connection, customer: Uuid) -> Result<Vec<Self>, ApiError> {
        let external_id =
            customers::shown(connection, customer)?["external_id"].as_str().map(str::to_owned);
        connection
            .prepare_cached(
                "SELECT at, name, source, metadata FROM event
                 WHERE customer = ? OR external_customer_id = ? ORDER BY at",
            )?
            .query_map(params![customer.as_bytes().as_slice(), external_id], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get::<_, String>(3)?))
            })?
            .map(|row| {
                let (at, name, source, metadata) = row?;
                Ok(Self { at, name, source, metadata: serde_json::from_str(&metadata)? })
            })
            .collect()
    }

    fn property(&self, path: &str) -> Value {
        match path {
            "name" => json!(self.name),
            "source" => json!(self.source),
            "timestamp" => json!(iso(self.at)),
            path => {
                let path = path.strip_prefix("metadata.").unwrap_or(path);
                path.split('.').fold(&self.metadata, |value, key| &value[key]).clone()
            }
        }
    }

    fn fits(&self, filter: &Filter) -> bool {
        let fits = |clause: &Clause| match clause {
            Clause::Several(filter) => self.fits(filter),
            Clause::One { property, operator, value } => {
                holds(&self.property(property), operator, value)
            }
        };
        match filter.conjunction.as_str() {
            "or" => filter.clauses.iter().any(fits),
            _ => filter.clauses.iter().all(fits),
        }
    }
}

fn holds(found: &Value, operator: &str, wanted: &Value) -> bool {
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let order = match (found.as_f64(), wanted.as_f64()) {
        (Some(found), Some(wanted)) => found.partial_cmp(&wanted),
        _ => Some(text(found).cmp(&text(wanted))),
    };
    let contains = || text(found).contains(text(wanted).trim_matches('%'));
    match operator {
        "eq" => order.is_some_and(std::cmp::Ordering::is_eq),
        "ne" => order.is_none_or(std::cmp::Ordering::is_ne),
        "gt" => !found.is_null() && order.is_some_and(std::cmp::Ordering::is_gt),
        "gte" => !found.is_null() && order.is_some_and(std::cmp::Ordering::is_ge),
        "lt" => !found.is_null() && order.is_some_and(std::cmp::Ordering::is_lt),
        "lte" => !found.is_null() && order.is_some_and(std::cmp::Ordering::is_le),
        "like" => contains(),
        _ => !contains(),
    }
}

/// The quantity of events.
pub(super) fn measure<'e>(meter: &Meter, events: impl Iterator<Item = &'e Event>) -> f64 {
    let events: Vec<_> = events.filter(|event| event.fits(&meter.filter)).collect();
    let Aggregation { func, property } = &meter.aggregation;
    let values =
        || events.iter().map(|event| event.property(property.as_deref().unwrap_or_default()));
    let numbers = || values().filter_map(|value| value.as_f64());
    #[expect(clippy::cast_precision_loss, reason = "so many events are never kept")]
    let count = |length: usize| length as f64;
    match func.as_str() {
        "sum" => numbers().sum(),
        "max" => numbers().reduce(f64::max).unwrap_or(0.0),
        "min" => numbers().reduce(f64::min).unwrap_or(0.0),
        "avg" => numbers().sum::<f64>() / count(numbers().count().max(1)),
        "unique" => count(values().map(|value| value.to_string()).collect::<HashSet<_>>().len()),
        _ => count(events.len()),
    }
}

/// So many intervals are shown at most.
const MOST_INTERVALS: usize = 1000;

/// `GET /v1/meters/{id}/quantities`
pub(crate) async fn quantities(call: Call) -> Result<Response, ApiError> {
    let mut validator = Validator::default();
    let id = call.id(&mut validator, "id");
    let start = call.query.time(&mut validator, "start_timestamp");
    let end = call.query.time(&mut validator, "end_timestamp");
    let interval = call.query.word(&mut validator, "interval", &Interval::NAMES);
    let customers = call.query.ids(&mut validator, "customer_id");
    let id = validator.finish(id)?;
    let (meter, events) = call.app.store.read(|connection| {
        let meter: Meter = record::expect(connection, id)?;
        let mut events = Vec::new();
        for customer in customers {
            events.extend(Event::of(connection, customer)?);
        }
        Ok::<_, ApiError>((meter, events))
    })?;
    let (start, end) = (start.unwrap_or(0), end.unwrap_or(i64::MAX));
    let within = |from: Micros, to: Micros| {
        measure(&meter, events.iter().filter(move |event| (from..to).contains(&event.at)))
    };
    let interval = Interval::named(interval.unwrap_or("month"));
    let mut quantities = Vec::new();
    let mut from = start;
    while from < end && quantities.len() < MOST_INTERVALS {
        let to = interval.after(from, 1).min(end);
        quantities.push(json!({"timestamp": iso(from), "quantity": within(from, to)}));
        from = to;
    }
    let shown = json!({"quantities": quantities, "total": within(start, end)});
    Ok(json_value(StatusCode::OK, &shown))
}
