//! Small things that Python does otherwise than Rust, where the real API shows it.

use serde_json::Value;

/// `str.strip()`: to Python the separators of ASCII are white space too.
pub(crate) fn python_trim(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || matches!(c, '\u{1c}'..='\u{1f}'))
}

/// What `repr` makes of a value that came as JSON.
pub(crate) fn python_repr(value: &Value) -> String {
    let joined = |items: Vec<String>| items.join(", ");
    match value {
        Value::Null => "None".to_owned(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => quoted(text),
        Value::Array(items) => format!("[{}]", joined(items.iter().map(python_repr).collect())),
        Value::Object(map) => {
            let entries = map
                .iter()
                .map(|(key, value)| format!("{}: {}", quoted(key), python_repr(value)))
                .collect();
            format!("{{{}}}", joined(entries))
        }
    }
}

fn quoted(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    let inner: String = text
        .chars()
        .map(|c| match c {
            '\\' => "\\\\".to_owned(),
            '\n' => "\\n".to_owned(),
            '\r' => "\\r".to_owned(),
            '\t' => "\\t".to_owned(),
            c if c == quote => format!("\\{c}"),
            c if c.is_ascii_control() => format!("\\x{:02x}", u32::from(c)),
            c => c.to_string(),
        })
        .collect();
    format!("{quote}{inner}{quote}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{python_repr, python_trim};

    #[test]
    fn separators_are_white_space() {
        assert_eq!(python_trim("\u{1c}\u{a0} a b\u{1f}\n"), "a b");
    }

    #[test]
    fn values_look_as_python_prints_them() {
        let value = json!({"a": [true, null, 1.5], "it's": "x\n"});
        assert_eq!(python_repr(&value), r#"{'a': [True, None, 1.5], "it's": 'x\n'}"#);
    }
}
