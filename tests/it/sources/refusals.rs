//! A source that was asked for and is refused: no other is taken, and it is said what to change.

use crate::sources::server::Style;
use crate::sources::{Api, Behaviour, run};

const ORGANIZATIONS: &str = "GET /v1/organizations";
const STREAM: &str = "GET /v1/cli/listen";
const LOG: &str = "GET /v1/webhooks/deliveries";

fn refusing(what: &'static str, status: u16) -> Behaviour {
    Behaviour { refused: [(what, status)].into(), ..Behaviour::default() }
}

/// Refuses both ways to learn the organization that make nothing and the one that does.
fn unknown_organization() -> Behaviour {
    let refused = [(ORGANIZATIONS, 403), ("POST /v1/webhooks/endpoints", 403)].into();
    Behaviour { refused, ..Behaviour::default() }
}

fn why(behaviour: Behaviour, source: &str) -> String {
    let api = Api::start(behaviour);
    let ran = run(&api, &["--events", source, "--timeout", "1s"]);
    assert_eq!(api.count("GET /v1/elsewhere"), 0, "a redirect was followed");
    ran.unavailable().to_owned()
}

#[test]
fn a_missing_scope_is_named() {
    for (behaviour, source, named) in [
        (unknown_organization(), "stream", "organizations:read"),
        (unknown_organization(), "stream", "webhooks:write"),
        (refusing(STREAM, 403), "stream", "webhooks:read"),
        (refusing("POST /v1/webhooks/endpoints", 403), "deliveries", "webhooks:write"),
        (refusing(LOG, 403), "deliveries", "webhooks:read"),
    ] {
        let why = why(behaviour, source);
        assert!(why.contains(named) && why.contains("403"), "{why}");
    }
}

#[test]
fn the_organization_is_also_learnt_from_a_customer() {
    let api = Api::start(Behaviour { old_customer: true, ..refusing(ORGANIZATIONS, 403) });
    run(&api, &["--events", "stream"]).passed("stream");
}

#[test]
fn where_there_is_no_customer_a_webhook_endpoint_tells_the_organization() {
    let api = Api::start(refusing(ORGANIZATIONS, 403));
    run(&api, &["--events", "stream"]).passed("stream");
    assert_eq!(api.count("POST /v1/webhooks/endpoints"), 1);
    assert_eq!(api.count("DELETE /v1/webhooks/endpoints/"), 1);
}

#[test]
fn of_several_organizations_none_is_guessed() {
    let why = why(Behaviour { more_organizations: 1, ..Behaviour::default() }, "stream");
    assert!(why.contains("several organizations"), "{why}");
}

#[test]
fn what_is_no_stream_is_refused() {
    for (style, told) in [
        (Style::Html, "is not an event stream, but text/html"),
        (Style::Secretless, "is not `connected` with a secret"),
        (Style::Mute, "did not come within 1s"),
    ] {
        let why = why(Behaviour { stream: style, ..Behaviour::default() }, "stream");
        assert!(why.contains(told), "{why}");
    }
    for status in [204, 307, 404, 500] {
        let why = why(refusing(STREAM, status), "stream");
        assert!(why.contains(&status.to_string()), "{why}");
    }
}
