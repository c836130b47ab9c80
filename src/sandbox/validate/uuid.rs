//! Ids. The real API's parser is the `uuid` crate too, an older version: the reason for an
//! invalid id is found and worded as that version does it.

use serde_json::{Value, json};
use uuid::{Uuid, Variant};

use super::Validator;

/// A version 4 UUID, in any of the spellings that the crate knows. Customers, endpoints and
/// organizations are named by these.
pub(crate) fn uuid4(validator: &mut Validator, value: &Value) -> Option<Uuid> {
    let id = any_uuid(validator, value)?;
    if id.get_version_num() == 4 && id.get_variant() == Variant::RFC4122 {
        return Some(id);
    }
    validator.flaw_with(
        "uuid_version",
        "UUID version 4 expected",
        value,
        json!({"expected_version": 4}),
    )
}

/// A UUID of any version: members are looked up by these (from Polar's source).
pub(crate) fn any_uuid(validator: &mut Validator, value: &Value) -> Option<Uuid> {
    let Value::String(text) = value else {
        return validator.flaw(
            "uuid_type",
            "UUID input should be a string, bytes or UUID object",
            value,
        );
    };
    // The older version knows the prefix in lower case only.
    let known = Uuid::parse_str(text)
        .ok()
        .filter(|_| !text.starts_with(['U', 'u']) || text.starts_with("urn:uuid:"));
    known.or_else(|| {
        let error = reason(text);
        let msg = format!("Input should be a valid UUID, {error}");
        validator.flaw_with("uuid_parsing", msg, value, json!({"error": error}))
    })
}

/// Why `text` is not an id; characters are counted from one, groups from zero.
fn reason(text: &str) -> String {
    const LENGTHS: [usize; 5] = [8, 4, 4, 4, 12];
    let inner = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
    let (digits, offset, simple) = match (inner, text.strip_prefix("urn:uuid:")) {
        (Some(inner), _) => (inner, 1, false),
        (None, Some(rest)) => (rest, "urn:uuid:".len(), false),
        (None, None) => (text, 0, true),
    };
    if let Some((index, found)) =
        digits.char_indices().find(|(_, c)| !c.is_ascii_hexdigit() && *c != '-')
    {
        return format!("invalid character: found `{found}` at {}", index + offset + 1);
    }
    let groups: Vec<_> = digits.split('-').collect();
    if simple && groups.len() == 1 {
        return format!(
            "invalid length: expected length 32 for simple format, found {}",
            text.len()
        );
    }
    if groups.len() != LENGTHS.len() {
        return format!("invalid group count: expected 5, found {}", groups.len());
    }
    let wrong = groups
        .iter()
        .zip(LENGTHS)
        .enumerate()
        .find(|(_, (group, expected))| group.len() != *expected);
    let (group, (found, expected)) = wrong.unwrap_or((4, (&"", LENGTHS[4])));
    format!("invalid group length in group {group}: expected {expected}, found {}", found.len())
}

#[cfg(test)]
mod tests {
    use super::reason;

    #[test]
    fn reasons_are_those_of_the_real_api() {
        for (text, expected) in [
            ("cus_test_123", "invalid character: found `u` at 2"),
            ("URN:UUID:60039543-761f-44ce-8d05-c8f31fff187c", "invalid character: found `U` at 1"),
            ("abc", "invalid length: expected length 32 for simple format, found 3"),
            ("", "invalid length: expected length 32 for simple format, found 0"),
            ("a-b", "invalid group count: expected 5, found 2"),
            (
                "60039543-761f-44ce-8d05-c8f31fff187",
                "invalid group length in group 4: expected 12, found 11",
            ),
            (
                "6003954-761f-44ce-8d05-c8f31fff187c",
                "invalid group length in group 0: expected 8, found 7",
            ),
        ] {
            assert_eq!(reason(text), expected, "{text}");
        }
    }
}
