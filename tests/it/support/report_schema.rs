//! Holds a JSON report to docs/report.schema.json: as much of JSON Schema as stands in there, and
//! one thing more, that there is no key which it does not describe.

use serde_json::Value;

const SCHEMA: &str = include_str!("../../../docs/report.schema.json");

/// The schema itself.
pub fn schema() -> Value {
    serde_json::from_str(SCHEMA).expect("the schema is JSON")
}

/// Everything in `report` that is not as the schema says, each with its place.
pub fn offences(report: &Value) -> Vec<String> {
    let root = schema();
    let mut found = Vec::new();
    check(&root, &root, report, "$", &mut found);
    found
}

fn check(root: &Value, rule: &Value, value: &Value, place: &str, found: &mut Vec<String>) {
    let rules = rule.as_object().expect("a schema is an object");
    for (key, rule) in rules {
        let holds = match key.as_str() {
            "$ref" => {
                let target =
                    rule.as_str().and_then(|target| root.pointer(target.strip_prefix('#')?));
                check(root, target.expect("a definition"), value, place, found);
                true
            }
            "type" => match rule.as_str().expect("one type") {
                "object" => value.is_object(),
                "array" => value.is_array(),
                "string" => value.is_string(),
                "boolean" => value.is_boolean(),
                "number" => value.is_number(),
                "integer" => value.is_u64() || value.is_i64(),
                other => panic!("{other} is not known here"),
            },
            "const" => value == rule,
            "enum" => rule.as_array().expect("a list").contains(value),
            "minimum" => value.as_f64() >= rule.as_f64(),
            "format" => value.as_str().is_some_and(|text| text.parse::<jiff::Timestamp>().is_ok()),
            "required" => {
                let missing = |key: &&Value| value.get(key.as_str().expect("a name")).is_none();
                let missing: Vec<_> =
                    rule.as_array().expect("a list").iter().filter(missing).collect();
                found.extend(missing.iter().map(|key| format!("{place}: no {key}")));
                true
            }
            "items" => {
                for (index, item) in value.as_array().into_iter().flatten().enumerate() {
                    check(root, rule, item, &format!("{place}[{index}]"), found);
                }
                true
            }
            "additionalProperties" => {
                for (key, value) in value.as_object().into_iter().flatten() {
                    check(root, rule, value, &format!("{place}.{key}"), found);
                }
                true
            }
            "properties" => {
                for (key, value) in value.as_object().into_iter().flatten() {
                    match rule.get(key) {
                        Some(rule) => check(root, rule, value, &format!("{place}.{key}"), found),
                        None => found.push(format!("{place}: {key} is not described")),
                    }
                }
                true
            }
            "$schema" | "$defs" | "title" | "description" => true,
            other => panic!("{other} is not known here"),
        };
        if !holds {
            found.push(format!("{place}: {value} is not {key} {rule}"));
        }
    }
}
