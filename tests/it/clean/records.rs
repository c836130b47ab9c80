//! What earlier runs left at an API.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

/// A time so many minutes ago, as the real API writes it.
pub fn minutes_ago(minutes: i64) -> String {
    (Timestamp::now() - SignedDuration::from_mins(minutes)).to_string()
}

/// A customer that a run made two hours ago.
pub fn customer(id: &str) -> Value {
    json!({
        "id": id, "created_at": minutes_ago(120), "email": format!("buyer+{id}@example.com"),
        "external_id": format!("user_{id}"), "metadata": { "tieback_run": format!("run{id}") },
    })
}

/// A webhook endpoint that a run made two hours ago.
pub fn endpoint(id: &str) -> Value {
    json!({
        "id": id, "created_at": minutes_ago(120), "enabled": true,
        "url": format!("https://tieback.invalid/{id}"), "name": format!("tieback_run run{id}"),
        "secret": "whsec_bm90aGluZyB0byBzZWUgaGVyZQ==",
    })
}

/// `record` with some of its keys changed.
pub fn with(mut record: Value, changes: &Value) -> Value {
    for (key, value) in changes.as_object().expect("an object") {
        record[key] = value.clone();
    }
    record
}
