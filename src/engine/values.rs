//! JSON values, compared with others and told by their types.

use std::cmp::Ordering;

use serde_json::{Number, Value as Json};

/// `expected` as a plain value: objects by subset, arrays element by element, 3 equals 3.0.
pub(super) fn subset(expected: &Json, actual: &Json) -> bool {
    match (expected, actual) {
        (Json::Object(expected), Json::Object(actual)) => expected
            .iter()
            .all(|(key, each)| actual.get(key).is_some_and(|found| subset(each, found))),
        (Json::Array(expected), Json::Array(actual)) => {
            expected.len() == actual.len()
                && expected.iter().zip(actual).all(|(each, found)| subset(each, found))
        }
        (Json::Number(expected), Json::Number(actual)) => same_number(expected, actual),
        _ => expected == actual,
    }
}

/// The same value in all its parts; the order of keys does not count, 3 equals 3.0.
pub(super) fn equal(expected: &Json, actual: &Json) -> bool {
    match (expected, actual) {
        (Json::Object(expected), Json::Object(actual)) => {
            expected.len() == actual.len()
                && expected
                    .iter()
                    .all(|(key, each)| actual.get(key).is_some_and(|found| equal(each, found)))
        }
        (Json::Array(expected), Json::Array(actual)) => {
            expected.len() == actual.len()
                && expected.iter().zip(actual).all(|(each, found)| equal(each, found))
        }
        _ => subset(expected, actual),
    }
}

/// Compared as integers where both are whole, so that large ids are not rounded together.
fn same_number(one: &Number, other: &Number) -> bool {
    match (whole(one), whole(other)) {
        (Some(one), Some(other)) => one == other,
        _ => one.as_f64() == other.as_f64(),
    }
}

/// How a value stands to a bound: as numbers, or as points in time.
pub(super) fn order(actual: &Json, bound: &Json) -> Option<Ordering> {
    match (actual, bound) {
        (Json::Number(actual), Json::Number(bound)) => match (whole(actual), whole(bound)) {
            (Some(actual), Some(bound)) => Some(actual.cmp(&bound)),
            _ => actual.as_f64()?.partial_cmp(&bound.as_f64()?),
        },
        (Json::String(actual), Json::String(bound)) => {
            let time = |text: &str| text.parse::<jiff::Timestamp>().ok();
            Some(time(actual)?.cmp(&time(bound)?))
        }
        _ => None,
    }
}

#[allow(clippy::cast_possible_truncation)] // guarded: only whole numbers within the range of i128
fn whole(number: &Number) -> Option<i128> {
    let exact = number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from));
    exact.or_else(|| {
        number
            .as_f64()
            .filter(|value| value.fract() == 0.0 && value.abs() < 1e38)
            .map(|value| value as i128)
    })
}

pub(super) fn has_type(name: &str, actual: &Json) -> bool {
    let text = actual.as_str();
    match name {
        "string" => actual.is_string(),
        "number" => actual.is_number(),
        "integer" => actual.as_number().is_some_and(|number| whole(number).is_some()),
        "boolean" => actual.is_boolean(),
        "null" => actual.is_null(),
        "array" => actual.is_array(),
        "object" => actual.is_object(),
        "uuid" => text.is_some_and(|text| text.len() == 36 && uuid::Uuid::try_parse(text).is_ok()),
        "timestamp" => text.is_some_and(|text| text.parse::<jiff::Timestamp>().is_ok()),
        "email" => text.is_some_and(looks_like_email),
        _ => false,
    }
}

/// Whether a text holds something of a type that texts can have: a word, or for a UUID any part.
pub(super) fn has_part_of_type(name: &str, text: &str) -> bool {
    let between = |char: char| char.is_whitespace() || "\"'`<>()[]{},;=".contains(char);
    let mut words = text.split(between).map(|word| word.trim_matches(['.', ':', '!', '?']));
    match name {
        "string" => true,
        "uuid" => text.as_bytes().windows(36).any(|part| uuid::Uuid::try_parse_ascii(part).is_ok()),
        "timestamp" | "email" => words.any(|word| has_type(name, &word.into())),
        _ => false,
    }
}

/// Something, an `@`, and a domain with a dot: whether it takes mail is not for a type to say.
fn looks_like_email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    let clean = |part: &str| {
        !part.is_empty() && !part.contains(|each: char| each.is_whitespace() || each.is_control())
    };
    clean(local)
        && clean(domain)
        && domain.contains('.')
        && !domain.starts_with('.')
        && !domain.ends_with('.')
}

pub(super) fn length(actual: &Json) -> Option<usize> {
    match actual {
        Json::String(text) => Some(text.chars().count()),
        Json::Array(items) => Some(items.len()),
        Json::Object(entries) => Some(entries.len()),
        _ => None,
    }
}
