//! JSON that Python reads and `serde_json` does not, or otherwise: half of a surrogate pair, `NaN`,
//! infinities, numbers beyond a float, and `-0`, an integer like any other to Python.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::{Captures, Regex};
use serde_json::Value;

struct Patterns {
    token: Regex,
    escape: Regex,
    negative_zero: Regex,
}

static PATTERNS: LazyLock<Option<Patterns>> = LazyLock::new(|| {
    Some(Patterns {
        token: Regex::new(r#""(?:[^"\\]|\\.)*"|-?(?:NaN|Infinity|[0-9][0-9.eE+-]*)"#).ok()?,
        escape: Regex::new(
            r"\\u[dD][89abAB][0-9a-fA-F]{2}(\\u[dD][c-fC-F][0-9a-fA-F]{2})?|\\u[dD][c-fC-F]..|\\.",
        )
        .ok()?,
        negative_zero: Regex::new(r"[:,\[\s]-0[,}\]\s]").ok()?,
    })
});

/// A body, and the character that stands in it for what Python has read and cannot write: a request
/// that only ignores it is answered, one that uses it is a 500 on the real API.
#[derive(Debug)]
pub(crate) struct PythonJson {
    pub(crate) value: Value,
    pub(crate) stand_in: Option<char>,
}

impl From<Value> for PythonJson {
    fn from(value: Value) -> Self {
        Self { value, stand_in: None }
    }
}

/// Reads a body as Python does.
pub(crate) fn python_json(text: &str) -> Result<PythonJson, serde_json::Error> {
    let plain = serde_json::from_str::<Value>(text);
    let needed = |patterns: &&Patterns| plain.is_err() || patterns.negative_zero.is_match(text);
    let Some(patterns) = PATTERNS.as_ref().filter(needed) else {
        return plain.map(PythonJson::from);
    };
    // A character that Unicode never assigns, and that is not in the body either.
    let stand_in = ('\u{fdd0}'..='\u{fdef}').find(|c| !text.contains(*c)).unwrap_or('\u{fdd0}');
    let rewrite = |token: &Captures<'_>| rewritten(patterns, &token[0], stand_in).into_owned();
    let rewritten = patterns.token.replace_all(text, rewrite);
    match serde_json::from_str(&rewritten) {
        Ok(value) => {
            Ok(PythonJson { value, stand_in: Some(stand_in).filter(|c| rewritten.contains(*c)) })
        }
        Err(error) => Err(plain.err().unwrap_or(error)),
    }
}

fn rewritten<'t>(patterns: &Patterns, token: &'t str, stand_in: char) -> Cow<'t, str> {
    if token.starts_with('"') {
        return patterns.escape.replace_all(token, |escape: &Captures<'_>| {
            let lone = escape[0].len() == r"\ud800".len();
            if lone { stand_in.to_string() } else { escape[0].to_owned() }
        });
    }
    match token.parse::<f64>() {
        _ if token == "-0" => Cow::Borrowed("0"),
        Ok(number) if !number.is_finite() => Cow::Owned(format!("\"{stand_in}\"")),
        _ => Cow::Borrowed(token),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::python_json;

    #[test]
    fn minus_zero_is_zero_and_a_float_keeps_its_sign() {
        let read = python_json(r#"{"a": -0, "b":[-0,-0], "c": ":-0,", "d": -0.5, "e": -10}"#)
            .expect("JSON");
        assert_eq!(read.value.to_string(), r#"{"a":0,"b":[0,0],"c":":-0,","d":-0.5,"e":-10}"#);
        assert_eq!(read.stand_in, None);
    }

    #[test]
    fn what_python_cannot_write_is_stood_in_for() {
        for text in
            [r#""\ud800""#, r#""\udc00\ud83d""#, "NaN", "-Infinity", "1e999", r#"{"\uDBFF": 1}"#]
        {
            let read = python_json(&format!("[{text}]")).expect("JSON");
            assert_eq!(read.stand_in, Some('\u{fdd0}'), "{text}");
        }
        let read = python_json("[\"\u{fdd0}\", NaN]").expect("JSON");
        assert_eq!(read.value, json!(["\u{fdd0}", "\u{fdd1}"]));
    }

    #[test]
    fn pairs_and_other_escapes_stay() {
        let read = python_json(r#"["\ud83d\ude00 \\ud800 \"", -0]"#).expect("JSON");
        assert_eq!(read.value, json!(["😀 \\ud800 \"", 0]));
        assert!(python_json(r#"{"a": NaN"#).is_err());
    }
}
