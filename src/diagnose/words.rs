//! Values and paths as people read them.

use serde_json::Value as Json;

use crate::event::Check;

/// The longest value that a sentence quotes whole, in characters.
const LONGEST: usize = 120;

/// The last key of a path that is no index.
pub(super) fn last_key(path: &str) -> &str {
    path.rsplit('.').find(|key| key.parse::<usize>().is_err()).unwrap_or(path)
}

/// The key of a record that a path leads to: `external_id` for `body.external_id` and
/// `body.items.0.external_id`, and nothing for what lies deeper.
pub(super) fn record_key(path: &str) -> Option<&str> {
    let path = path.strip_prefix("body.")?;
    let within = path.strip_prefix("items.").and_then(|rest| rest.split_once('.'));
    let key = within.filter(|(index, _)| index.parse::<usize>().is_ok()).map_or(path, |(_, key)| key);
    (!key.contains('.')).then_some(key)
}

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

/// What was expected where, and what is there; for a check that means nothing in particular.
pub(super) fn difference(failed: &[&Check]) -> String {
    let Some(first) = failed.first() else { return "an expectation does not hold".to_owned() };
    if last_key(&first.path) == "secret" {
        return format!("`{}` is not the one that was expected", first.path);
    }
    let actual = if first.missing { "missing".to_owned() } else { quoted(&first.actual) };
    let more = match failed.len() {
        1 => String::new(),
        2 => ", and one more check failed".to_owned(),
        more => format!(", and {} more checks failed", more - 1),
    };
    format!("`{}` is {actual}, where {} was expected{more}", first.path, quoted(&first.expected))
}

/// A value as JSON, cut where it is long.
fn quoted(value: &Json) -> String {
    let text = value.to_string();
    if text.chars().count() <= LONGEST {
        return text;
    }
    text.chars().take(LONGEST).chain(['…']).collect()
}

/// How an id that came back differs from the one that was sent, where that can be said in a few words.
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
