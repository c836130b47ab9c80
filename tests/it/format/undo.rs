//! Undo requests that are more than a DELETE.

use serde_json::json;

use super::{Reply, header, lines, run, server, text};

/// A server on which things are archived, not deleted. `shown` is the id that a creation answers
/// with.
fn archive(shown: &'static str) -> super::Server {
    server(move |request| {
        let thing = json!({ "id": shown, "name": "thing" });
        match (request.method.as_str(), request.segments.as_slice()) {
            ("POST", [things]) if things == "things" => {
                let mut made = thing;
                let sent: serde_json::Value = serde_json::from_slice(&request.body).unwrap();
                made["ref"] = sent["ref"].clone();
                Reply::json(201, &made)
            }
            ("GET", [_, id]) if id == "stranger" => Reply::json(200, &thing),
            ("GET", _) => Reply::not_found(),
            _ => Reply::json(200, &json!({ "status": "archived" })),
        }
    })
}

const CREATE: &str = "- name: Make
  request: POST /things
  body: { ref: \"ref-${run.id}\" }
  capture: { id: id }
";

#[test]
fn an_undo_may_carry_headers_and_a_form() {
    let server = archive("t1");
    let undo = "  undo:
    request: POST /archive
    headers: { x-reason: \"test ${run.id}\" }
    form: { thing: \"${id}\", cascade: true }
";
    let finished = run(&server, &format!("{CREATE}{undo}"), 0);
    let report = finished.report();
    assert_eq!(report["scenarios"][0]["undo"][0]["request"], "POST /archive", "{finished}");
    assert_eq!(report["scenarios"][0]["undo"][0]["status"], "passed", "{finished}");
    assert_eq!(report["left_behind"], json!([]), "{finished}");
    let last = server.requests().pop().unwrap();
    assert_eq!(text(&last), "thing=t1&cascade=true");
    assert!(header(&last, "x-reason").unwrap().starts_with("test "));
}

#[test]
fn a_path_that_holds_a_captured_id_is_looked_at_first() {
    let server = archive("t1");
    let undo = "  undo: { request: \"POST /things/${id}/archive\", body: { reason: test } }\n";
    let finished = run(&server, &format!("{CREATE}{undo}"), 0);
    assert_eq!(finished.report()["left_behind"], json!([]), "{finished}");
    assert_eq!(
        lines(&server),
        ["POST /things", "GET /things/t1/archive", "POST /things/t1/archive"]
    );
    assert_eq!(text(&server.requests()[2]), r#"{"reason":"test"}"#);
}

/// The answer to a creation names another record: neither its path nor its body leads there.
#[test]
fn a_record_that_no_answer_has_shown_to_be_ours_is_not_named_elsewhere() {
    let server = server(|request| match request.method.as_str() {
        "POST" if request.target == "/things" => Reply::json(200, &json!({ "id": "stranger" })),
        _ => Reply::json(200, &json!({})),
    });
    for names in ["form: { thing: \"${id}\" }", "headers: { x-thing: \"${id}\" }"] {
        let undo = format!("  undo: {{ request: POST /archive, {names} }}\n");
        let finished = run(&server, &format!("{CREATE}{undo}"), 0);
        let report = finished.report();
        assert_eq!(report["left_behind"][0]["request"], "POST /archive", "{finished}");
        let reason = report["left_behind"][0]["reason"].as_str().unwrap();
        assert!(reason.contains("names what no answer has shown to be this run's"), "{reason}");
        assert!(!lines(&server).contains(&"POST /archive".to_owned()), "{finished}");
    }
}

/// Behind a log-in, the look at a record and its undo are logged in as well.
#[test]
fn the_look_before_an_undo_carries_what_the_undo_carries() {
    let server = server(|request| {
        if header(request, "authorization") != Some("Basic dXNlcjpwYXNzd29yZA==") {
            return Reply::empty(401);
        }
        match request.method.as_str() {
            "POST" => Reply::json(201, &json!({ "id": "t1" })),
            "GET" => Reply::json(200, &json!({ "id": "t1", "name": request.target })),
            _ => Reply::empty(204),
        }
    });
    let basic = "auth: none, headers: { authorization: Basic dXNlcjpwYXNzd29yZA== }";
    let steps = format!(
        "- {{ request: POST /things, {basic}, expect: {{ status: 201 }}, capture: {{ id: id }},
    undo: {{ request: \"DELETE /things/${{id}}/${{run.id}}\", {basic} }} }}
"
    );
    let finished = run(&server, &steps, 0);
    assert_eq!(finished.report()["left_behind"], json!([]), "{finished}");
    assert!(lines(&server).last().unwrap().starts_with("DELETE /things/t1/"), "{finished}");
}
