//! Lists of statuses, and the matchers that compare.

use serde_json::{Value, json};

use super::{Reply, run, server};

#[test]
fn any_status_of_a_list_will_do() {
    for (status, exit) in [(201, 0), (409, 0), (204, 0), (200, 1), (404, 1)] {
        let server = server(move |_| Reply::json(status, &json!({ "detail": "x" })));
        let step = "- { name: Make, request: POST /things, expect: { status: [201, 204, 409] } }";
        let finished = run(&server, step, exit);
        let check = &finished.step("Make")["checks"][0];
        assert_eq!(check["expected"], json!([201, 204, 409]), "{finished}");
        assert_eq!(check["actual"], status, "{finished}");
    }
}

#[test]
fn a_list_may_hold_classes_and_says_what_was_wanted() {
    let server = server(|_| Reply::json(302, &json!({})));
    let step = "- { name: Make, request: POST /things, expect: { status: [2xx, 409] } }";
    let finished = run(&server, step, 1);
    let message = finished.step("Make")["diagnosis"]["message"].clone();
    let message = message.as_str().unwrap();
    assert!(message.contains("302; 2xx or 409 was expected"), "{message}");
}

/// Whether a check of `body` holds of what a server answers.
fn holds(body: &str, answer: &Value) -> bool {
    let answer = answer.clone();
    let server = server(move |_| Reply::json(200, &answer));
    let step = format!("- {{ name: Look, request: GET /, expect: {{ body: {body} }} }}");
    let finished = super::Test::scenario(&format!("name: test\nsteps:\n{step}\n"));
    let (code, _) = finished.against(&server).start().end();
    code == Some(0)
}

#[test]
fn numbers_times_types_and_keys_are_compared() {
    let answer = json!({
        "total": 10, "rate": 0.5, "at": "2026-03-01T12:00:00+01:00", "none": null,
        "data": { "id": "x", "name": "y" },
    });
    for (body, expected) in [
        ("{ total: { $gt: 9, $lt: 11 } }", true),
        ("{ total: { $gt: 10 } }", false),
        ("{ total: { $gte: 10, $lte: 10.0 } }", true),
        ("{ rate: { $gt: 0, $lt: 1 } }", true),
        ("{ at: { $gt: '2026-03-01T10:59:59Z', $lte: '2026-03-01T11:00:00Z' } }", true),
        ("{ at: { $lt: '2026-03-01T11:00:00Z' } }", false),
        ("{ at: { $gt: 3 } }", false),
        ("{ missing: { $gt: 3 } }", false),
        ("{ none: { $type: [string, null] }, total: { $type: [integer, null] } }", true),
        ("{ total: { $type: [string, null] } }", false),
        ("{ data: { $keys: [name, id] } }", true),
        ("{ data: { $keys: [name] } }", false),
        ("{ data: { $keys: [name, other] } }", false),
        ("{ data: { $keys: { $contains: id, $length: 2 } } }", true),
        ("{ data: { $keys: { $contains: email } } }", false),
    ] {
        assert_eq!(holds(body, &answer), expected, "{body}");
    }
}
