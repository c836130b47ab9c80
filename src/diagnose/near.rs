//! Keys that were sent and are not the API's, but nearly.

use std::collections::VecDeque;

use serde_json::Value as Json;

use super::format::plain;
use crate::evidence::places;

/// How many keys of a body are looked at.
const MOST: usize = 1_000;

/// What a body has in place of a usable `key`, as it stands after "its body has": the key with a
/// value that the API does not take, the key in another spelling or another place, or the value
/// under some other key.
pub(super) fn miss(body: &Json, key: &str, wanted: &str) -> Option<String> {
    match body.get(key) {
        Some(Json::String(text)) if text.trim().is_empty() => {
            return Some(format!("`{key}` as an empty text"));
        }
        Some(Json::Number(number)) => {
            return Some(format!("`{key}` as the number {number}, not as text"));
        }
        Some(Json::Null) | None => {}
        Some(other) => return Some(format!("`{key}` as {}", plain(other))),
    }
    if let Some((path, value)) = spelt_alike(body, key) {
        return Some(format!("`{path}` {}", plain(value)));
    }
    let place = places(body, wanted, "").into_iter().next()?;
    Some(format!("`{}` {wanted}", place.trim_start_matches('.')))
}

/// Whether a body has `key` in another spelling.
pub(super) fn is_misspelt(body: &Json, key: &str) -> bool {
    spelt_alike(body, key).is_some_and(|(path, _)| !path.contains('.'))
}

/// The shallowest key that differs from `key` in its spelling or its place.
fn spelt_alike<'a>(body: &'a Json, key: &str) -> Option<(String, &'a Json)> {
    let mut queue = VecDeque::from([(String::new(), body)]);
    for _ in 0..MOST {
        let (path, value) = queue.pop_front()?;
        for (name, value) in value.as_object().into_iter().flatten() {
            let at = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            if at != key
                && letters(name) == letters(key)
                && (value.is_string() || value.is_number())
            {
                return Some((at, value));
            }
            queue.push_back((at, value));
        }
    }
    None
}

/// A key without what spellings differ in: `externalId`, `External-ID` and `external_id` are one.
pub(super) fn letters(key: &str) -> String {
    key.chars().filter(char::is_ascii_alphanumeric).map(|char| char.to_ascii_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_nearest_key_is_named() {
        for (body, told) in [
            (json!({ "externalId": "user_1" }), Some("`externalId` user_1")),
            (json!({ "External-ID": "other" }), Some("`External-ID` other")),
            (json!({ "metadata": { "user_id": "user_1" } }), Some("`metadata.user_id` user_1")),
            (
                json!({ "customer": { "external_id": "user_1" } }),
                Some("`customer.external_id` user_1"),
            ),
            (json!({ "client_reference_id": "user_1" }), Some("`client_reference_id` user_1")),
            (json!({ "external_id": 42 }), Some("`external_id` as the number 42, not as text")),
            (json!({ "external_id": " " }), Some("`external_id` as an empty text")),
            (json!({ "external_id": ["user_1"] }), Some("`external_id` as [\"user_1\"]")),
            (json!({ "external_id": null, "userId": "user_1" }), Some("`userId` user_1")),
            (json!({ "email": "a@b.c", "name": "user_12" }), None),
            (json!([]), None),
        ] {
            assert_eq!(miss(&body, "external_id", "user_1").as_deref(), told, "{body}");
        }
    }
}
