//! The three sources come to the same verdicts.

use crate::sources::server::Sends;
use crate::sources::{Api, Behaviour, run, run_text};

const SOURCES: [(&str, &str); 3] =
    [("listener", "legacy"), ("stream", "legacy"), ("deliveries", "not signed")];

#[test]
fn an_honest_api_passes() {
    for (source, signature) in SOURCES {
        let api = Api::start(Behaviour::default());
        let ran = run(&api, &["--events", source]);
        ran.passed(source);
        assert_eq!(ran.event()["signature"], signature);
        assert!(ran.event()["waited_ms"].is_number());
        assert_eq!(ran.report["scenarios"][0].get("notices"), None, "nothing was a duplicate");
        assert_eq!(ran.report["notices"], serde_json::json!([]));
    }
}

#[test]
fn an_event_without_the_user_is_unmapped() {
    for (source, _) in SOURCES {
        let api = Api::start(Behaviour { sends: Sends::Unmapped, ..Behaviour::default() });
        let ran = run(&api, &["--events", source]);
        assert_eq!(
            (ran.code, ran.source(), ran.diagnosis().0),
            (1, source, "webhook_unmapped"),
            "{}",
            ran.stderr
        );
    }
}

#[test]
fn an_event_that_is_never_sent_is_missing() {
    for (source, _) in SOURCES {
        let api = Api::start(Behaviour { sends: Sends::Nothing, ..Behaviour::default() });
        let ran = run(&api, &["--events", source, "--wait", "700ms"]);
        assert_eq!(
            (ran.code, ran.source(), ran.diagnosis().0),
            (1, source, "webhook_missing"),
            "{}",
            ran.stderr
        );
    }
}

#[test]
fn a_signature_that_does_not_verify_is_bad_where_there_is_one() {
    for (source, _) in &SOURCES[..2] {
        let api = Api::start(Behaviour { sends: Sends::WrongKey, ..Behaviour::default() });
        let ran = run(&api, &["--events", source, "--wait", "700ms"]);
        assert_eq!((ran.code, ran.diagnosis().0), (1, "webhook_bad_signature"), "{}", ran.stderr);
    }
}

#[test]
fn what_came_instead_is_told_once_and_holds_nothing_that_was_not_asked_for() {
    let scenario = "name: another
title: Waits for somebody else
steps:
  - request: POST /v1/customers/
    body: { email: \"a@example.com\", external_id: \"${run.id}\" }
    capture: { customer_id: id }
    undo: DELETE /v1/customers/${customer_id}
  - event: customer.created
    where: { data: { external_id: nobody } }
";
    for (source, _) in SOURCES {
        let api = Api::start(Behaviour::default());
        let ran = run_text(&api, scenario, &["--events", source, "--wait", "700ms"]);
        let (code, message) = ran.diagnosis();
        assert_eq!((ran.code, code), (1, "webhook_missing"), "{}", ran.stderr);
        let (_, instead) =
            message.split_once("What did arrive: customer.created (external_id ").expect(message);
        assert!(!instead.contains("times") && !instead.contains("customer."), "{message}");
    }
}
