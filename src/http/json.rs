//! JSON from outside, with a bound on what it takes in memory.
//!
//! Two bytes of text can become a hundred bytes of value, so that the limit on a body alone would
//! let a target take a gigabyte. Depth is bounded as well, because values are walked recursively.
//!
//! RFC 8259 allows texts that no value here can hold. They are read all the same, as JavaScript and
//! Python do: half of a surrogate pair (a truncated emoji) as U+FFFD, which is what JavaScript
//! makes of it when it writes UTF-8, and a number beyond the range of a double as the largest one.

use serde::de::IgnoredAny;
use serde_json::Value;
use thiserror::Error;

/// The most values that one text may hold. A page of a hundred full records has a tenth of that.
const MAX_VALUES: usize = 100_000;

/// How deep lists and objects may stand in each other: the recursion limit of `serde_json`.
const MAX_DEPTH: usize = 127;

/// What stands for a number that is too large.
const LARGEST: &str = "1.7976931348623157e308";

/// Why a text could not be read; fits after "it is".
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum JsonError {
    /// It breaks the grammar, or is not UTF-8; says where.
    #[error("not JSON ({0})")]
    Broken(String),
    /// It has more than 100,000 values.
    #[error("JSON of more than {MAX_VALUES} values, too many to be read into memory")]
    TooMany,
    /// It is nested deeper than 127 levels.
    #[error("JSON that is nested deeper than {MAX_DEPTH} levels, beyond the recursion limit")]
    TooDeep,
}

/// `bytes` as JSON, or why not.
pub fn parse(bytes: &[u8]) -> Result<Value, JsonError> {
    if let Some(error) = Size::of(bytes).error() {
        // Checks the grammar, and keeps nothing.
        deserialize::<IgnoredAny>(bytes)?;
        return Err(error);
    }
    value(bytes)
}

/// `bytes` as JSON. Takes no time to tell why not.
#[must_use]
pub fn read(bytes: &[u8]) -> Option<Value> {
    if Size::of(bytes).error().is_some() { None } else { value(bytes).ok() }
}

/// A text of a bounded size.
fn value(bytes: &[u8]) -> Result<Value, JsonError> {
    deserialize(bytes).or_else(|error| {
        deserialize::<IgnoredAny>(bytes)?;
        mended(bytes).map_or(Err(error), |mended| deserialize(&mended))
    })
}

fn deserialize<T: for<'de> serde::Deserialize<'de>>(bytes: &[u8]) -> Result<T, JsonError> {
    serde_json::from_slice(bytes).map_err(|error| JsonError::Broken(error.to_string()))
}

/// How many values a text holds at most, if it is JSON.
#[must_use]
pub fn count(bytes: &[u8]) -> usize {
    Size::of(bytes).values
}

/// What a text takes at most, if it is JSON.
struct Size {
    /// Each stands at the start of the text, or after a bracket or a comma outside of strings.
    values: usize,
    depth: usize,
}

impl Size {
    fn of(bytes: &[u8]) -> Self {
        let mut size = Self { values: 1, depth: 0 };
        let (mut depth, mut inside, mut escaped) = (0_usize, false, false);
        for byte in bytes {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = inside,
                b'"' => inside = !inside,
                b',' if !inside => size.values += 1,
                b'[' | b'{' if !inside => {
                    size.values += 1;
                    depth += 1;
                    size.depth = size.depth.max(depth);
                }
                b']' | b'}' if !inside => depth = depth.saturating_sub(1),
                _ => {}
            }
        }
        size
    }

    /// Why it is too much.
    fn error(&self) -> Option<JsonError> {
        match self {
            Self { values, .. } if *values > MAX_VALUES => Some(JsonError::TooMany),
            Self { depth, .. } if *depth > MAX_DEPTH => Some(JsonError::TooDeep),
            _ => None,
        }
    }
}

/// `json`, whose grammar holds, with values in place of those that none can hold; `None` where there are
/// none of them.
fn mended(json: &[u8]) -> Option<Vec<u8>> {
    let mut mended = Vec::with_capacity(json.len());
    let (mut rest, mut inside) = (json, false);
    while let Some(byte) = rest.first() {
        let (instead, length) = match byte {
            b'\\' if inside => escape(rest),
            b'-' | b'0'..=b'9' if !inside => number(rest),
            _ => (None, 1),
        };
        inside ^= *byte == b'"';
        let (token, after) = rest.split_at_checked(length).unwrap_or((rest, &[]));
        mended.extend_from_slice(instead.map_or(token, str::as_bytes));
        rest = after;
    }
    (mended != json).then_some(mended)
}

/// What to write in place of the escape at the start of `rest`, if anything, and how long the
/// escape is.
fn escape(rest: &[u8]) -> (Option<&'static str>, usize) {
    let unit = |at: usize| {
        let digits =
            rest.get(at..).and_then(|rest| rest.strip_prefix(b"\\u"))?.first_chunk::<4>()?;
        digits.iter().try_fold(0, |code, digit| Some(code << 4 | char::from(*digit).to_digit(16)?))
    };
    match (unit(0), unit(6)) {
        (Some(0xd800..0xdc00), Some(0xdc00..0xe000)) => (None, 12),
        (Some(0xd800..0xe000), _) => (Some("\\ufffd"), 6),
        _ => (None, 2),
    }
}

