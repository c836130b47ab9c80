//! What matches what.

use super::*;
use crate::provider::POLAR;
use crate::scenario::{self, Action, Body, Span};
use crate::variables::Variables;
use proptest::prelude::*;
use serde_json::json;

/// The pattern that `yaml` (flow style) stands for in a scenario.
fn pattern(yaml: &str) -> Shape {
    let vars = "text: a.b, number: '7', list: [x], record: { a: 1 }, nothing: {}";
    let text = format!(
        "name: t\nvars: {{ {vars} }}\nsteps:\n  - request: GET /\n    expect:\n      body: {yaml}\n"
    );
    let scenario = scenario::read("t.yaml", &text, &POLAR)
        .unwrap_or_else(|errors| panic!("{yaml}: {errors:?}"));
    let [step] = scenario.steps.as_slice() else { panic!("one step") };
    assert!(matches!(&step.action, Action::Request(request) if matches!(request.body, Body::None)));
    step.expect.body.clone().unwrap()
}

fn literal(value: Json) -> Shape {
    Shape { span: Span::default(), kind: ShapeKind::Literal(value) }
}

fn expected(yaml: &str) -> Shape {
    let mut variables = Variables::default();
    variables.set("text", json!("a.b"));
    variables.set("number", json!("7"));
    variables.set("list", json!(["x", { "a": 1 }]));
    variables.set("record", json!({ "a": [1, 2] }));
    variables.set("nothing", json!({}));
    variables.fill(&pattern(yaml)).unwrap()
}

/// Whether the verdict on the whole and the checks on its parts agree, and what it is.
fn holds(yaml: &str, actual: &Json) -> bool {
    let expected = expected(yaml);
    let mut checks = Vec::new();
    expected.check("body", Some(actual), &mut checks);
    assert!(!checks.is_empty(), "{yaml} checks nothing");
    let all = checks.iter().all(|check| check.status == Status::Passed);
    assert_eq!(expected.matches(Some(actual)), all, "{yaml} on {actual}");
    all
}

#[test]
fn a_mapping_is_a_subset_and_null_needs_its_key() {
    assert!(holds("{ a: 1 }", &json!({ "a": 1, "b": 2 })));
    assert!(holds("{ a: { b: x } }", &json!({ "a": { "b": "x", "c": null } })));
    assert!(!holds("{ a: 1 }", &json!({ "b": 2 })));
    assert!(holds("{ a: null }", &json!({ "a": null })));
    assert!(!holds("{ a: null }", &json!({})));
    assert!(holds("{}", &json!({ "a": 1 })));
    assert!(!holds("{}", &json!([])));
    assert!(!holds("{ a: 1 }", &json!("text")));
    assert!(!holds("{ a: 1 }", &json!(null)));
}

#[test]
fn an_array_has_the_same_length_and_its_elements_match() {
    assert!(holds("[{ a: 1 }, x]", &json!([{ "a": 1, "b": 2 }, "x"])));
    assert!(!holds("[x]", &json!(["x", "u"])));
    assert!(!holds("[u, v]", &json!(["x"])));
    assert!(!holds("[u, v]", &json!(["v", "u"])));
    assert!(holds("[]", &json!([])));
    assert!(!holds("[]", &json!({})));
    assert!(!holds("[]", &json!(["x"])));
}

#[test]
fn scalars_are_compared_by_type_and_numbers_by_value() {
    assert!(holds("3", &json!(3.0)));
    assert!(holds("3.0", &json!(3)));
    assert!(!holds("3", &json!(3.5)));
    assert!(!holds("3", &json!("3")));
    assert!(!holds("'3'", &json!(3)));
    assert!(holds("true", &json!(true)));
    assert!(!holds("'true'", &json!(true)));
    assert!(!holds("9007199254740993", &json!(9_007_199_254_740_992_u64)));
    assert!(holds("18446744073709551615", &json!(u64::MAX)));
    assert!(holds("-1.5", &json!(-1.5)));
}

