//! Values and paths as people read them.

use serde_json::Value as Json;

use super::paths::last_key;
use super::stands::instead;
use crate::event;
use crate::event::Check;

/// A value as people read it: text without quotes.
pub(super) fn plain(value: &Json) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// What came, or that nothing did.
pub(super) fn shown(check: &Check) -> String {
    match &check.actual {
        _ if check.missing => "none".to_owned(),
        Json::String(text) if text.is_empty() => "an empty one".to_owned(),
        other => plain(other),
    }
}

/// What was expected where, what is there, and where in `body` it stands instead; as the end of a
/// sentence, for a check that means nothing in particular.
pub(super) fn difference(failed: &[&Check], body: Option<&Json>) -> String {
    let Some(first) = failed.first() else { return "an expectation does not hold.".to_owned() };
    if last_key(&first.path) == "secret" {
        return format!("`{}` is not the one that was expected.", first.path);
    }
    let (actual, wanted) = compared(first);
    let more = match failed.len() {
        1 => String::new(),
        2 => ", and one more check failed".to_owned(),
        more => format!(", and {} more checks failed", more - 1),
    };
    format!("`{}` {actual}, where {wanted} expected{more}.{}", first.path, instead(body, first))
}

/// What is there, and what was to be there, each with its verb. Of lists that differ in length it
/// is the length that counts.
fn compared(check: &Check) -> (String, String) {
    match (&check.expected, &check.actual) {
        _ if check.missing => ("is missing".to_owned(), format!("{} was", wanted(&check.expected))),
        (Json::Array(expected), Json::Array(actual)) if expected.len() != actual.len() => {
            let were = if expected.len() == 1 { "was" } else { "were" };
            let elements = if actual.len() == 1 { "element" } else { "elements" };
            let expected =
                if expected.is_empty() { "none".to_owned() } else { expected.len().to_string() };
            (format!("has {} {elements}", actual.len()), format!("{expected} {were}"))
        }
        (expected, actual) => {
            (format!("is {}", quoted(actual)), format!("{} was", wanted(expected)))
        }
    }
}

/// What was expected, in words where a matcher says it.
pub(super) fn wanted(expected: &Json) -> String {
    let rule =
        expected.as_object().filter(|rules| rules.len() == 1).and_then(|rules| rules.iter().next());
    match rule.map(|(name, value)| (name.as_str(), value)) {
        Some(("$type", Json::String(name))) => format!("a value of type {name}"),
        Some(("$equals", value)) => format!("exactly {}", quoted(value)),
        Some(("$not", value)) if value["$contains"].is_object() => {
            format!("no element like {}", quoted(&value["$contains"]))
        }
        Some(("$contains", value)) if is_rule(value) => {
            format!("something that contains {}", wanted(value))
        }
        Some(("$contains", value)) if value.is_object() => {
            format!("an element like {}", quoted(value))
        }
        Some(("$contains", value)) => format!("something that contains {}", quoted(value)),
        Some(("$not", value)) if !value.is_object() => format!("anything but {}", quoted(value)),
        Some(("$matches", Json::String(regex))) => format!("text that matches {regex}"),
        Some(("$exists", Json::Bool(false))) => "nothing".to_owned(),
        Some(("$exists", Json::Bool(true))) => "any value".to_owned(),
        _ => quoted(expected),
    }
}

/// Whether a pattern is a matcher, and no record to compare with.
fn is_rule(pattern: &Json) -> bool {
    pattern
        .as_object()
        .and_then(|rules| rules.keys().next())
        .is_some_and(|key| key.starts_with('$'))
}

/// A value as JSON, which reporters cut where it is long.
fn quoted(value: &Json) -> String {
    event::quoted(&value.to_string())
}

/// How an id that came back differs from the one that was sent, where that can be said in a few
/// words.
pub(super) fn how_it_differs(sent: &Json, found: &Json) -> String {
    let (sent, found) = match (sent, found) {
        (Json::String(sent), Json::String(found)) => (sent.as_str(), found.as_str()),
        (Json::String(_), Json::Number(_)) => return " (text became a number)".to_owned(),
        _ => return String::new(),
    };
    let without_spaces = |text: &str| text.split_whitespace().collect::<String>();
    if sent.to_lowercase() == found.to_lowercase() {
        " (only the case differs)".to_owned()
    } else if sent.trim() == found.trim() {
        " (only outer spaces differ)".to_owned()
    } else if without_spaces(sent) == without_spaces(found) {
        " (only inner spaces differ)".to_owned()
    } else if sent.trim_start_matches('0') == found {
        " (its leading zeros are gone)".to_owned()
    } else if sent.starts_with(found) {
        format!(" (cut off after {} characters)", found.chars().count())
    } else if sent.is_ascii() && found.is_ascii() {
        String::new()
    } else {
        code_points(sent, found)
    }
}

/// Where two texts that may look alike first differ.
fn code_points(sent: &str, found: &str) -> String {
    let differs = |(_, (one, other)): &(usize, (char, char))| one != other;
    match sent.chars().zip(found.chars()).enumerate().find(differs) {
        Some((index, (one, other))) => {
            let [one, other] = [one, other].map(|char| format!("U+{:04X}", u32::from(char)));
            format!(" (they differ from character {} on: {one} was sent, {other} came)", index + 1)
        }
        None => String::new(),
    }
}
