//! The messages that are signed.

use super::Tried;
use crate::provider::Webhook;

/// The longest body for which each millisecond of a second is tried.
const SHORT: usize = 8 * 1024;

/// The messages that people sign, the right one first.
pub(super) fn messages(id: &str, timestamp: &str, body: &[u8]) -> Vec<Tried> {
    let over = |start: String, odd: Option<&str>| Tried {
        bytes: [start.as_bytes(), body].concat(),
        odd: odd.map(|odd| format!("is over {odd}")),
    };
    vec![
        over(format!("{id}.{timestamp}."), None),
        over(String::new(), Some("the body alone")),
        over(format!("{timestamp}."), Some("\"{timestamp}.{body}\", without the id")),
        over(format!("{id}."), Some("\"{id}.{body}\", without the timestamp")),
        over(
            format!("{timestamp}.{id}."),
            Some("\"{timestamp}.{id}.{body}\", the id behind the timestamp"),
        ),
        over(format!("{id}{timestamp}"), Some("\"{id}{timestamp}{body}\", without the dots")),
        over(timestamp.to_owned(), Some("\"{timestamp}{body}\", without the id and the dots")),
        over(
            format!("{id}:{timestamp}:"),
            Some("\"{id}:{timestamp}:{body}\", with colons in place of dots"),
        ),
        over(format!("{timestamp}:"), Some("\"{timestamp}:{body}\", without the id")),
        over(format!("v0:{timestamp}:"), Some("\"v0:{timestamp}:{body}\", as Slack signs")),
        over(
            format!("v1.{id}.{timestamp}."),
            Some("\"v1.{id}.{timestamp}.{body}\", with the version in front"),
        ),
        Tried {
            bytes: [body, b".", timestamp.as_bytes()].concat(),
            odd: Some("is over \"{body}.{timestamp}\"".to_owned()),
        },
        Tried {
            bytes: format!("{id}.{timestamp}").into(),
            odd: Some("is over \"{id}.{timestamp}\", without the body".to_owned()),
        },
    ]
}

/// The right message with another reading of the time: in milliseconds where the header has
/// seconds, the other way round, or the time in the payload.
pub(super) fn other_times(facts: &Webhook, id: &str, timestamp: &str, body: &[u8]) -> Vec<Tried> {
    let over = |time: String, odd: &str| Tried {
        bytes: [format!("{id}.{time}.").as_bytes(), body].concat(),
        odd: Some(format!("is over {odd}")),
    };
    let header = facts.timestamp_header;
    let mut all = Vec::new();
    if let Ok(time) = timestamp.parse::<i64>() {
        let digits = if body.len() > SHORT { 1 } else { 1000 };
        // Only a time in seconds has another one in milliseconds.
        if time.abs() < 100_000_000_000 {
            let odd = format!("the timestamp in milliseconds, and {header} has seconds");
            all.extend((0..digits).map(|part| over(format!("{time}{part:03}"), &odd)));
        } else {
            let odd = format!("the timestamp in seconds, and {header} has milliseconds");
            all.push(over((time / 1000).to_string(), &odd));
        }
    }
    let payload: serde_json::Value = crate::http::json::parse(body).unwrap_or_default();
    let key = facts.payload.timestamp;
    if let Some(time) = payload[key].as_str() {
        let odd = format!("the `{key}` in the body, not over {header}");
        all.push(over(time.to_owned(), &odd));
        if let Ok(time) = time.parse::<jiff::Timestamp>() {
            all.push(over(time.as_second().to_string(), &odd));
            all.push(over(time.as_millisecond().to_string(), &odd));
        }
    }
    all
}