#[test]
fn variables_are_filled_in_before_anything_is_compared() {
    assert!(holds("\"${text}\"", &json!("a.b")));
    assert!(holds("\"x-${text}\"", &json!("x-a.b")));
    assert!(holds("\"$${text}\"", &json!("${text}")));
    assert!(!holds("\"${number}\"", &json!(7)));
}

#[test]
fn types_are_what_their_names_say() {
    let uuid = "6003954A-761f-44ce-8d05-c8f31fff187c";
    let samples = [
        ("string", json!("x"), json!(1)),
        ("number", json!(1.5), json!("1")),
        ("integer", json!(2.0), json!(2.5)),
        ("boolean", json!(false), json!(0)),
        ("null", json!(null), json!(0)),
        ("array", json!([]), json!({})),
        ("object", json!({}), json!([])),
        ("uuid", json!(uuid), json!(uuid.replace('-', ""))),
        ("timestamp", json!("2026-11-22T02:51:43.943524Z"), json!("2026-11-22T02:51:43")),
        ("timestamp", json!("2026-11-22T02:51:43+02:00"), json!(1_795_315_904)),
        ("email", json!("a+b@c.example"), json!("a@localhost")),
        ("email", json!("\"a@b\"@c.example"), json!("a b@c.example")),
        ("email", json!("é@ü.example"), json!("@c.example")),
    ];
    for (name, right, wrong) in samples {
        assert!(holds(&format!("{{ $type: {name} }}"), &right), "{name} {right}");
        assert!(!holds(&format!("{{ $type: {name} }}"), &wrong), "{name} {wrong}");
    }
    for bad in ["a@.c.example", "a@c.example.", "a@", "ac.example", "a@c.\u{7}x"] {
        assert!(!holds("{ $type: email }", &json!(bad)), "{bad}");
    }
}

#[test]
fn equals_is_exact() {
    assert!(holds("{ $equals: { a: 1, b: [2] } }", &json!({ "b": [2.0], "a": 1 })));
    assert!(!holds("{ $equals: { a: 1 } }", &json!({ "a": 1, "b": 2 })));
    assert!(!holds("{ $equals: { a: 1, b: 2 } }", &json!({ "a": 1 })));
    assert!(!holds("{ $equals: [{ a: 1 }] }", &json!([{ "a": 1, "b": 2 }])));
    assert!(!holds("{ $equals: [1, 2] }", &json!([1])));
    assert!(holds("{ $equals: null }", &json!(null)));
    assert!(holds("{ $equals: \"${text}\" }", &json!("a.b")));
}

#[test]
fn matches_looks_anywhere_and_takes_variables_literally() {
    assert!(holds("{ $matches: '^cus_\\d+$' }", &json!("cus_12")));
    assert!(holds("{ $matches: 'us_' }", &json!("cus_12")));
    assert!(!holds("{ $matches: '^us_' }", &json!("cus_12")));
    assert!(holds("{ $matches: '^${text}$' }", &json!("a.b")));
    assert!(!holds("{ $matches: '^${text}$' }", &json!("axb")));
    assert!(!holds("{ $matches: '1' }", &json!(1)));
}

#[test]
fn presence_negation_and_choice() {
    assert!(holds("{ a: { $exists: true } }", &json!({ "a": null })));
    assert!(!holds("{ a: { $exists: true } }", &json!({})));
    assert!(holds("{ a: { $exists: false } }", &json!({})));
    assert!(!holds("{ a: { $exists: false } }", &json!({ "a": null })));
    assert!(holds("{ a: { $not: x } }", &json!({ "a": "u" })));
    assert!(!holds("{ a: { $not: x } }", &json!({ "a": "x" })));
    assert!(holds("{ a: { $not: x } }", &json!({})));
    assert!(!holds("{ a: { $exists: true, $not: x } }", &json!({})));
    assert!(holds("{ $any_of: [1, { $type: string }] }", &json!("s")));
    assert!(!holds("{ $any_of: [1, 2] }", &json!(3)));
}

#[test]
fn length_counts_characters_elements_and_keys() {
    assert!(holds("{ $length: 3 }", &json!("añ✓")));
    assert!(holds("{ $length: 2 }", &json!([1, 2])));
    assert!(holds("{ $length: 0 }", &json!({})));
    assert!(!holds("{ $length: 1 }", &json!([])));
    assert!(!holds("{ $length: 1 }", &json!(1)));
}

