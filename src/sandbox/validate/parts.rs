//! Lists, whole numbers within bounds, and unions that a field tells apart.

use serde_json::{Value, json};

use super::scalar::integer;
use super::{Validator, python_repr};

/// A list, each of its elements read.
pub(crate) fn list<T>(
    validator: &mut Validator,
    value: &Value,
    read: impl Fn(&mut Validator, &Value) -> Option<T>,
) -> Option<Vec<T>> {
    let Value::Array(items) = value else {
        return validator.flaw("list_type", "Input should be a valid list", value);
    };
    let read = items.iter().enumerate().map(|(index, item)| validator.at(index, |v| read(v, item)));
    let read: Vec<_> = read.collect();
    read.into_iter().collect()
}

/// A whole number within bounds.
pub(crate) fn between(
    least: i64,
    most: i64,
) -> impl Fn(&mut Validator, &Value) -> Option<i64> + Copy {
    move |validator, value| {
        let number = integer(validator, value)?.as_i64().unwrap_or(i64::MAX);
        if number < least {
            let (kind, bound, words) = if least == 1 {
                ("greater_than", 0, "greater than")
            } else {
                ("greater_than_equal", least, "greater than or equal to")
            };
            return validator.flaw(kind, format!("Input should be {words} {bound}"), value);
        }
        if number > most {
            let msg = format!("Input should be less than or equal to {most}");
            return validator.flaw_with("less_than_equal", msg, value, json!({"le": most}));
        }
        Some(number)
    }
}

impl Validator {
    /// The flaw of a union whose field `discriminator` has none of the expected values.
    pub(crate) fn unknown_tag<T>(
        &mut self,
        value: &Value,
        discriminator: &str,
        tag: &Value,
        expected: &str,
    ) -> Option<T> {
        let tag = tag.as_str().map_or_else(|| python_repr(tag), str::to_owned);
        let msg = format!(
            "Input tag '{tag}' found using '{discriminator}' does not match any of the expected \
             tags: {expected}"
        );
        let discriminator = format!("'{discriminator}'");
        let ctx = json!({"discriminator": discriminator, "tag": tag, "expected_tags": expected});
        self.flaw_with("union_tag_invalid", msg, value, ctx)
    }

    /// The flaw of a union that lacks the field `discriminator`.
    pub(crate) fn missing_tag<T>(&mut self, value: &Value, discriminator: &str) -> Option<T> {
        let msg = format!("Unable to extract tag using discriminator '{discriminator}'");
        let ctx = json!({"discriminator": format!("'{discriminator}'")});
        self.flaw_with("union_tag_not_found", msg, value, ctx)
    }
}
