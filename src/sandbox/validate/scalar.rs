//! Texts, numbers, booleans, choices and ids, read the way pydantic reads them in its lax mode.

use serde_json::{Value, json};

use super::{Validator, python_trim};

/// A text of any length, without NUL: the real API's database does not take one.
pub(crate) fn string(validator: &mut Validator, value: &Value) -> Option<String> {
    match value {
        Value::String(text) if text.contains('\0') => nul(validator, value),
        Value::String(text) => {
            validator.uses(text);
            Some(text.clone())
        }
        other => validator.flaw("string_type", "Input should be a valid string", other),
    }
}

/// The flaw of a text with a NUL in it.
pub(crate) fn nul<T>(validator: &mut Validator, value: &Value) -> Option<T> {
    validator.value_error("Input must not contain a NUL character (\\u0000).", value)
}

/// A text with the spaces around it taken off. See [`super::Given::empty_is_null`].
pub(crate) fn text(validator: &mut Validator, value: &Value) -> Option<String> {
    string(validator, value).map(|text| python_trim(&text).to_owned())
}

/// A name of a customer or member: a text of up to 256 characters.
pub(crate) fn name(validator: &mut Validator, value: &Value) -> Option<String> {
    const LONGEST: usize = 256;
    if let Value::String(text) = value
        && text.chars().count() > LONGEST
    {
        return too_long(validator, value, LONGEST);
    }
    text(validator, value)
}

/// The flaw of a text with too many characters.
pub(crate) fn too_long<T>(validator: &mut Validator, value: &Value, longest: usize) -> Option<T> {
    let msg = format!("String should have at most {longest} character{}", plural(longest));
    validator.flaw_with("string_too_long", msg, value, json!({"max_length": longest}))
}

/// The flaw of a text with too few characters.
pub(crate) fn too_short<T>(validator: &mut Validator, value: &Value, shortest: usize) -> Option<T> {
    let msg = format!("String should have at least {shortest} character{}", plural(shortest));
    validator.flaw_with("string_too_short", msg, value, json!({"min_length": shortest}))
}

fn plural(count: usize) -> &'static str {
    if count == 1 { "" } else { "s" }
}

/// One of a list of words, as pydantic words it for an enumeration.
pub(crate) fn choice<'c>(
    validator: &mut Validator,
    value: &Value,
    choices: &[&'c str],
) -> Option<&'c str> {
    if let Value::String(text) = value
        && let Some(choice) = choices.iter().find(|choice| *choice == text)
    {
        return Some(choice);
    }
    let expected = listed(choices.iter().map(|choice| format!("'{choice}'")));
    validator.flaw_with(
        "enum",
        format!("Input should be {expected}"),
        value,
        json!({"expected": expected}),
    )
}

/// One of a list of words, as pydantic words it for literals.
pub(crate) fn literal<'c>(
    validator: &mut Validator,
    value: &Value,
    choices: &[&'c str],
) -> Option<&'c str> {
    if let Some(choice) =
        value.as_str().and_then(|text| choices.iter().find(|choice| **choice == text))
    {
        return Some(choice);
    }
    let expected = listed(choices.iter().map(|choice| format!("'{choice}'")));
    validator.flaw_with(
        "literal_error",
        format!("Input should be {expected}"),
        value,
        json!({"expected": expected}),
    )
}

/// `a`, `a or b`, `a, b or c`.
pub(super) fn listed(items: impl Iterator<Item = String>) -> String {
    let items: Vec<_> = items.collect();
    match items.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        Some((last, _)) => last.clone(),
        None => String::new(),
    }
}

/// A boolean, or one of the words and numbers that pydantic takes for one.
pub(crate) fn boolean(validator: &mut Validator, value: &Value) -> Option<bool> {
    let parsed = match value {
        Value::Bool(value) => Some(*value),
        Value::String(text) => match text.to_ascii_lowercase().as_str() {
            "1" | "t" | "true" | "y" | "yes" | "on" => Some(true),
            "0" | "f" | "false" | "n" | "no" | "off" => Some(false),
            _ => None,
        },
        // A float with a fraction is not tried, nor is one beyond 64 bits.
        Value::Number(number) => match number.as_f64() {
            Some(0.0) => Some(false),
            Some(1.0) => Some(true),
            Some(float) if float.fract() == 0.0 && float.abs() < 9.2e18 => None,
            _ => return validator.flaw("bool_type", "Input should be a valid boolean", value),
        },
        Value::Null | Value::Array(_) | Value::Object(_) => {
            return validator.flaw("bool_type", "Input should be a valid boolean", value);
        }
    };
    match parsed {
        Some(value) => Some(value),
        None => validator.flaw(
            "bool_parsing",
            "Input should be a valid boolean, unable to interpret input",
            value,
        ),
    }
}

/// A whole number, or what pydantic takes for one.
pub(crate) fn integer(validator: &mut Validator, value: &Value) -> Option<Value> {
    let (kind, msg) = match value {
        Value::Bool(flag) => return Some(i64::from(*flag).into()),
        Value::Number(number) if number.as_f64().is_some_and(|number| number.fract() == 0.0) => {
            return Some(
                number.as_f64().filter(|_| number.is_f64()).map_or_else(|| value.clone(), whole),
            );
        }
        Value::Number(_) => (
            "int_from_float",
            "Input should be a valid integer, got a number with a fractional part",
        ),
        Value::String(text) => match lax_integer(text.trim()) {
            Some(number) => return Some(number.into()),
            None => (
                "int_parsing",
                "Input should be a valid integer, unable to parse string as an integer",
            ),
        },
        _ => ("int_type", "Input should be a valid integer"),
    };
    validator.flaw(kind, msg, value)
}

/// A float without a fraction, as a whole number where 64 bits hold it.
fn whole(number: f64) -> Value {
    format!("{number:.0}").parse::<i64>().map_or_else(|_| number.into(), Value::from)
}

/// A whole number above zero out of a query.
pub(crate) fn integer_above_zero(validator: &mut Validator, value: &Value) -> Option<i64> {
    let text = value.as_str().unwrap_or_default().trim();
    let Some(number) = lax_integer(text) else {
        let msg = "Input should be a valid integer, unable to parse string as an integer";
        return validator.flaw("int_parsing", msg, value);
    };
    if number <= 0 {
        return validator.flaw_with(
            "greater_than",
            "Input should be greater than 0",
            value,
            json!({"gt": 0}),
        );
    }
    Some(number)
}

/// Python's own spelling of integers: a sign, `_` between digits, and `.0` at the end. What does
/// not fit into 64 bits is cut to what does: there are not that many pages.
pub(super) fn lax_integer(text: &str) -> Option<i64> {
    let (sign, digits) = match text.as_bytes().first()? {
        b'+' => (1, &text[1..]),
        b'-' => (-1, &text[1..]),
        _ => (1, text),
    };
    let digits = match digits.split_once('.') {
        Some((whole, zeros)) if !zeros.is_empty() && zeros.bytes().all(|byte| byte == b'0') => {
            whole
        }
        Some(_) => return None,
        None => digits,
    };
    let parts_hold_digits = !digits.is_empty()
        && digits
            .split('_')
            .all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()));
    parts_hold_digits.then(|| sign * digits.replace('_', "").parse::<i64>().unwrap_or(i64::MAX))
}
