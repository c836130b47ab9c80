//! Metadata: up to 50 keys of 1 to 40 characters, each with a text of 1 to 500 characters, an
//! integer, a float or a boolean (measured on the real API, with its messages).

use serde_json::{Map, Value, json};

use super::Validator;
use super::scalar::{boolean, lax_integer, nul, too_long, too_short};

const MOST_KEYS: usize = 50;
const LONGEST_KEY: usize = 40;
const LONGEST_VALUE: usize = 500;

/// Reads the field `metadata`; null is not a dictionary.
pub(crate) fn metadata(validator: &mut Validator, value: &Value) -> Option<Map<String, Value>> {
    let Value::Object(map) = value else {
        return validator.flaw("dict_type", "Input should be a valid dictionary", value);
    };
    let before = validator.count();
    let mut read = Map::new();
    for (key, value) in map {
        validator.uses(key);
        validator.at(key.as_str(), |validator| {
            let length = key.chars().count();
            let key_value = Value::String(key.clone());
            if length > LONGEST_KEY {
                validator
                    .at("[key]", |validator| too_long::<()>(validator, &key_value, LONGEST_KEY));
            } else if length == 0 {
                validator.at("[key]", |validator| too_short::<()>(validator, &key_value, 1));
            } else if key.contains('\0') {
                validator.at("[key]", |validator| nul::<()>(validator, &key_value));
            }
            if let Some(value) = entry(validator, value) {
                read.insert(key.clone(), value);
            }
        });
    }
    if validator.count() > before {
        return None;
    }
    if map.len() > MOST_KEYS {
        let msg = format!(
            "Dictionary should have at most {MOST_KEYS} items after validation, not {}",
            map.len()
        );
        let ctx = json!({
            "field_type": "Dictionary",
            "max_length": MOST_KEYS,
            "actual_length": map.len(),
        });
        return validator.flaw_with("too_long", msg, value, ctx);
    }
    Some(read)
}

/// A union: the first type that fits without being bent, else the first that fits at all, else
/// the flaws of all four.
pub(crate) fn entry(validator: &mut Validator, value: &Value) -> Option<Value> {
    let text = match value {
        Value::Number(_) | Value::Bool(_) => return Some(value.clone()),
        Value::String(text) if text.contains('\0') => return nul(validator, value),
        Value::String(text) => {
            validator.uses(text);
            let length = text.chars().count();
            if (1..=LONGEST_VALUE).contains(&length) {
                return Some(value.clone());
            }
            if let Some(number) = bent(text) {
                return Some(number);
            }
            Some(text)
        }
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    };
    validator.at("constrained-str", |validator| match text {
        Some(text) if text.is_empty() => too_short::<()>(validator, value, 1),
        Some(_) => too_long(validator, value, LONGEST_VALUE),
        None => validator.flaw("string_type", "Input should be a valid string", value),
    });
    validator.at("int", |validator| match text {
        Some(_) => validator.flaw::<()>(
            "int_parsing",
            "Input should be a valid integer, unable to parse string as an integer",
            value,
        ),
        None => validator.flaw("int_type", "Input should be a valid integer", value),
    });
    validator.at("float", |validator| match text {
        Some(_) => validator.flaw::<()>(
            "float_parsing",
            "Input should be a valid number, unable to parse string as a number",
            value,
        ),
        None => validator.flaw("float_type", "Input should be a valid number", value),
    });
    validator.at("bool", |validator| boolean(validator, value));
    None
}

/// A text that is invalid here as a text, and valid as a number.
fn bent(text: &str) -> Option<Value> {
    let text = text.trim();
    lax_integer(text)
        .map(Value::from)
        .or_else(|| text.parse::<f64>().ok().filter(|f| f.is_finite()).map(Value::from))
}
