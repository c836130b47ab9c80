//! Webhooks as Polar sends them, about a customer that is handed in.
//!
//! `examples.json` has a record of each kind, in the shape that recorded webhooks have; seats
//! and discounts, of which none was recorded, in the shape of the API's schema. A text `$name`
//! stands for a record under `shared`, `${name}` for a value.

use std::sync::LazyLock;

use serde_json::{Map, Value as Json, json};

use crate::provider::Values;

static RECORDS: LazyLock<Json> =
    LazyLock::new(|| serde_json::from_str(include_str!("examples.json")).unwrap_or_default());

/// An event of a type, about what the values by name say.
pub(super) fn example(event_type: &str, about: &Values<'_>) -> Option<Json> {
    if !super::EVENT_TYPES.contains(&event_type) {
        return None;
    }
    let (kind, what) = event_type.split_once('.')?;
    let kind = if what == "state_changed" { "state" } else { kind };
    let mut data = filled(RECORDS["data"].get(kind)?, about);
    let record = data.as_object_mut()?;
    for (key, value) in changes(event_type) {
        let value = if value == "now" { filled(&json!("${now}"), about) } else { value };
        record.insert(key.to_owned(), value);
    }
    Some(json!({ "type": event_type, "timestamp": filled(&json!("${now}"), about), "data": data }))
}

/// How the record of an event differs from an active, paid or granted one; `now` is the time.
fn changes(event_type: &str) -> Vec<(&'static str, Json)> {
    let now = || json!("now");
    match event_type {
        "subscription.canceled" => {
            vec![("cancel_at_period_end", json!(true)), ("canceled_at", now())]
        }
        "subscription.revoked" => {
            vec![("status", json!("canceled")), ("canceled_at", now()), ("ended_at", now())]
        }
        "subscription.past_due" => vec![("status", json!("past_due")), ("past_due_at", now())],
        "subscription.paused" => vec![("status", json!("paused")), ("paused_at", now())],
        "order.created" => vec![("status", json!("pending")), ("paid", json!(false))],
        "order.refunded" => {
            vec![("status", json!("refunded")), ("refunded_amount", json!(2900))]
        }
        "benefit_grant.revoked" => {
            vec![("is_granted", json!(false)), ("is_revoked", json!(true)), ("revoked_at", now())]
        }
        "checkout.created" => vec![("status", json!("open"))],
        "checkout.expired" => vec![("status", json!("expired"))],
        "customer_seat.assigned" => vec![("status", json!("pending")), ("claimed_at", json!(null))],
        "customer_seat.revoked" => vec![("status", json!("revoked")), ("revoked_at", now())],
        "customer.deleted" => vec![("deleted_at", now()), ("external_id", json!(null))],
        _ => Vec::new(),
    }
}

fn filled(value: &Json, about: &Values<'_>) -> Json {
    match value {
        Json::Object(entries) => {
            let filled = entries.iter().map(|(key, each)| (key.clone(), self::filled(each, about)));
            Json::Object(filled.collect::<Map<_, _>>())
        }
        Json::Array(items) => items.iter().map(|item| filled(item, about)).collect(),
        Json::String(text) => match text.strip_prefix('$') {
            Some(name) if name.starts_with('{') => {
                about(name.trim_matches(['{', '}'])).map_or(Json::Null, Json::String)
            }
            Some(name) => filled(&RECORDS["shared"][name], about),
            None => value.clone(),
        },
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::polar::EVENT_TYPES;

    #[test]
    fn every_type_has_an_example_that_names_the_customer() {
        let about = |name: &str| Some(format!("<{name}>"));
        for event_type in EVENT_TYPES {
            let event = example(event_type, &about).unwrap();
            assert_eq!(event["type"], event_type);
            assert!(event["data"]["id"].is_string(), "{event_type}: {event}");
            let text = event.to_string();
            assert!(!text.contains("${") && !text.contains("\"$"), "{event_type}: {text}");
            let own = ["product", "benefit", "discount", "organization"];
            let about_a_customer = !own.contains(&event_type.split('.').next().unwrap());
            assert_eq!(text.contains("<customer_id>"), about_a_customer, "{event_type}");
        }
        assert_eq!(example("customer.frobnicated", &about), None);
    }
}
