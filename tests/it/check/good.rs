//! What a file that uses everything becomes.

use std::time::Duration;

use serde_json::{Value, json};
use tieback::provider::POLAR;
use tieback::scenario::{
    Action, Auth, Body, CaptureFrom, Part, Scenario, Shape, ShapeKind, StatusPattern, Step,
    Template, read,
};

const FULL: &str = include_str!("good/full.yaml");

fn full() -> Scenario {
    read("full.yaml", FULL, &POLAR).unwrap_or_else(|found| panic!("{}", found[0]))
}

/// A template as it was written, with `<name>` for variables.
fn shape(template: &Template) -> String {
    let part = |part: &Part| match part {
        Part::Text(text) => text.clone(),
        Part::Variable { name, .. } => format!("<{name}>"),
    };
    template.parts.iter().map(part).collect()
}

fn literal(shape: &Shape) -> Option<&Value> {
    match &shape.kind {
        ShapeKind::Literal(value) => Some(value),
        _ => None,
    }
}

fn request(step: &Step) -> &tieback::scenario::Request {
    match &step.action {
        Action::Request(request) => request,
        _ => panic!("not a request"),
    }
}

#[test]
fn the_scenario_itself() {
    let scenario = full();
    assert_eq!(
        (scenario.name.as_str(), scenario.title.as_str()),
        ("full_format-2", "Everything: at once")
    );
    assert_eq!(scenario.tags, ["mapping", "slow"]);
    assert_eq!(&FULL[scenario.name_span.start..scenario.name_span.end], "full_format-2");
    let vars: Vec<_> = scenario.vars.iter().map(|var| var.name.as_str()).collect();
    assert_eq!(vars, ["user_id", "email", "answer", "copy", "price", "owner"]);
    assert_eq!(literal(&scenario.vars[2].value), Some(&json!(42)));
    let ShapeKind::Text(price) = &scenario.vars[4].value.kind else { panic!() };
    // `$${` is a literal, so the first `$` stays and the rest is text as well.
    assert_eq!(shape(price), "$${answer} is $5, ${not_a_variable}");
    let ShapeKind::Object(owner) = &scenario.vars[5].value.kind else { panic!() };
    assert_eq!(literal(&owner[2].1), Some(&json!(null)));
    assert_eq!(literal(&owner[3].1), Some(&json!(0.5)));
}

#[test]
fn a_request() {
    let scenario = full();
    let step = &scenario.steps[0];
    let request = request(step);
    assert_eq!(step.note.as_deref(), Some("Two\nlines\n"));
    assert_eq!(
        (request.method.as_str(), shape(&request.path).as_str()),
        ("POST", "/v1/customers/?include=<user_id>&a=b")
    );
    assert_eq!(request.query.len(), 4);
    assert!(matches!(&request.query[2].1.kind, ShapeKind::Array(items) if items.len() == 2));
    assert_eq!(shape(&request.headers[0].1), "run-<run.id>");
    assert_eq!(request.auth, Auth::None);
    let Body::Json(body) = &request.body else { panic!() };
    let ShapeKind::Object(entries) = &body.kind else { panic!() };
    assert_eq!(
        entries.iter().map(|(key, _)| key.as_str()).collect::<Vec<_>>(),
        ["owner", "1", "$literal", "list"]
    );
    let undo: Vec<_> =
        request.undo.iter().map(|undo| format!("{} {}", undo.method, shape(&undo.path))).collect();
    assert_eq!(
        undo,
        ["DELETE /v1/customers/<customer_id>", "DELETE /v1/customers/external/<user_id>"]
    );
    assert!(matches!(&step.capture[0].from, CaptureFrom::Body(path) if path == "data.items.0.id"));
    assert!(matches!(&step.capture[1].from, CaptureFrom::Header(name) if name == "x-request-id"));
    let CaptureFrom::Element { list, filter, path } = &step.capture[2].from else { panic!() };
    assert_eq!((list.as_str(), path.as_str()), ("data.items", "owner.id"));
    assert_eq!(filter.uses().iter().map(|(name, _)| *name).collect::<Vec<_>>(), ["user_id"]);
}