#[test]
fn matchers_within_contains_are_asked_of_the_parts_of_a_string() {
    let uuid = "3f0e5b1c-7b0a-4b52-9b59-0d3a2e9f1c11";
    let text = json!(format!("order_{uuid} of <a@example.com>, at 2026-11-22T10:00:00Z."));
    for (inner, there) in [
        ("$matches: '^order_'", true),
        ("$matches: '[0-9]{4}-[0-9]{2}-[0-9]{2}T'", true),
        ("$matches: '^[0-9]'", false),
        ("$equals: order", true),
        ("$equals: '77'", false),
        ("$equals: { a: 1 }", false),
        ("$any_of: [nothing, order]", true),
        ("$any_of: [nothing, { $matches: of }]", true),
        ("$any_of: [nothing, [order]]", false),
        ("$not: nothing", true),
        ("$not: order", false),
        ("$not: { $matches: of }", false),
        ("$type: string", true),
        ("$type: uuid", true),
        ("$type: email", true),
        ("$type: timestamp", true),
        ("$type: number", false),
        ("$length: 36", true),
        ("$length: 360", false),
        ("$exists: true", true),
        ("$contains: { $matches: of }", true),
        ("$matches: order, $not: nothing", true),
        ("$matches: order, $not: of", false),
    ] {
        assert_eq!(holds(&format!("{{ $contains: {{ {inner} }} }}"), &text), there, "{inner}");
        assert_eq!(
            holds(&format!("{{ $not: {{ $contains: {{ {inner} }} }} }}"), &text),
            !there,
            "{inner}"
        );
        assert!(!holds(&format!("{{ $contains: {{ {inner} }} }}"), &json!(7)), "{inner}");
    }
    let text = json!("order 7 of a @ b, é");
    for kind in ["uuid", "email", "timestamp"] {
        assert!(!holds(&format!("{{ $contains: {{ $type: {kind} }} }}"), &text), "{kind}");
    }
}

#[test]
fn contains_finds_a_part_or_an_element_that_matches() {
    assert!(holds("{ $contains: .b }", &json!("a.b")));
    assert!(!holds("{ $contains: B }", &json!("a.b")));
    assert!(holds("{ $contains: { id: 1 } }", &json!([{ "id": 2 }, { "id": 1, "x": 0 }])));
    assert!(!holds("{ $contains: { id: 3 } }", &json!([{ "id": 2 }])));
    assert!(holds("{ $contains: x }", &json!(["x"])));
    assert!(!holds("{ $contains: 1 }", &json!("1")));
    assert!(!holds("{ $contains: x }", &json!({ "x": 1 })));
    assert!(!holds("{ $contains: [x] }", &json!("x")));
    assert!(!holds("{ $contains: { x: x } }", &json!("x")));
}

#[test]
fn every_leaf_is_a_check_of_its_own_in_the_order_of_the_file() {
    let mut checks = Vec::new();
    let pattern =
        expected("{ z: 1, a: { c: [x, { d: null }] }, m: { $type: string, $length: 2 } }");
    pattern.check("body", Some(&json!({ "z": 2, "a": { "c": ["x", {}] } })), &mut checks);
    let seen: Vec<_> = checks
        .iter()
        .map(|check| (check.path.as_str(), check.missing, check.status == Status::Passed))
        .collect();
    assert_eq!(
        seen,
        [
            ("body.z", false, false),
            ("body.a.c.0", false, true),
            ("body.a.c.1.d", true, false),
            ("body.m", true, false),
            ("body.m", true, false),
        ]
    );
}

#[test]
fn what_is_missing_above_a_leaf_is_told_of_the_leaf() {
    let mut checks = Vec::new();
    expected("{ data: { external_id: u } }").check("body", Some(&json!({})), &mut checks);
    assert_eq!((checks[0].path.as_str(), checks[0].missing), ("body.data.external_id", true));
    checks.clear();
    expected("{ data: { external_id: u } }").check(
        "body",
        Some(&json!({ "data": "x" })),
        &mut checks,
    );
    assert_eq!((checks[0].path.as_str(), &checks[0].actual), ("body.data", &json!("x")));
}

