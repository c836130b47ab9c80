//! Metadata of events: what that of customers may hold, and two objects that Polar knows how to
//! read. Neither the number of keys nor their length is limited, unlike there (from Polar's
//! source).

use serde_json::{Map, Value, json};

use crate::sandbox::validate::{Validator, integer, metadata_entry, nul, string};

/// Reads the field `metadata`; null is not a dictionary.
pub(super) fn metadata(validator: &mut Validator, value: &Value) -> Option<Map<String, Value>> {
    let map = dictionary(validator, value)?;
    let mut read = Map::new();
    read.extend(validator.optional(map, COST, cost).map(|cost| (COST.to_owned(), cost)));
    read.extend(validator.optional(map, LLM, llm).map(|llm| (LLM.to_owned(), llm)));
    for (key, value) in map.iter().filter(|(key, _)| *key != COST && *key != LLM) {
        let value = validator.at(key.as_str(), |validator| {
            if key.contains('\0') {
                let key = Value::String(key.clone());
                return validator.at("[key]", |validator| nul(validator, &key));
            }
            metadata_entry(validator, value)
        });
        read.extend(value.map(|value| (key.clone(), value)));
    }
    Some(read)
}

const COST: &str = "_cost";
const LLM: &str = "_llm";

fn dictionary<'v>(validator: &mut Validator, value: &'v Value) -> Option<&'v Map<String, Value>> {
    match value {
        Value::Object(map) => Some(map),
        other => validator.flaw("dict_type", "Input should be a valid dictionary", other),
    }
}

/// `{"amount": 1.5, "currency": "usd"}`; the amount comes back as text, like every decimal.
fn cost(validator: &mut Validator, value: &Value) -> Option<Value> {
    let map = dictionary(validator, value)?;
    let amount = validator.required(map, "amount", decimal);
    let currency = validator.required(map, "currency", |validator, value| {
        let currency = string(validator, value)?;
        if currency.contains("usd") {
            return Some(currency);
        }
        let msg = "String should match pattern 'usd'";
        validator.flaw_with("string_pattern_mismatch", msg, value, json!({"pattern": "usd"}))
    });
    Some(json!({"amount": amount?, "currency": currency?}))
}

/// What a language model used.
fn llm(validator: &mut Validator, value: &Value) -> Option<Value> {
    let map = dictionary(validator, value)?;
    let mut read = Map::new();
    let text =
        |validator: &mut Validator, value: &Value| string(validator, value).map(Value::String);
    let or_null = |validator: &mut Validator, value: &Value| {
        if value.is_null() { Some(Value::Null) } else { text(validator, value) }
    };
    for key in ["vendor", "model"] {
        read.extend(validator.required(map, key, text).map(|value| (key.to_owned(), value)));
    }
    for key in ["prompt", "response"] {
        read.insert(key.to_owned(), validator.optional(map, key, or_null).unwrap_or_default());
    }
    for key in ["input_tokens", "cached_input_tokens", "output_tokens", "total_tokens"] {
        let count = match key {
            "cached_input_tokens" => validator.optional(map, key, integer),
            _ => validator.required(map, key, integer),
        };
        read.extend(count.map(|count| (key.to_owned(), count)));
    }
    Some(Value::Object(read))
}

