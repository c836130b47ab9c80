//! Fields that the real API has shown since its answers were recorded. The official SDKs of today
//! do not read an answer without them, and name a version in every request: where a client names
//! one, they are added, and where it names none the answer is as recorded.

use serde_json::{Map, Value, json};

/// The version of answers and webhooks where a client names none.
pub(crate) const DEFAULT_VERSION: &str = "2026-04";

/// Adds the later fields to all records in `value`.
pub(crate) fn add_later_fields(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(add_later_fields),
        Value::Object(record) => {
            record.values_mut().for_each(add_later_fields);
            for (fields, later) in LATER {
                if fields.iter().all(|field| record.contains_key(*field)) {
                    add(record, later);
                }
            }
        }
        _ => {}
    }
}

fn add(record: &mut Map<String, Value>, later: &[&str]) {
    for field in later {
        let value = match *field {
            "is_deletable" => json!(false),
            "api_version" => json!(DEFAULT_VERSION),
            _ => Value::Null,
        };
        record.entry(*field).or_insert(value);
    }
}

/// What a kind of record is known by, and the fields that it has got since.
const LATER: [(&[&str], &[&str]); 5] = [
    (&["is_recurring", "prices"], &["is_deletable"]),
    (&["proration", "product_price_id"], &["start_timestamp", "end_timestamp"]),
    (&["cancel_at_period_end", "started_at"], &["seats", "units"]),
    (&["display_key", "limit_activations"], &["member_id", "member"]),
    (&["last_http_code", "payload"], &["api_version"]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_known_by_their_fields_however_deep() {
        let mut value = json!({"items": [{"product": {"is_recurring": true, "prices": []}}]});
        add_later_fields(&mut value);
        assert_eq!(value["items"][0]["product"]["is_deletable"], false);
        let mut other = json!({"payload": "{}", "seats": 3});
        add_later_fields(&mut other);
        assert_eq!(other, json!({"payload": "{}", "seats": 3}));
    }
}
