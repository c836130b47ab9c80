//! Billing addresses.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::scalar::{choice, text};
use super::{COUNTRIES, Validator};

/// A billing address, its keys in the order of the real answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Address {
    pub(crate) line1: Option<String>,
    pub(crate) line2: Option<String>,
    pub(crate) postal_code: Option<String>,
    pub(crate) city: Option<String>,
    pub(crate) state: Option<String>,
    pub(crate) country: String,
}

const US_STATES: &str = "AL AK AZ AR CA CO CT DE FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS \
    MO MT NE NV NH NJ NM NY NC ND OH OK OR PA RI SC SD TN TX UT VT VA WA WV WI WY DC";
const CA_SUBDIVISIONS: &str = "AB BC MB NB NL NS NT NU ON PE QC SK YT";

/// Reads an address: the country in either case, a state of the US or Canada with or without its
/// prefix (measured on the real API).
pub(crate) fn address(validator: &mut Validator, value: &Value) -> Option<Address> {
    let map = validator.object(value)?;
    let before = validator.count();
    let line1 = validator.nullable(map, "line1", text).empty_is_null().value();
    let line2 = validator.nullable(map, "line2", text).empty_is_null().value();
    let postal_code = validator.nullable(map, "postal_code", text).empty_is_null().value();
    let city = validator.nullable(map, "city", text).empty_is_null().value();
    let state = validator.nullable(map, "state", text).empty_is_null().value();
    let country = validator.required(map, "country", country)?;
    if validator.count() > before {
        return None;
    }
    let state = match (country, state) {
        ("US", Some(state)) => match subdivision("US", &state, US_STATES) {
            Some(state) => Some(state),
            None => return validator.value_error("Invalid US state", value),
        },
        ("CA", Some(state)) => match subdivision("CA", &state, CA_SUBDIVISIONS) {
            Some(state) => Some(state),
            None => return validator.value_error("Invalid CA subdivision", value),
        },
        (_, state) => state,
    };
    Some(Address { line1, line2, postal_code, city, state, country: country.to_owned() })
}

fn country(validator: &mut Validator, value: &Value) -> Option<&'static str> {
    // Upper-cased before it is looked at: a flaw shows it that way too.
    let upper =
        value.as_str().map_or_else(|| value.clone(), |code| Value::String(code.to_uppercase()));
    choice(validator, &upper, &COUNTRIES)
}

/// `US-CA` out of `CA` or `US-CA`.
fn subdivision(country: &str, state: &str, known: &str) -> Option<String> {
    let short =
        state.strip_prefix(country).and_then(|rest| rest.strip_prefix('-')).unwrap_or(state);
    known.split_ascii_whitespace().any(|code| code == short).then(|| format!("{country}-{short}"))
}
