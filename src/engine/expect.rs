//! Subset matching: a pattern with its variables filled in, compared with what came.

use regex::Regex;
use serde_json::{Map, Number, Value as Json, json};

use crate::event::{Check, Status};
use crate::scenario::{Matcher, Pattern, PatternKind, TypeName};
use crate::variables::{FillError, Variables};

/// A [`Pattern`] with its variables filled in.
#[derive(Debug, Clone)]
pub enum Expected {
    /// Equal to this; where it is an object or an array, by subset.
    Value(Json),
    /// As many elements, each matching.
    Array(Vec<Expected>),
    /// Each key there and matching.
    Object(Vec<(String, Expected)>),
    /// All of them hold.
    Rules(Vec<Rule>),
}

/// A [`Matcher`] with its variables filled in.
#[derive(Debug, Clone)]
pub enum Rule {
    /// See [`Matcher::Type`].
    Type(TypeName),
    /// See [`Matcher::Equals`].
    Equals(Json),
    /// See [`Matcher::Matches`].
    Matches(Regex),
    /// See [`Matcher::Exists`].
    Exists(bool),
    /// See [`Matcher::Not`].
    Not(Box<Expected>),
    /// See [`Matcher::AnyOf`].
    AnyOf(Vec<Expected>),
    /// See [`Matcher::Length`].
    Length(u64),
    /// See [`Matcher::Contains`].
    Contains(Box<Expected>),
}

impl Expected {
    /// Fills the variables of a pattern.
    pub fn fill(pattern: &Pattern, variables: &Variables) -> Result<Self, FillError> {
        let all = |patterns: &[Pattern]| {
            patterns.iter().map(|each| Self::fill(each, variables)).collect::<Result<Vec<_>, _>>()
        };
        Ok(match &pattern.kind {
            PatternKind::Literal(value) => Self::Value(value.clone()),
            PatternKind::Text(template) => Self::Value(variables.json(template)?),
            PatternKind::Array(items) => Self::Array(all(items)?),
            PatternKind::Object(entries) => Self::Object(
                entries
                    .iter()
                    .map(|(key, each)| Ok((key.clone(), Self::fill(each, variables)?)))
                    .collect::<Result<_, FillError>>()?,
            ),
            PatternKind::Matchers(matchers) => Self::Rules(
                matchers
                    .iter()
                    .map(|each| Rule::fill(each, variables))
                    .collect::<Result<_, FillError>>()?,
            ),
        })
    }

    /// Whether `actual` matches; `None` is a value that is not there.
    #[must_use]
    pub fn matches(&self, actual: Option<&Json>) -> bool {
        match self {
            Self::Value(expected) => actual.is_some_and(|actual| subset(expected, actual)),
            Self::Array(items) => actual.and_then(Json::as_array).is_some_and(|actual| {
                items.len() == actual.len()
                    && items.iter().zip(actual).all(|(item, actual)| item.matches(Some(actual)))
            }),
            Self::Object(entries) => {
                let object = actual.and_then(Json::as_object);
                object.is_some_and(|object| {
                    entries.iter().all(|(key, each)| each.matches(object.get(key)))
                })
            }
            Self::Rules(rules) => rules.iter().all(|rule| rule.holds(actual)),
        }
    }

