//! What a file says is what is sent: any JSON value comes out of a scenario as it went in.

use proptest::prelude::*;
use serde_json::{Value as Json, json};
use tieback::provider::POLAR;
use tieback::scenario::{Action, Body, read};
use tieback::variables::Variables;

/// A literal `${` is written `$${`.
fn escaped(value: &Json) -> Json {
    match value {
        Json::String(text) => json!(text.replace("${", "$${")),
        Json::Array(items) => items.iter().map(escaped).collect(),
        Json::Object(entries) => {
            entries.iter().map(|(key, value)| (key.clone(), escaped(value))).collect()
        }
        other => other.clone(),
    }
}

/// A text that is nothing but `$NAME` is refused: it was meant for another tool.
fn is_shell(text: &str) -> bool {
    let name = text.strip_prefix('$').unwrap_or_default();
    let is_name = |char: char| char.is_ascii_alphanumeric() || matches!(char, '_' | '.');
    !name.is_empty() && name.chars().all(is_name)
}

fn values() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<i32>().prop_map(|number| json!(f64::from(number) / 8.0)),
        "\\PC{0,12}".prop_filter("a variable of a shell", |it| !is_shell(it)).prop_map(Json::from),
        // What YAML takes for something else without quotes, and what templates are made of.
        prop::sample::select(vec![
            "NO",
            "~",
            "007",
            "1e3",
            "0x1f",
            "2026-01-01",
            "- a",
            "a: b",
            "#x",
            "${",
            "$${x}",
            "$",
            "}"
        ])
        .prop_map(Json::from),
    ];
    leaf.prop_recursive(4, 24, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Json::from),
            prop::collection::btree_map("[a-zé_ .:#-]{1,8}", inner, 0..5)
                .prop_map(|entries| Json::Object(entries.into_iter().collect())),
        ]
    })
}

/// The body of the only step, with every variable filled in.
fn body(text: &str) -> Json {
    let scenario = read("a.yaml", text, &POLAR)
        .unwrap_or_else(|found| panic!("{}\n{text}", found[0].render(false)));
    let Action::Request(request) = &scenario.steps[0].action else { panic!("no request") };
    let Body::Json(value) = &request.body else { panic!("no JSON body") };
    Variables::default().value(value).expect("there are no variables")
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_value_comes_out_as_it_went_in(value in values()) {
        let body_text = json!({ "x": escaped(&value) });
        let steps = "name: a\ntitle: b\nsteps:\n- name: c\n  request: POST /\n  body: ";
        prop_assert_eq!(&body(&format!("{steps}{body_text}\n"))["x"], &value, "in braces");
        let pretty = format!("{body_text:#}").replace('\n', "\n    ");
        prop_assert_eq!(&body(&format!("{steps}{pretty}\n"))["x"], &value, "over several lines");
    }
}