/// Up to 17 digits, 12 of them behind the point.
fn decimal(validator: &mut Validator, value: &Value) -> Option<String> {
    const DIGITS: usize = 17;
    const PLACES: usize = 12;
    let text = match value {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.trim().replace('_', ""),
        _ => {
            let msg = "Decimal input should be an integer, float, string or Decimal object";
            return validator.flaw("decimal_type", msg, value);
        }
    };
    let Ok(number) = text.parse::<f64>() else {
        return validator.flaw("decimal_parsing", "Input should be a valid decimal", value);
    };
    if !number.is_finite() {
        return validator.flaw("finite_number", "Input should be a finite number", value);
    }
    let (whole, places) = digits(&text);
    let flaw = if whole + places > DIGITS {
        (
            "decimal_max_digits",
            format!("Decimal input should have no more than {DIGITS} digits in total"),
            json!({"max_digits": DIGITS}),
        )
    } else if places > PLACES {
        let msg = format!("Decimal input should have no more than {PLACES} decimal places");
        ("decimal_max_places", msg, json!({"decimal_places": PLACES}))
    } else if whole > DIGITS - PLACES {
        let most = DIGITS - PLACES;
        let msg = format!(
            "Decimal input should have no more than {most} digits before the decimal point"
        );
        ("decimal_whole_digits", msg, json!({"whole_digits": most}))
    } else {
        return Some(text);
    };
    validator.flaw_with(flaw.0, flaw.1, value, flaw.2)
}

/// How many digits stand before and behind the point once an exponent is written out.
fn digits(text: &str) -> (usize, usize) {
    let text = text.trim_start_matches(['+', '-']);
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let exponent: i64 = exponent.parse().unwrap_or(0);
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let length = |text: &str| i64::try_from(text.len()).unwrap_or(i64::MAX);
    let whole = length(whole.trim_start_matches('0')).saturating_add(exponent);
    let places = length(fraction).saturating_sub(exponent);
    let count = |count: i64| usize::try_from(count.clamp(0, 1000)).unwrap_or(0);
    (count(whole), count(places))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flaws(value: &Value) -> Vec<String> {
        let mut validator = Validator::default();
        let read = metadata(&mut validator, value);
        validator
            .finish(read)
            .err()
            .unwrap_or_default()
            .iter()
            .map(|flaw| format!("{} {:?}", flaw.kind, flaw.loc.last()))
            .collect()
    }

    #[test]
    fn a_cost_is_a_decimal_with_limits() {
        for (amount, kind) in [
            (json!(1), ""),
            (json!("1e2"), ""),
            (json!(1e-7), ""),
            (json!(" 2 "), ""),
            (json!(99999.123), ""),
            (json!(true), "decimal_type"),
            (json!(null), "decimal_type"),
            (json!("x"), "decimal_parsing"),
            (json!(""), "decimal_parsing"),
            (json!("NaN"), "finite_number"),
            (json!(123_456), "decimal_whole_digits"),
            (json!(1e-13), "decimal_max_places"),
            (json!(1e20), "decimal_max_digits"),
        ] {
            let found = flaws(&json!({"_cost": {"amount": amount, "currency": "usd"}}));
            assert!(found.first().is_none_or(|flaw| flaw.starts_with(kind)), "{amount}");
            assert_eq!(found.is_empty(), kind.is_empty(), "{amount}: {found:?}");
        }
    }

    #[test]
    fn what_a_model_used_is_read_field_by_field() {
        let used = json!({"_llm": {
            "vendor": "v", "model": "m",
            "input_tokens": "3", "output_tokens": 1.0, "total_tokens": true,
        }});
        let mut validator = Validator::default();
        let read = metadata(&mut validator, &used).unwrap();
        let expected = json!({
            "vendor": "v", "model": "m", "prompt": null, "response": null,
            "input_tokens": 3, "output_tokens": 1, "total_tokens": 1,
        });
        assert_eq!(read["_llm"], expected);
        let found = flaws(&json!({"_llm": {
            "vendor": 1, "model": "m", "input_tokens": 1.5, "output_tokens": null,
        }}));
        let kinds: Vec<_> = found.iter().map(|flaw| flaw.split(' ').next().unwrap()).collect();
        assert_eq!(kinds, ["string_type", "int_from_float", "int_type", "missing"]);
    }

    #[test]
    fn keys_may_be_long_and_many() {
        let many: Map<_, _> = (0..60).map(|n| (format!("{n:050}"), json!(n))).collect();
        assert_eq!(flaws(&Value::Object(many)), Vec::<String>::new());
    }
}
