//! `POST /v1/events/ingest`: what an app says happened.

use std::collections::{HashMap, VecDeque};

use axum::http::StatusCode;
use axum::response::Response;
use rusqlite::{Connection, OptionalExtension as _, params};
use serde_json::{Value, json};
use uuid::Uuid;

use super::incoming::{Incoming, incoming};
use crate::sandbox::clock::Micros;
use crate::sandbox::http::{ApiError, Call, json_value};
use crate::sandbox::meters;
use crate::sandbox::validate::{Flaw, Validator, list};

/// Takes events in. One with an `external_id` that is known is a duplicate.
pub(crate) async fn ingest(call: Call) -> Result<Response, ApiError> {
    let mut validator = Validator::default();
    let now = call.app.clock.now();
    let events = call.read_body(&mut validator, |validator, value| {
        let map = validator.object(value)?;
        validator.required(map, "events", |validator, value| {
            list(validator, value, |validator, item| incoming(validator, item, now))
        })
    });
    let events = validator.finish(events)?;
    let app = call.app;
    let total = events.len();
    let inserted = app
        .change(now, move |connection| {
            let order = parents_first(&events).ok_or(ApiError::CircularEvents)?;
            check(connection, &events, &order)?;
            let mut inserted = 0;
            for index in order {
                inserted += insert(connection, &events[index], now)?;
            }
            super::forget_old(connection)?;
            if meters::are_there(connection)? {
                meters::used(connection, &customers_of(connection, &events)?)?;
            }
            Ok(inserted)
        })
        .await?;
    Ok(json_value(StatusCode::OK, &json!({"inserted": inserted, "duplicates": total - inserted})))
}

/// The events in an order in which each comes after its parent; `None` where one is its own
/// ancestor. The real API works in this order, which shows in the order of its errors.
fn parents_first(events: &[Incoming]) -> Option<Vec<usize>> {
    let by_external_id: HashMap<_, _> = events
        .iter()
        .enumerate()
        .filter_map(|(index, event)| Some((event.external_id.as_deref()?, index)))
        .collect();
    let mut children = vec![Vec::new(); events.len()];
    let mut ready = VecDeque::new();
    for (index, event) in events.iter().enumerate() {
        let parent = event.parent.as_deref().filter(|parent| !parent.is_empty());
        match parent.and_then(|parent| by_external_id.get(parent)) {
            Some(parent) => children[*parent].push(index),
            None => ready.push_back(index),
        }
    }
    let mut order = Vec::with_capacity(events.len());
    while let Some(index) = ready.pop_front() {
        order.push(index);
        ready.extend(&children[index]);
    }
    (order.len() == events.len()).then_some(order)
}

/// The rules behind the schema: one flaw for each event.
fn check(connection: &Connection, events: &[Incoming], order: &[usize]) -> Result<(), ApiError> {
    let mut flaws = Vec::new();
    for &index in order {
        let event = &events[index];
        let flaw = |kind, field: &str, msg: &str, input| Flaw {
            kind,
            loc: vec!["body".into(), "events".into(), index.into(), field.into()],
            msg: msg.to_owned(),
            input,
            ctx: None,
        };
        if let Some(id) = event.organization {
            let msg = "Setting organization_id is disallowed when using an organization token.";
            flaws.push(flaw("organization_token", "organization_id", msg, json!(id)));
        } else if let Some(id) = event.customer
            && !is_customer(connection, id)?
        {
            flaws.push(flaw("customer_id", "customer_id", "Customer not found.", json!(id)));
        } else if let Some(parent) = &event.parent
            && !events.iter().any(|other| other.external_id.as_ref() == Some(parent))
            && find(connection, parent)?.is_none()
        {
            flaws.push(flaw("parent_id", "parent_id", "Parent event not found.", json!(parent)));
        }
    }
    if flaws.is_empty() { Ok(()) } else { Err(ApiError::Rules(flaws)) }
}

/// The customers whom events are about, as far as they are known.
fn customers_of(connection: &Connection, events: &[Incoming]) -> Result<Vec<Uuid>, ApiError> {
    let mut found: Vec<Uuid> = events.iter().filter_map(|event| event.customer).collect();
    for external_id in events.iter().filter_map(|event| event.external_customer_id.as_deref()) {
        let customer: Option<[u8; 16]> = connection
            .prepare_cached("SELECT id FROM customer WHERE external_id = ? AND deleted = 0")?
            .query_row([external_id], |row| row.get(0))
            .optional()?;
        found.extend(customer.map(Uuid::from_bytes));
    }
    found.sort_unstable();
    found.dedup();
    Ok(found)
}

fn is_customer(connection: &Connection, id: Uuid) -> rusqlite::Result<bool> {
    connection
        .prepare_cached("SELECT 1 FROM customer WHERE id = ? AND deleted = 0")?
        .exists([id.as_bytes().as_slice()])
}

/// The id of an event that is named by its external id or its id.
fn find(connection: &Connection, name: &str) -> rusqlite::Result<Option<Vec<u8>>> {
    let id = Uuid::parse_str(name).unwrap_or_default();
    connection
        .prepare_cached(
            "SELECT id FROM event WHERE external_id = ?1 UNION ALL SELECT id FROM event WHERE id \
             = ?2",
        )?
        .query_row(params![name, id.as_bytes().as_slice()], |row| row.get(0))
        .optional()
}

fn insert(connection: &Connection, event: &Incoming, now: Micros) -> Result<usize, ApiError> {
    let parent = match &event.parent {
        Some(parent) => find(connection, parent)?,
        None => None,
    };
    let inserted = connection
        .prepare_cached(
            "INSERT OR IGNORE INTO event (id, at, name, source, customer, member, \
             external_customer_id,
             external_member_id, external_id, parent, metadata)
             VALUES (?, ?, ?, 'user', ?, ?, ?, ?, ?, ?, ?)",
        )?
        .execute(params![
            Uuid::new_v4().as_bytes().as_slice(),
            event.at.unwrap_or(now),
            event.name,
            event.customer.map(Uuid::into_bytes),
            event.member.map(Uuid::into_bytes),
            event.external_customer_id,
            event.external_member_id,
            event.external_id,
            parent,
            Value::Object(event.metadata.clone()).to_string(),
        ])?;
    Ok(inserted)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(events: &[(&str, &str)]) -> Option<Vec<usize>> {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let event = |(own, parent): &(&str, &str)| Incoming {
            external_id: some(own),
            parent: some(parent),
            ..Incoming::default()
        };
        parents_first(&events.iter().map(event).collect::<Vec<_>>())
    }

    #[test]
    fn parents_come_first_and_circles_are_found() {
        assert_eq!(
            order(&[("c", "b"), ("b", "a"), ("a", "elsewhere"), ("", "")]),
            Some(vec![2, 3, 1, 0])
        );
        assert_eq!(order(&[("a", "b"), ("b", "a")]), None);
        assert_eq!(order(&[("a", "a")]), None);
        assert_eq!(order(&[]), Some(vec![]));
    }
}