    /// Compares, one check for every leaf of the pattern, under `path`.
    pub fn check(&self, path: &str, actual: Option<&Json>, checks: &mut Vec<Check>) {
        let child = |key: &dyn std::fmt::Display| format!("{path}.{key}");
        match self {
            // A variable may hold an object or an array: its parts are checks of their own as well.
            Self::Value(Json::Object(entries)) => {
                let entries = entries
                    .iter()
                    .map(|(key, each)| (key.clone(), Self::Value(each.clone())))
                    .collect();
                Self::Object(entries).check(path, actual, checks);
            }
            Self::Object(entries) if !entries.is_empty() && actual.is_none_or(Json::is_object) => {
                for (key, each) in entries {
                    each.check(&child(key), actual.and_then(|object| object.get(key)), checks);
                }
            }
            Self::Array(items)
                if actual
                    .and_then(Json::as_array)
                    .is_some_and(|found| found.len() == items.len()) =>
            {
                for (index, each) in items.iter().enumerate() {
                    each.check(&child(&index), actual.and_then(|array| array.get(index)), checks);
                }
                if items.is_empty() {
                    checks.push(leaf(path, self.to_json(), actual, true));
                }
            }
            Self::Rules(rules) => {
                for rule in rules {
                    checks.push(leaf(path, rule.to_json(), actual, rule.holds(actual)));
                }
            }
            _ => checks.push(leaf(path, self.to_json(), actual, self.matches(actual))),
        }
    }

    /// Whether some part of `text` matches. Of several rules each may hold of another part.
    fn is_in(&self, text: &str) -> bool {
        match self {
            Self::Value(Json::String(part)) => text.contains(part.as_str()),
            Self::Value(_) | Self::Array(_) | Self::Object(_) => false,
            Self::Rules(rules) => rules.iter().all(|rule| rule.holds_in(text)),
        }
    }

    /// As it would be written in a scenario.
    #[must_use]
    pub fn to_json(&self) -> Json {
        match self {
            Self::Value(value) => value.clone(),
            Self::Array(items) => items.iter().map(Self::to_json).collect(),
            Self::Object(entries) => Json::Object(
                entries.iter().map(|(key, each)| (key.clone(), each.to_json())).collect(),
            ),
            Self::Rules(rules) => {
                let mut merged = Map::new();
                for rule in rules {
                    if let Json::Object(one) = rule.to_json() {
                        merged.extend(one);
                    }
                }
                Json::Object(merged)
            }
        }
    }
}

impl Rule {
    fn fill(matcher: &Matcher, variables: &Variables) -> Result<Self, FillError> {
        let pattern = |pattern: &Pattern| Expected::fill(pattern, variables);
        Ok(match matcher {
            Matcher::Type(name) => Self::Type(*name),
            Matcher::Equals(value) => Self::Equals(variables.value(value)?),
            Matcher::Matches(template) => {
                let source = variables.concat(template, regex::escape)?;
                Self::Matches(Regex::new(&source).map_err(|_| FillError::BadRegex(source))?)
            }
            Matcher::Exists(wanted) => Self::Exists(*wanted),
            Matcher::Not(inner) => Self::Not(Box::new(pattern(inner)?)),
            Matcher::AnyOf(options) => {
                Self::AnyOf(options.iter().map(pattern).collect::<Result<_, _>>()?)
            }
            Matcher::Length(length) => Self::Length(*length),
            Matcher::Contains(inner) => Self::Contains(Box::new(pattern(inner)?)),
        })
    }

    /// Whether the rule holds of `actual`. `$not` is plain negation, so it holds of what is missing
    /// wherever its inside does not.
    fn holds(&self, actual: Option<&Json>) -> bool {
        match (self, actual) {
            (Self::Exists(wanted), _) => actual.is_some() == *wanted,
            (Self::Not(inner), _) => !inner.matches(actual),
            (Self::AnyOf(options), _) => options.iter().any(|each| each.matches(actual)),
            (Self::Type(name), Some(actual)) => has_type(*name, actual),
            (Self::Equals(expected), Some(actual)) => equal(expected, actual),
            (Self::Matches(regex), Some(actual)) => {
                actual.as_str().is_some_and(|text| regex.is_match(text))
            }
            (Self::Length(wanted), Some(actual)) => {
                length(actual).is_some_and(|found| found as u64 == *wanted)
            }
            (Self::Contains(inner), Some(Json::Array(items))) => {
                items.iter().any(|item| inner.matches(Some(item)))
            }
            (Self::Contains(inner), Some(Json::String(text))) => inner.is_in(text),
            (_, None) | (Self::Contains(_), Some(_)) => false,
        }
    }

