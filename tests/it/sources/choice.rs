//! What `auto` takes, and what it takes where the API refuses that.

use std::collections::BTreeMap;

use crate::sources::{Api, Behaviour, run};

const ENDPOINTS: &str = "POST /v1/webhooks/endpoints";
const STREAM: &str = "GET /v1/cli/listen";

fn refusing(what: &[(&'static str, u16)]) -> Behaviour {
    Behaviour { refused: what.iter().copied().collect::<BTreeMap<_, _>>(), ..Behaviour::default() }
}

#[test]
fn on_this_machine_it_is_the_listener() {
    let api = Api::start(Behaviour::default());
    let ran = run(&api, &[]);
    ran.passed("listener");
    assert!(
        ran.stderr
            .contains("webhooks are read by a listener, because the target is on this machine"),
        "{}",
        ran.stderr
    );
    assert_eq!(api.count(STREAM), 0);
}

#[test]
fn where_the_listener_s_address_is_refused_it_is_the_stream() {
    let api = Api::start(Behaviour { https_only: true, ..Behaviour::default() });
    let ran = run(&api, &[]);
    ran.passed("stream");
    for told in [
        "a listener cannot be used: POST /v1/webhooks/endpoints is 422: only https is allowed",
        "from the event stream, because",
    ] {
        assert!(ran.stderr.contains(told), "{}", ran.stderr);
    }
}

#[test]
fn where_the_stream_is_refused_as_well_it_is_the_log() {
    for status in [403, 404, 500] {
        let api = Api::start(Behaviour { https_only: true, ..refusing(&[(STREAM, status)]) });
        let ran = run(&api, &[]);
        ran.passed("deliveries");
        assert!(ran.stderr.contains("the event stream cannot be used: "), "{}", ran.stderr);
        assert!(
            ran.stderr.contains(
                "from the delivery log, because a listener and the event stream cannot be used"
            ),
            "{}",
            ran.stderr
        );
    }
}

#[test]
fn where_everything_is_refused_the_step_says_why() {
    let log = "GET /v1/webhooks/deliveries";
    let api = Api::start(Behaviour { https_only: true, ..refusing(&[(STREAM, 404), (log, 403)]) });
    let ran = run(&api, &[]);
    let why = ran.unavailable();
    for reason in ["only https is allowed", "(404)", "the token may not read the delivery log"] {
        assert!(why.contains(reason), "{why}");
    }
    assert_eq!(ran.source(), "none");
}

#[test]
fn without_endpoints_the_log_is_not_tried() {
    for status in [403, 404] {
        let api = Api::start(refusing(&[(ENDPOINTS, status), (STREAM, 404)]));
        run(&api, &[]).unavailable();
        assert_eq!(api.count(ENDPOINTS), 1);
    }
}

#[test]
fn where_the_token_does_not_work_nothing_else_is_tried() {
    let api = Api::start(refusing(&[("GET ", 401), ("POST ", 401)]));
    let ran = run(&api, &[]);
    assert_eq!((ran.code, ran.diagnosis().0), (3, "unauthorized"), "{}", ran.stderr);
    assert_eq!(
        (api.count(ENDPOINTS), api.count(STREAM), api.count("GET /v1/organizations")),
        (1, 0, 0)
    );
}

#[test]
fn none_skips_and_reads_nothing() {
    let api = Api::start(Behaviour::default());
    let ran = run(&api, &["--events", "none"]);
    ran.passed("none");
    assert_eq!((api.count(ENDPOINTS), api.count(STREAM)), (0, 0));
}
