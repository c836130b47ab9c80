//! A value that is not where it was looked for, and stands elsewhere in the same body.

use serde_json::Value as Json;

use crate::event::Check;
use crate::evidence::{Exchange, places};

/// What paths into a body begin with.
const ROOT: &str = "body";

/// Where a value stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stands {
    value: String,
    places: Vec<String>,
}

impl Stands {
    /// Where `value`, which a check did not find at its path, stands in an answer.
    pub(super) fn of(exchange: &Exchange, check: &Check, value: &Json) -> Option<Self> {
        Self::within(exchange.json.as_ref()?, check, value)
    }

    /// The same, in any body.
    pub(super) fn within(body: &Json, check: &Check, value: &Json) -> Option<Self> {
        let value = text(value)?;
        let mut places = places(body, &value, ROOT);
        places.retain(|place| *place != check.path);
        (!places.is_empty()).then_some(Self { value, places })
    }

    /// Where any value stands that a check expects, in whatever it expects it.
    pub(super) fn of_all(exchange: &Exchange, check: &Check) -> Option<Self> {
        leaves(&check.expected).into_iter().find_map(|value| Self::of(exchange, check, value))
    }

    /// As a sentence of its own, with a space before it.
    pub(super) fn said(&self) -> String {
        let Self { value, places } = self;
        let places: Vec<_> = places.iter().map(|place| format!("`{place}`")).collect();
        format!(" {value} stands at {} instead.", places.join(" and "))
    }
}

/// A value that can be recognised: text, or a number of some length. Short ones stand anywhere.
fn text(value: &Json) -> Option<String> {
    let text = match value {
        Json::String(text) => text.clone(),
        Json::Number(number) => number.to_string(),
        _ => return None,
    };
    (text.chars().count() >= if value.is_string() { 2 } else { 4 }).then_some(text)
}

/// The texts in an expected value, matchers left out.
fn leaves(value: &Json) -> Vec<&Json> {
    match value {
        Json::String(_) => vec![value],
        Json::Array(items) => items.iter().flat_map(leaves).collect(),
        Json::Object(entries) => {
            let plain = entries.iter().filter(|(key, _)| !key.starts_with('$'));
            plain.flat_map(|(_, value)| leaves(value)).collect()
        }
        _ => Vec::new(),
    }
}

/// Where the value of a check stands, for checks that mean nothing in particular: told where
/// nothing came, or where an id or an address is another.
pub(super) fn instead(body: Option<&Json>, check: &Check) -> String {
    let Some(body) = body else { return String::new() };
    let key = super::paths::last_key(&check.path).to_lowercase();
    let names = key.ends_with("id") || key.contains("mail") || key.contains("reference");
    let none = check.missing || check.actual.is_null() || check.actual == "" || check.path == ROOT;
    if !none && !names {
        return String::new();
    }
    if let (Json::Array(_), Json::Object(entries)) = (&check.expected, body)
        && check.missing
    {
        let list = entries.iter().find(|(_, value)| value.is_array());
        return list
            .map(|(key, _)| format!(" A list stands at `{ROOT}.{key}` instead."))
            .unwrap_or_default();
    }
    let found =
        leaves(&check.expected).into_iter().find_map(|value| Stands::within(body, check, value));
    found.map(|stands| stands.said()).unwrap_or_default()
}
