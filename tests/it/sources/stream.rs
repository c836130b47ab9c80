//! The event stream: however it is cut, and when it ends.

use crate::sources::server::{Ends, Style};
use crate::sources::{Api, Behaviour, run};

#[test]
fn however_it_is_written_it_is_read() {
    let api = Api::start(Behaviour { stream: Style::Odd, ..Behaviour::default() });
    let ran = run(&api, &["--events", "stream"]);
    ran.passed("stream");
    assert_eq!(ran.report["notices"], serde_json::json!([]));
}

#[test]
fn a_stream_that_ends_is_opened_again() {
    let api = Api::start(Behaviour { ends: Ends::BeforeTheEvent, ..Behaviour::default() });
    let ran = run(&api, &["--events", "stream"]);
    ran.passed("stream");
    assert_eq!(api.count("GET /v1/cli/listen"), 2);
    assert!(ran.stderr.contains("the event stream broke off (the API ended it)"), "{}", ran.stderr);
    assert!(ran.stderr.contains("what was sent in between is lost"), "{}", ran.stderr);
}

#[test]
fn an_event_that_may_have_been_lost_is_not_called_missing() {
    let api = Api::start(Behaviour { ends: Ends::WithTheEvent, ..Behaviour::default() });
    let ran = run(&api, &["--events", "stream", "--wait", "1s"]);
    let why = ran.unavailable();
    assert!(why.contains("the event stream broke off") && why.contains("is lost"), "{why}");
}
