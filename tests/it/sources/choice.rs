//! What `auto` takes, and what it takes where the API refuses that.

use super::{honest, passes, refusing, run, unavailable};
use crate::support::server::{Behaviour, Kind, Reply, Server};

const ENDPOINTS: &str = "POST /v1/webhooks/endpoints";
const STREAM: &str = "GET /v1/cli/listen";

/// Refuses endpoints that are not https, as the real API does.
fn https_only(behaviour: Behaviour) -> Behaviour {
    behaviour.instead(|request, _| {
        let url = request.json()["url"].as_str().unwrap_or_default().to_owned();
        let detail = serde_json::json!({ "detail": [{ "msg": "only https is allowed" }] });
        (request.kind == Kind::MakeEndpoint && !url.starts_with("https://"))
            .then(|| Reply::json(422, &detail))
    })
}

#[test]
fn on_this_machine_it_is_the_listener() {
    let api = Server::start(honest());
    passes(&api, &[], "listener")
        .says("webhooks are read by a listener, because the target is on this machine");
    assert_eq!(api.count(STREAM), 0);
}

#[test]
fn where_the_listener_s_address_is_refused_it_is_the_stream() {
    let api = Server::start(https_only(honest()));
    passes(&api, &[], "stream")
        .says(
            "a listener cannot be used: POST /v1/webhooks/endpoints is 422: only https is allowed",
        )
        .says("from the event stream, because");
}

#[test]
fn where_the_stream_is_refused_as_well_it_is_the_log() {
    for status in [403, 404, 500] {
        let api = Server::start(refusing(https_only(honest()), &[(STREAM, status)]));
        passes(&api, &[], "deliveries")
            .says("the event stream cannot be used: ")
            .says("from the delivery log, because a listener and the event stream cannot be used");
    }
}

#[test]
fn where_everything_is_refused_the_step_says_why() {
    let refused = [(STREAM, 404), ("GET /v1/webhooks/deliveries", 403)];
    let api = Server::start(refusing(https_only(honest()), &refused));
    let ran = run(&api, &[], 3);
    let (code, why) = ran.diagnosis();
    assert_eq!((code.as_str(), ran.source().as_str()), ("no_event_source", "none"), "{ran}");
    for reason in ["only https is allowed", "(404)", "the token may not read the delivery log"] {
        assert!(why.contains(reason), "{why}");
    }
}

#[test]
fn without_endpoints_the_log_is_not_tried() {
    for status in [403, 404] {
        let api = Server::start(refusing(honest(), &[(ENDPOINTS, status), (STREAM, 404)]));
        unavailable(&api, &[]);
        assert_eq!(api.count(ENDPOINTS), 1);
    }
}

#[test]
fn where_the_token_does_not_work_nothing_else_is_tried() {
    let api = Server::start(refusing(honest(), &[("GET ", 401), ("POST ", 401)]));
    assert_eq!(run(&api, &[], 3).diagnosis().0, "unauthorized");
    let asked = [ENDPOINTS, STREAM, "GET /v1/organizations"].map(|start| api.count(start));
    assert_eq!(asked, [1, 0, 0]);
}

#[test]
fn none_skips_and_reads_nothing() {
    let api = Server::start(honest());
    passes(&api, &["--events", "none"], "none");
    assert_eq!((api.count(ENDPOINTS), api.count(STREAM)), (0, 0));
}
