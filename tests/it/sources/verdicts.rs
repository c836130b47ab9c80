//! The three sources come to the same verdicts.

use serde_json::{Value, json};

use super::{ends, honest, passes, run};
use crate::support::program::Test;
use crate::support::server::{Delivery, Server};

const SOURCES: [(&str, &str); 3] =
    [("listener", "legacy"), ("stream", "legacy"), ("deliveries", "not signed")];

#[test]
fn an_honest_api_passes() {
    for (source, signature) in SOURCES {
        let api = Server::start(honest());
        let ran = passes(&api, &["--events", source], source);
        let event = ran.steps().pop().expect("a step")["event"].clone();
        assert_eq!(event["signature"], signature);
        assert!(event["waited_ms"].is_number());
        let report = ran.report();
        assert_eq!(report["scenarios"][0].get("notices"), None, "nothing was a duplicate");
        assert_eq!(report["notices"], json!([]));
    }
}

#[test]
fn an_event_without_the_user_is_unmapped() {
    for (source, _) in SOURCES {
        let unmapped =
            honest().each(|delivery| delivery.edit(|it| it["data"]["external_id"] = Value::Null));
        let ran = run(&Server::start(unmapped), &["--events", source], 1);
        assert_eq!(
            (ran.source().as_str(), ran.diagnosis().0.as_str()),
            (source, "webhook_unmapped")
        );
    }
}

#[test]
fn an_event_that_is_never_sent_is_missing() {
    for (source, _) in SOURCES {
        let api = Server::start(honest().delivered(|_| Vec::new()));
        let ran = run(&api, &["--events", source, "--wait", "700ms"], 1);
        assert_eq!(
            (ran.source().as_str(), ran.diagnosis().0.as_str()),
            (source, "webhook_missing")
        );
    }
}

#[test]
fn a_signature_that_does_not_verify_is_bad_where_there_is_one() {
    for (source, _) in &SOURCES[..2] {
        let wrong = honest().each(|it| Delivery { secret: "another".to_owned(), ..it });
        let ran = run(&Server::start(wrong), &["--events", source, "--wait", "700ms"], 1);
        assert_eq!(ran.diagnosis().0, "webhook_bad_signature");
    }
}

#[test]
fn what_came_instead_is_told_once_and_holds_nothing_that_was_not_asked_for() {
    let scenario = "name: another
title: Waits for another user
steps:
  - request: POST /v1/customers/
    body: { email: \"a@example.com\", external_id: \"${run.id}\" }
    capture: { customer_id: id }
    undo: DELETE /v1/customers/${customer_id}
  - event: customer.created
    where: { data: { external_id: nobody } }
";
    for (source, _) in SOURCES {
        let api = Server::start(honest());
        let test = Test::scenario(scenario).args(["--events", source, "--wait", "700ms"]);
        let (code, message) = ends(&api, test.against(&api).status(1)).diagnosis();
        assert_eq!(code, "webhook_missing");
        let (_, instead) =
            message.split_once("What did arrive: customer.created (external_id ").expect(&message);
        assert!(!instead.contains("times") && !instead.contains("customer."), "{message}");
    }
}