/// The same for the number there.
fn number(rest: &[u8]) -> (Option<&'static str>, usize) {
    let end = rest
        .iter()
        .position(|byte| !matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E'));
    let length = end.unwrap_or(rest.len());
    let value = std::str::from_utf8(&rest[..length]).ok().and_then(|text| text.parse::<f64>().ok());
    match value.filter(|value| value.is_infinite()) {
        // The sign stays.
        Some(value) if value < 0.0 => (None, 1),
        Some(_) => (Some(LARGEST), length),
        None => (None, length),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn values(value: &Value) -> usize {
        1 + match value {
            Value::Array(items) => items.iter().map(values).sum(),
            Value::Object(entries) => entries.values().map(values).sum(),
            _ => 0,
        }
    }

    #[test]
    fn many_values_are_refused_and_long_strings_are_not() {
        let many = |count: usize| format!("[{}0]", "0,".repeat(count));
        assert!(parse(many(MAX_VALUES - 3).as_bytes()).is_ok());
        assert_eq!(parse(many(MAX_VALUES).as_bytes()), Err(JsonError::TooMany));
        let cut = many(MAX_VALUES).replace(']', "");
        assert!(matches!(parse(cut.as_bytes()), Err(JsonError::Broken(_))));
        let text = "[{,\\\"".repeat(MAX_VALUES);
        assert_eq!(parse(json!(text).to_string().as_bytes()), Ok(json!(text)));
    }

    #[test]
    fn depth_is_bounded() {
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            let deep = |levels| format!("{}1{}", open.repeat(levels), close.repeat(levels));
            assert!(parse(deep(MAX_DEPTH).as_bytes()).is_ok());
            assert_eq!(parse(deep(MAX_DEPTH + 1).as_bytes()), Err(JsonError::TooDeep));
            assert_eq!(parse(deep(40_000).as_bytes()), Err(JsonError::TooDeep));
            assert!(matches!(parse(open.repeat(90_000).as_bytes()), Err(JsonError::Broken(_))));
        }
    }

    #[test]
    fn what_is_no_json_says_why() {
        for text in [
            "",
            "{",
            "NaN",
            "\"\\ud83\"",
            "[1.e999]",
            "{\"a\":1}}",
            "\u{feff}{}",
            "\"\u{1b}\"",
            "[1e400,]",
        ] {
            assert!(matches!(parse(text.as_bytes()), Err(JsonError::Broken(_))), "{text}");
        }
        // No UTF-8, and surrogates that are written out as bytes.
        assert!(parse(b"\"\xff\"").is_err());
        assert!(parse(b"\"\xed\xa0\xbd\"").is_err());
        // The last one counts, as it does in every handler.
        assert_eq!(parse(br#"{"a":1,"a":2}"#), Ok(json!({ "a": 2 })));
    }

    #[test]
    fn half_of_a_surrogate_pair_is_the_replacement_character() {
        for (text, meant) in [
            (r#""\ud83d""#, "\u{fffd}"),
            (r#""\uDE00 x""#, "\u{fffd} x"),
            (r#""\ud83d\ud83d\ude00""#, "\u{fffd}😀"),
            (r#""\ud83d\u0041""#, "\u{fffd}A"),
            (r#""\ud83d\n""#, "\u{fffd}\n"),
            (r#""\\ud83d \ud83d""#, "\\ud83d \u{fffd}"),
            (r#""\"\ud83d\" 1e999""#, "\"\u{fffd}\" 1e999"),
        ] {
            assert_eq!(parse(text.as_bytes()), Ok(json!(meant)), "{text}");
        }
        assert_eq!(parse(br#"{"\ud83d":1}"#), Ok(json!({ "\u{fffd}": 1 })));
    }

    #[test]
    fn a_number_beyond_all_doubles_is_the_largest_one() {
        for text in ["1e400", "1E+400", "17e9999999999999999999", &format!("1{}", "0".repeat(400))]
        {
            assert_eq!(parse(text.as_bytes()), Ok(json!(f64::MAX)), "{text}");
            assert_eq!(
                parse(format!("[-{text}, 1e-400]").as_bytes()),
                Ok(json!([f64::MIN, 0.0])),
                "{text}"
            );
        }
        assert_eq!(
            parse(br#"{"a":1e400,"b":[2,"\ud800"]}"#),
            Ok(json!({ "a": f64::MAX, "b": [2, "\u{fffd}"] }))
        );
    }

    proptest! {
        #[test]
        fn no_value_goes_uncounted(text in "(\\PC{0,6}|[\\[\\]{},:\"\\\\0a]){0,40}") {
            if let Ok(value) = serde_json::from_str::<Value>(&text) {
                prop_assert!(values(&value) <= count(text.as_bytes()), "{}", text);
            }
        }

        #[test]
        fn whatever_comes_is_survived(bytes in any::<Vec<u8>>()) {
            prop_assert_eq!(parse(&bytes).ok(), read(&bytes));
        }
    }
}