    /// Whether the rule holds of some part of `text`. `$not` holds where there is no such part:
    /// some part is always another.
    fn holds_in(&self, text: &str) -> bool {
        match self {
            Self::Type(name) => has_part_of_type(*name, text),
            Self::Equals(Json::String(part)) => text.contains(part.as_str()),
            Self::Equals(_) => false,
            Self::Matches(regex) => regex.is_match(text),
            Self::Exists(wanted) => *wanted,
            Self::Not(inner) => !inner.is_in(text),
            Self::AnyOf(options) => options.iter().any(|each| each.is_in(text)),
            Self::Length(wanted) => text.chars().count() as u64 >= *wanted,
            Self::Contains(inner) => inner.is_in(text),
        }
    }

    fn to_json(&self) -> Json {
        match self {
            Self::Type(name) => json!({ "$type": name.as_str() }),
            Self::Equals(value) => json!({ "$equals": value }),
            Self::Matches(regex) => json!({ "$matches": regex.as_str() }),
            Self::Exists(wanted) => json!({ "$exists": wanted }),
            Self::Not(inner) => json!({ "$not": inner.to_json() }),
            Self::AnyOf(options) => {
                json!({ "$any_of": options.iter().map(Expected::to_json).collect::<Vec<_>>() })
            }
            Self::Length(wanted) => json!({ "$length": wanted }),
            Self::Contains(inner) => json!({ "$contains": inner.to_json() }),
        }
    }
}

fn leaf(path: &str, expected: Json, actual: Option<&Json>, holds: bool) -> Check {
    Check {
        path: path.to_owned(),
        expected,
        actual: actual.cloned().unwrap_or(Json::Null),
        missing: actual.is_none(),
        status: if holds { Status::Passed } else { Status::Failed },
        line: None,
    }
}

/// `expected` as a plain value: objects by subset, arrays element by element, 3 equals 3.0.
fn subset(expected: &Json, actual: &Json) -> bool {
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
fn equal(expected: &Json, actual: &Json) -> bool {
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

fn has_type(name: TypeName, actual: &Json) -> bool {
    let text = actual.as_str();
    match name {
        TypeName::String => actual.is_string(),
        TypeName::Number => actual.is_number(),
        TypeName::Integer => actual.as_number().is_some_and(|number| whole(number).is_some()),
        TypeName::Boolean => actual.is_boolean(),
        TypeName::Null => actual.is_null(),
        TypeName::Array => actual.is_array(),
        TypeName::Object => actual.is_object(),
        TypeName::Uuid => {
            text.is_some_and(|text| text.len() == 36 && uuid::Uuid::try_parse(text).is_ok())
        }
        TypeName::Timestamp => text.is_some_and(|text| text.parse::<jiff::Timestamp>().is_ok()),
        TypeName::Email => text.is_some_and(looks_like_email),
    }
}

/// Whether a text holds something of a type that texts can have: a word, or for a UUID any part.
fn has_part_of_type(name: TypeName, text: &str) -> bool {
    let between = |char: char| char.is_whitespace() || "\"'`<>()[]{},;=".contains(char);
    let mut words = text.split(between).map(|word| word.trim_matches(['.', ':', '!', '?']));
    match name {
        TypeName::String => true,
        TypeName::Uuid => {
            text.as_bytes().windows(36).any(|part| uuid::Uuid::try_parse_ascii(part).is_ok())
        }
        TypeName::Timestamp | TypeName::Email => words.any(|word| has_type(name, &word.into())),
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

fn length(actual: &Json) -> Option<usize> {
    match actual {
        Json::String(text) => Some(text.chars().count()),
        Json::Array(items) => Some(items.len()),
        Json::Object(entries) => Some(entries.len()),
        _ => None,
    }
}

#[cfg(test)]
#[path = "expect_tests.rs"]
mod tests;