#[test]
fn what_it_expects() {
    let scenario = full();
    let expect = &scenario.steps[0].expect;
    assert_eq!(expect.status, Some(StatusPattern::Class(2)));
    assert!(
        matches!(&expect.headers[0].1.kind, ShapeKind::Matchers(matchers) if matchers.len() == 1)
    );
    let Some(ShapeKind::Object(keys)) = expect.body.as_ref().map(|body| &body.kind) else {
        panic!()
    };
    let pattern = |name: &str| &keys.iter().find(|(key, _)| key == name).unwrap().1;
    let written = |name: &str| {
        assert!(matches!(pattern(name).kind, ShapeKind::Matchers(_)), "{name}");
        pattern(name).clone().into_json()
    };
    assert_eq!(written("id"), json!({ "$type": "uuid" }));
    assert_eq!(written("nil"), json!({ "$type": "null" }));
    assert_eq!(written("items"), json!({ "$length": 2 }));
    assert_eq!(written("gone"), json!({ "$exists": false }));
    assert_eq!(literal(pattern("nothing")), Some(&json!(null)));
    assert!(matches!(&pattern("$type").kind, ShapeKind::Text(text) if shape(text) == "a key"));
    assert_eq!(written("kind")["$any_of"].as_array().map(Vec::len), Some(3));
    assert_eq!(written("name")["$matches"], r"^Test \d+ ${user_id}$");
    assert_eq!(written("name")["$not"], json!({ "$equals": { "a": 1 } }));
}

#[test]
fn the_other_steps() {
    let scenario = full();
    let Body::Raw(raw) = &request(&scenario.steps[1]).body else { panic!() };
    assert_eq!(shape(raw), "{\"broken\": <request_id>\n");
    let Body::Json(null) = &request(&scenario.steps[2]).body else { panic!() };
    assert_eq!(literal(null), Some(&json!(null)));
    assert_eq!(scenario.steps[2].within, Some(Duration::from_millis(500)));
    let wait = &scenario.steps[3];
    let Action::Event(event) = &wait.action else { panic!() };
    assert_eq!(event.event_type, "customer.created");
    assert!(event.filter.is_some());
    assert_eq!(wait.within, Some(Duration::from_mins(2)));
}

#[test]
fn every_variable_knows_where_it_stands() {
    // Folded lines hide the exact place; blocks, quotes, accents and Windows line breaks do not.
    let text = "name: é\r\nsteps:\r\n- request: GET /${a}/é/${b}\r\n  raw: |\r\n    é\r\n    \
                x ${c}\r\n  name: '${d}'\r\n";
    let found = read("a.yaml", text, &POLAR).unwrap_err();
    assert!(!found.is_empty());
    let good = "name: a\r\ntitle: é\r\nvars: { a: é, b: x }\r\nsteps:\r\n- name: é\r\n  \
                request: POST /é${a}\r\n  raw: |\r\n    é\r\n    x ${b}\r\n";
    let scenario = read("a.yaml", good, &POLAR).unwrap_or_else(|found| panic!("{}", found[0]));
    let request = request(&scenario.steps[0]);
    let Body::Raw(raw) = &request.body else { panic!() };
    for (template, name) in [(&request.path, "${a}"), (raw, "${b}")] {
        let (_, span) = template.variables().next().unwrap();
        assert_eq!(&good[span.start..span.end], name);
    }
    assert_eq!(shape(raw), "é\nx <b>\n");
}

#[test]
fn coordinates_and_counts_are_keys() {
    let text = "name: a\nsteps:\n- { request: POST /, body: { x: 1, y: 2, n: 3, Y: 4 } }\n";
    let scenario = read("a.yaml", text, &POLAR).unwrap_or_else(|found| panic!("{}", found[0]));
    let Body::Json(body) = &request(&scenario.steps[0]).body else { panic!() };
    let ShapeKind::Object(entries) = &body.kind else { panic!() };
    let keys: Vec<_> = entries.iter().map(|(key, _)| key.as_str()).collect();
    assert_eq!(keys, ["x", "y", "n", "Y"]);
}

#[test]
fn every_example_in_the_documentation_is_right() {
    let page = include_str!("../../../docs/scenarios.md");
    let examples: Vec<_> = page
        .split("```yaml\n")
        .skip(1)
        .map(|rest| rest.split_once("```").map_or(rest, |(example, _)| example))
        .collect();
    assert_eq!(examples.len(), 5);
    for example in examples {
        let scenario = read("docs/scenarios.md", example, &POLAR)
            .unwrap_or_else(|found| panic!("{}", found[0]));
        assert_eq!(scenario.warnings, []);
    }
}