#[test]
fn a_variable_that_holds_an_object_matches_by_subset() {
    let mut variables = Variables::default();
    variables.set("text", json!({ "a": { "b": 1 } }));
    let expected = variables.fill(&pattern("\"${text}\"")).unwrap();
    assert!(expected.matches(Some(&json!({ "a": { "b": 1, "c": 2 } }))));
    let mut checks = Vec::new();
    expected.check("body", Some(&json!({ "a": { "b": 2 } })), &mut checks);
    assert_eq!(checks[0].path, "body.a.b");
    let equals = variables.fill(&pattern("{ $equals: \"${text}\" }")).unwrap();
    assert!(!equals.matches(Some(&json!({ "a": { "b": 1, "c": 2 } }))));
}

fn any_json() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<f64>().prop_map(Json::from),
        "[a-z]{0,3}".prop_map(Json::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
            prop::collection::vec(("[a-d]", inner), 0..4)
                .prop_map(|entries| entries.into_iter().collect()),
        ]
    })
}

proptest! {
    #[test]
    fn everything_equals_itself_and_matches_more_of_the_same(value in any_json()) {
        prop_assert!(equal(&value, &value));
        prop_assert!(literal(value.clone()).matches(Some(&value)));
        if let Json::Object(mut more) = value.clone() {
            more.insert("extra".to_owned(), json!(1));
            prop_assert!(literal(value.clone()).matches(Some(&Json::Object(more.clone()))));
            prop_assert!(!equal(&value, &Json::Object(more)));
        }
    }

    #[test]
    fn the_verdict_is_the_sum_of_the_checks(wanted in any_json(), actual in any_json()) {
        let expected = literal(wanted);
        let mut checks = Vec::new();
        expected.check("body", Some(&actual), &mut checks);
        let all = checks.iter().all(|check| check.status == Status::Passed);
        prop_assert_eq!(expected.matches(Some(&actual)), all);
    }
}

#[test]
fn a_variable_s_value_is_compared_like_one_that_is_written_out() {
    assert!(holds("'${list}'", &json!(["x", { "a": 1, "b": 2 }])));
    assert!(!holds("'${list}'", &json!(["x"])));
    assert!(!holds("'${list}'", &json!(["x", { "a": 1 }, "u"])));
    assert!(!holds("'${list}'", &json!(["u", { "a": 1 }])));
    assert!(holds("'${record}'", &json!({ "a": [1, 2.0], "b": 3 })));
    assert!(!holds("'${record}'", &json!({ "a": [1] })));
    assert!(!holds("'${record}'", &json!({ "a": [2, 1] })));
    assert!(holds("'${nothing}'", &json!({ "a": 1 })));
    assert!(!holds("'${nothing}'", &json!([])));
    assert!(!holds("{ $equals: '${record}' }", &json!({ "a": [1, 2], "b": 3 })));
    assert!(!holds("{ $equals: '${list}' }", &json!(["x", { "a": 1, "b": 2 }])));
    assert!(!holds("{ $equals: '${list}' }", &json!(["x"])));
}

#[test]
fn what_was_expected_is_shown_as_it_would_be_written() {
    for (yaml, shown) in [
        ("{ a: ['${text}', { $type: uuid }] }", json!({ "a": ["a.b", { "$type": "uuid" }] })),
        ("'${record}'", json!({ "a": [1, 2] })),
        ("{ $equals: { b: 1 } }", json!({ "$equals": { "b": 1 } })),
        ("{ $matches: '^${text}$' }", json!({ "$matches": "^a\\.b$" })),
        ("{ $exists: false }", json!({ "$exists": false })),
        ("{ $not: { $any_of: [1, x] } }", json!({ "$not": { "$any_of": [1, "x"] } })),
        ("{ $length: 2, $contains: x }", json!({ "$length": 2, "$contains": "x" })),
    ] {
        assert_eq!(expected(yaml).into_json(), shown, "{yaml}");
    }
}
