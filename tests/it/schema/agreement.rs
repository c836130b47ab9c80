//! Files that are almost right, one step from those that are: schema and parser agree on each.

use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Value, json};
use tieback::provider::POLAR;
use tieback::scenario::builtin::BUILT_IN;
use tieback::scenario::{Diagnostic, read, read_app_file};

use super::{app_files, files, validator, yaml};

/// What the parser says of what a schema does not know.
const BEYOND: [&str; 7] = [
    "unknown variable",
    "is used before it is",
    "is a variable already",
    "no step before this keeps",
    "has a payload already",
    "the API never sends",
    "a row of `each` with other variables",
];

/// What a value is replaced by.
fn junk() -> Vec<Value> {
    vec![
        Value::Null,
        json!(true),
        json!(0),
        json!(7),
        json!(-1),
        json!(1.5),
        json!(""),
        json!(" "),
        json!("text"),
        json!("two\nlines"),
        json!("${run.id}"),
        json!("x ${run.id}"),
        json!("30s"),
        json!("0s"),
        json!("30"),
        json!("2xx"),
        json!("none"),
        json!("user"),
        json!("state"),
        json!("order.paid"),
        json!("GET /x"),
        json!("POST /x"),
        json!("DELETE /x"),
        json!("get /x"),
        json!("GET x"),
        json!("GET //x"),
        json!([]),
        json!(["x"]),
        json!([1]),
        json!([["x"]]),
        json!({}),
        json!({ "x": 1 }),
        json!({ "x": null }),
        json!({ "x": { "$type": "uuid" } }),
        json!({ "$type": "uuid" }),
        json!({ "$type": "nope" }),
        json!({ "$nope": 1 }),
        json!({ "$exists": 1 }),
        json!({ "$any_of": [] }),
        json!({ "$length": -1 }),
        json!({ "$gt": "text" }),
        json!({ "$type": "uuid", "x": 1 }),
        json!({ "header": "x-id" }),
        json!({ "header": "x-id", "cookie": "x" }),
        json!({ "regex": "(x)" }),
        json!({ "in": "a", "where": {}, "path": "b" }),
        json!({ "request": "DELETE /x" }),
        json!({ "app": "GET /x" }),
        json!({ "exec": ["x"] }),
        json!({ "status": 200 }),
    ]
}

/// Keys that are put where they were not.
const KEYS: [&str; 30] = [
    "x",
    "name",
    "title",
    "note",
    "request",
    "event",
    "app",
    "use",
    "deliver",
    "fault",
    "query",
    "headers",
    "body",
    "form",
    "raw",
    "auth",
    "mark",
    "expect",
    "capture",
    "undo",
    "within",
    "stays",
    "settles",
    "session",
    "background",
    "as",
    "access",
    "payload",
    "delete",
    "exec",
];

#[derive(Debug, Clone)]
enum Change {
    Replace(Value),
    Remove,
    Add(&'static str, Value),
    Rename(&'static str),
    Twice,
}

fn changes() -> impl Strategy<Value = Change> {
    prop_oneof![
        select(junk()).prop_map(Change::Replace),
        Just(Change::Remove),
        (select(KEYS.to_vec()), select(junk())).prop_map(|(key, value)| Change::Add(key, value)),
        select(KEYS.to_vec()).prop_map(Change::Rename),
        Just(Change::Twice),
    ]
}

/// The place of everything in `value`.
fn places(value: &Value, here: &str, all: &mut Vec<String>) {
    all.push(here.to_owned());
    let escaped = |key: &str| key.replace('~', "~0").replace('/', "~1");
    match value {
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                places(item, &format!("{here}/{index}"), all);
            }
        }
        Value::Object(entries) => {
            for (key, item) in entries {
                places(item, &format!("{here}/{}", escaped(key)), all);
            }
        }
        _ => {}
    }
}

