//! JSON values on one line, short enough to read, and two of them so that they can be compared.

use serde_json::Value;

use crate::event::Check;
use crate::printable::{printable, shortened};

/// The longest value that is shown whole.
const LIMIT: usize = 160;
/// How much of what two long values share is shown before they differ.
const LEAD: usize = 40;

/// What was expected and what came, both cut in the same place where they are long, so that the
/// first difference can be seen.
#[must_use]
pub fn compared(check: &Check) -> (String, String) {
    let expected = line(&check.expected);
    if check.missing {
        return (cut(&expected, 0), MISSING.to_owned());
    }
    let actual = line(&check.actual);
    let shared =
        expected.chars().zip(actual.chars()).take_while(|(one, other)| one == other).count();
    // A short pair is shown whole, and so is the start of a pair that differs early.
    let longest = expected.chars().count().max(actual.chars().count());
    let start = if longest <= LIMIT || shared <= LEAD * 2 { 0 } else { shared - LEAD };
    (cut(&expected, start), cut(&actual, start))
}

/// What stands where nothing was there, as opposed to a `null`.
pub const MISSING: &str = "missing";

/// One value, short enough for a line.
#[must_use]
pub fn brief(value: &Value) -> String {
    shortened(&value.to_string(), LIMIT).into_owned()
}

fn line(value: &Value) -> String {
    printable(&value.to_string()).into_owned()
}

/// `LIMIT` characters of `text` from `start`, with a `…` where something was left out.
fn cut(text: &str, start: usize) -> String {
    let mut rest = text.chars().skip(start);
    let mut shown = if start > 0 { String::from("…") } else { String::new() };
    shown.extend(rest.by_ref().take(LIMIT));
    if rest.next().is_some() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Status;
    use serde_json::json;

    fn check(expected: Value, actual: Value) -> Check {
        Check {
            path: "body".to_owned(),
            expected,
            actual,
            missing: false,
            status: Status::Failed,
            line: None,
        }
    }

    #[test]
    fn short_values_are_whole() {
        let pair = compared(&check(json!({"$type": "uuid"}), json!(null)));
        assert_eq!(pair, (r#"{"$type":"uuid"}"#.to_owned(), "null".to_owned()));
    }

    #[test]
    fn missing_is_not_null() {
        let mut missing = check(json!("user_1"), json!(null));
        missing.missing = true;
        assert_eq!(compared(&missing).1, "missing");
    }

    #[test]
    fn long_values_are_cut_around_the_first_difference() {
        let long = |middle: &str| json!(format!("{}{middle}{}", "a".repeat(500), "z".repeat(500)));
        let (expected, actual) = compared(&check(long("ONE"), long("TWO")));
        assert!(expected.contains("ONE") && actual.contains("TWO"));
        assert!(expected.starts_with("…a") && expected.ends_with("z…"));
        assert_eq!(expected.find("ONE"), actual.find("TWO"));
        assert!(expected.chars().count() <= LIMIT + 2);
    }

    #[test]
    fn hidden_characters_are_shown() {
        assert_eq!(brief(&json!("a\u{202e}b\nc")), r#""a\u{202e}b\nc""#);
    }
}
