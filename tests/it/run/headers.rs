//! Header values that were filled in.

use serde_json::json;

use crate::support::program::{Finished, Test};
use crate::support::server::{Behaviour, Reply, Server};

const SCENARIO: &str = "
name: test
vars: { given: fine }
steps:
- { name: Capture, request: GET /v1/start, capture: { x: x } }
- { name: Send, request: POST /v1/things, headers: { x-first: ok, x-note: 'a ${x} b', x-given: '${given}' } }
- { name: Goes on, request: GET /v1/end }
";

/// What was sent under `x-note`, if the step was sent at all.
fn sent(captured: &serde_json::Value, given: &str, status: i32) -> (Option<String>, Finished) {
    let body = json!({ "x": captured });
    let server =
        Server::start(Behaviour::correct().instead(move |_, _| Some(Reply::json(200, &body))));
    let finished =
        Test::scenario(SCENARIO).args(["--var", given]).against(&server).status(status).done();
    let targets: Vec<_> = server.requests().into_iter().map(|request| request.target).collect();
    assert_eq!(targets.last().map(String::as_str), Some("/v1/end"), "{targets:?}");
    let step = server.requests().into_iter().find(|request| request.target == "/v1/things");
    (step.map(|step| step.header("x-note").unwrap_or_default().to_owned()), finished)
}

#[test]
fn what_can_be_sent_is_sent() {
    for (captured, note) in [
        (json!("x"), "a x b"),
        (json!(""), "a  b"),
        (json!("tab\there"), "a tab\there b"),
        (json!("\"!~%\\"), "a \"!~%\\ b"),
        (json!([1, null]), "a [1,null] b"),
        (json!(1.5), "a 1.5 b"),
        (json!("Jos\u{e9}"), "a Jos\u{e9} b"),
    ] {
        assert_eq!(sent(&captured, "given=1", 0).0.as_deref(), Some(note), "{captured}");
    }
}

#[test]
fn what_no_header_can_carry_is_never_left_out_in_silence() {
    for (captured, found) in [
        ("x\r\nx-evil: 1", "a line break"),
        ("x\n", "a line break"),
        ("\r", "a line break"),
        ("x\u{0}", "the control character U+0000"),
        ("x\u{7f}", "the control character U+007F"),
        ("x\u{1b}[31m", "the control character U+001B"),
    ] {
        let (note, finished) = sent(&json!(captured), "given=1", 1);
        assert_eq!(note, None, "{captured:?}{finished}");
        let diagnosis = &finished.step("Send")["diagnosis"];
        assert_eq!(diagnosis["code"], "mismatch", "{finished}");
        let message = diagnosis["message"].as_str().unwrap_or_default();
        assert!(
            message.contains("the header `x-note` cannot be sent: its value holds "),
            "{message}"
        );
        assert!(message.contains(found) && !message.contains("evil"), "{message}");
    }
}

#[test]
fn nor_is_what_the_command_line_gives() {
    let (note, finished) = sent(&json!("x"), "given=s3cret\r\nvalue", 1);
    assert_eq!(note, None, "{finished}");
    let message = finished.step("Send")["diagnosis"]["message"].to_string();
    assert!(message.contains("`x-given`") && message.contains("a line break"), "{message}");
    assert!(
        !finished.stdout.contains("s3cret") && !finished.stderr.contains("s3cret"),
        "{finished}"
    );
}