fn changed(mut value: Value, place: Index, change: Change) -> Value {
    let mut all = Vec::new();
    places(&value, "", &mut all);
    let place = place.get(&all);
    let (parent, key) = place.rsplit_once('/').unwrap_or(("", ""));
    let key = key.replace("~1", "/").replace("~0", "~");
    match change {
        Change::Replace(junk) => *value.pointer_mut(place).unwrap() = junk,
        Change::Add(key, junk) => {
            if let Some(Value::Object(entries)) = value.pointer_mut(place) {
                entries.insert(key.to_owned(), junk);
            }
        }
        change => match (value.pointer_mut(parent), change) {
            (Some(Value::Object(entries)), Change::Remove) => {
                entries.shift_remove(&key);
            }
            (Some(Value::Object(entries)), Change::Rename(name)) => {
                if let Some(value) = entries.shift_remove(&key) {
                    entries.insert(name.to_owned(), value);
                }
            }
            (Some(Value::Array(items)), Change::Remove) => {
                key.parse().ok().map(|index: usize| items.remove(index));
            }
            (Some(Value::Array(items)), Change::Twice) => {
                let again = key.parse::<usize>().ok().map(|index| items[index].clone());
                items.extend(again);
            }
            _ => {}
        },
    }
    value
}

fn scenarios() -> Vec<Value> {
    let built_in = BUILT_IN.iter().map(|it| it.text.to_owned());
    let full = files("tests/it/check/good", ".yaml").into_iter().map(|(_, text)| text);
    let full: Vec<_> = full.collect();
    // There are many of the others: what has every key comes more often.
    let full = full.iter().cycle().take(10 * full.len()).cloned();
    built_in.chain(full).map(|text| yaml::json(&text).unwrap()).collect()
}

fn agree(
    schema: &jsonschema::Validator,
    value: &Value,
    read: impl Fn(&str) -> Result<(), Vec<Diagnostic>>,
) -> Result<(), TestCaseError> {
    let text = value.to_string();
    let accepted = schema.is_valid(value);
    match read(&text) {
        Ok(()) => {
            let errors: Vec<_> = schema.iter_errors(value).map(|it| it.to_string()).collect();
            prop_assert!(accepted, "the schema alone refuses {value:#}: {errors:#?}");
        }
        Err(found) if accepted => {
            let known = |it: &Diagnostic| BEYOND.iter().any(|beyond| it.title.contains(beyond));
            let unknown = found.iter().find(|it| !known(it));
            prop_assert!(unknown.is_none(), "the schema accepts\n{}", unknown.unwrap());
        }
        Err(_) => {}
    }
    Ok(())
}

fn cases() -> ProptestConfig {
    // The same files on each run.
    let rng_seed = proptest::test_runner::RngSeed::Fixed(15);
    let cases = 1_000;
    ProptestConfig { cases, rng_seed, failure_persistence: None, ..ProptestConfig::default() }
}

#[test]
fn scenarios_are_accepted_by_both_or_by_neither() {
    let schema = validator("scenario");
    let given = (select(scenarios()), any::<Index>(), changes());
    proptest!(cases(), |((value, place, change) in given)| {
        let value = changed(value, place, change);
        agree(&schema, &value, |text| read("a.yaml", text, &POLAR).map(drop))?;
    });
}

#[test]
fn app_files_are_accepted_by_both_or_by_neither() {
    let schema = validator("app");
    let mut all: Vec<_> = app_files().iter().map(|(_, text)| yaml::json(text).unwrap()).collect();
    all.push(json!({
        "app": {
            "url": "http://localhost:3000",
            "start": { "command": "x", "ready": "GET /", "within": "1m", "env": { "A": "b" } },
            "polar": "intercept",
            "webhook": { "path": "/x", "secret": "${env.SECRET}" },
            "user": {
                "app": "POST /x", "query": { "a": 1 }, "headers": { "a": "b" }, "form": { "a": 1 },
                "follow": true, "expect": { "status": "2xx" }, "secret": ["token"],
                "capture": { "user_id": "id", "token": { "cookie": "t" } },
                "delete": { "exec": ["x", "${user_id}"] }
            },
            "state": { "exec": ["x"], "expect": { "body": { "a": { "$type": "uuid" } } } },
            "access": { "body": [{ "plan": "pro" }] },
            "ignore": ["at"]
        },
        "products": [{ "id": "x", "name": "Pro", "price": 1500, "interval": "year" }],
        "sandbox": { "listen": "127.0.0.1:4010" }
    }));
    let given = (select(all), any::<Index>(), changes());
    proptest!(cases(), |((value, place, change) in given)| {
        let value = changed(value, place, change);
        agree(&schema, &value, |text| read_app_file("a.yaml", text, &POLAR).map(drop))?;
    });
}
