//! JSON from outside, with a bound on what it takes in memory.
//!
//! Two bytes of text can become a hundred bytes of value, so that the limit on a body alone would let a
//! target take a gigabyte. Depth is bounded by the parser itself.

use serde_json::Value;

/// The most values that one text may hold. A page of a hundred full records has a tenth of that.
const MAX_VALUES: usize = 100_000;

/// `bytes` as JSON, or why not, as a sentence fragment.
pub fn parse(bytes: &[u8]) -> Result<Value, String> {
    if count(bytes) > MAX_VALUES {
        return Err(format!("more than {MAX_VALUES} values"));
    }
    serde_json::from_slice(bytes).map_err(|error| error.to_string())
}

/// How many values a text holds at most, if it is JSON: each stands at the start of the text, or after
/// a bracket or a comma outside of strings.
#[must_use]
pub fn count(bytes: &[u8]) -> usize {
    let (mut count, mut inside, mut escaped) = (1, false, false);
    for byte in bytes {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = inside,
            b'"' => inside = !inside,
            b',' | b'[' | b'{' if !inside => count += 1,
            _ => {}
        }
    }
    count
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
        assert!(parse(many(MAX_VALUES).as_bytes()).unwrap_err().contains("100000 values"));
        let text = "[{,\\\"".repeat(MAX_VALUES);
        assert_eq!(parse(json!(text).to_string().as_bytes()), Ok(json!(text)));
    }

    #[test]
    fn depth_is_bounded() {
        for piece in ["[", "{\"a\":"] {
            assert!(parse(piece.repeat(90_000).as_bytes()).unwrap_err().contains("recursion limit"));
        }
    }

    #[test]
    fn what_is_no_json_says_why() {
        for text in ["", "{", "NaN", "[1e999]", "\"\\ud800\"", "{\"a\":1}}", "\u{feff}{}", "\"\u{1b}\""] {
            assert!(parse(text.as_bytes()).is_err(), "{text}");
        }
        assert!(parse(b"\"\xff\"").is_err());
        // The last one counts, as it does in every handler.
        assert_eq!(parse(br#"{"a":1,"a":2}"#), Ok(json!({ "a": 2 })));
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
            let _ = parse(&bytes);
        }
    }
}
