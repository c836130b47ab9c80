//! Parts of the bodies that make and change benefits.

use serde_json::{Map, Value, json};

use crate::sandbox::validate::{
    Validator, any_uuid, between, boolean, literal, string, too_long, too_short,
};

/// The kinds that need nothing outside of this API; the others are known by name alone.
pub(super) const KINDS: [&str; 4] = ["custom", "license_keys", "meter_credit", "feature_flag"];
const OTHERS: [&str; 4] = ["discord", "github_repository", "downloadables", "slack_shared_channel"];
const EXPECTED: &str = "<BenefitType.custom: 'custom'>, <BenefitType.discord: 'discord'>, \
    <BenefitType.github_repository: 'github_repository'>, \
    <BenefitType.downloadables: 'downloadables'>, <BenefitType.license_keys: 'license_keys'>, \
    <BenefitType.meter_credit: 'meter_credit'>, <BenefitType.feature_flag: 'feature_flag'>, \
    <BenefitType.slack_shared_channel: 'slack_shared_channel'>";

/// The kind that a body names, and whether it is imitated.
pub(super) fn kind(validator: &mut Validator, body: &Value) -> Option<(&'static str, bool)> {
    let map = validator.object(body)?;
    match map.get("type") {
        None => validator.missing_tag(body, "type"),
        Some(tag) => {
            let known = |kinds: [&'static str; 4]| kinds.into_iter().find(|kind| tag == kind);
            let imitated = known(KINDS).map(|kind| (kind, true));
            let found = imitated.or_else(|| known(OTHERS).map(|kind| (kind, false)));
            found.or_else(|| validator.unknown_tag(body, "type", tag, EXPECTED))
        }
    }
}

/// A description of 3 to 42 characters.
pub(super) fn description(validator: &mut Validator, value: &Value) -> Option<String> {
    let text = string(validator, value)?;
    match text.chars().count() {
        0..3 => too_short(validator, value, 3),
        3..=42 => Some(text),
        _ => too_long(validator, value, 42),
    }
}

/// The properties of a kind, with what is not said about them.
pub(super) fn properties(
    validator: &mut Validator,
    value: &Value,
    kind: &str,
) -> Option<Map<String, Value>> {
    let map = validator.object(value)?;
    let before = validator.count();
    let shown = match kind {
        "custom" => {
            let note = validator.nullable(map, "note", string).value();
            json!({"note": note})
        }
        "license_keys" => json!({
            "prefix": validator.nullable(map, "prefix", string).value(),
            "expires": validator.nullable(map, "expires", expires).value(),
            "activations": validator.nullable(map, "activations", activations).value(),
            "limit_usage": validator.nullable(map, "limit_usage", between(1, i64::MAX)).value(),
        }),
        "meter_credit" => {
            let units = validator.required(map, "units", between(1, 2_147_483_647));
            let rollover = validator.required(map, "rollover", boolean);
            let meter = validator.required(map, "meter_id", any_uuid);
            json!({"units": units, "rollover": rollover, "meter_id": meter})
        }
        _ => json!({}),
    };
    match shown {
        Value::Object(shown) if validator.count() == before => Some(shown),
        _ => None,
    }
}

fn expires(validator: &mut Validator, value: &Value) -> Option<Value> {
    let map = validator.object(value)?;
    let ttl = validator.required(map, "ttl", between(1, i64::MAX));
    let timeframe = validator
        .required(map, "timeframe", |v, value| literal(v, value, &["year", "month", "day"]));
    Some(json!({"ttl": ttl?, "timeframe": timeframe?}))
}

fn activations(validator: &mut Validator, value: &Value) -> Option<Value> {
    let map = validator.object(value)?;
    let limit = validator.required(map, "limit", between(1, 50));
    let admin = validator.required(map, "enable_customer_admin", boolean);
    Some(json!({"limit": limit?, "enable_customer_admin": admin?}))
}
