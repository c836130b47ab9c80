//! A source that was asked for and is refused: no other is taken, and it is said what to change.

use std::io::Write as _;

use serde_json::json;

use super::{honest, passes, refusing, unavailable};
use crate::support::server::{Behaviour, Kind, Reply, Server, event, stay};

const ORGANIZATIONS: &str = "GET /v1/organizations";
const ENDPOINTS: &str = "POST /v1/webhooks/endpoints";
const STREAM: &str = "GET /v1/cli/listen";
const LOG: &str = "GET /v1/webhooks/deliveries";

fn why(api: &Server, source: &str) -> String {
    let why = unavailable(api, &["--events", source, "--timeout", "1s"]);
    assert_eq!(api.count("GET /v1/elsewhere"), 0, "a redirect was followed");
    why
}

#[test]
fn a_missing_scope_is_named() {
    // Both ways to learn the organization: the one that makes nothing, and the one that does.
    let unknown = [(ORGANIZATIONS, 403), (ENDPOINTS, 403)];
    for (refused, source, named) in [
        (&unknown[..], "stream", "organizations:read"),
        (&unknown, "stream", "webhooks:write"),
        (&[(STREAM, 403)], "stream", "webhooks:read"),
        (&[(ENDPOINTS, 403)], "deliveries", "webhooks:write"),
        (&[(LOG, 403)], "deliveries", "webhooks:read"),
    ] {
        let why = why(&Server::start(refusing(honest(), refused)), source);
        assert!(why.contains(named) && why.contains("403"), "{why}");
    }
}

#[test]
fn the_organization_is_also_learnt_from_a_customer() {
    let api = Server::start(refusing(honest(), &[(ORGANIZATIONS, 403)]));
    let organization = crate::support::server::ORGANIZATION;
    api.add(json!({ "id": "before", "organization_id": organization }));
    passes(&api, &["--events", "stream"], "stream");
}

#[test]
fn where_there_is_no_customer_a_webhook_endpoint_tells_the_organization() {
    let api = Server::start(refusing(honest(), &[(ORGANIZATIONS, 403)]));
    passes(&api, &["--events", "stream"], "stream");
    assert_eq!((api.count(ENDPOINTS), api.count("DELETE /v1/webhooks/endpoints/")), (1, 1));
}

#[test]
fn of_several_organizations_none_is_guessed() {
    let api = Server::start(honest());
    api.state().others.push(json!({ "id": "another" }));
    let why = why(&api, "stream");
    assert!(why.contains("several organizations"), "{why}");
}

/// Writes this on the stream, and no more.
fn writes(bytes: Vec<u8>) -> Behaviour {
    honest().streamed(move |stream, _, _| {
        stream.write_all(&bytes)?;
        stay(stream)
    })
}

#[test]
fn what_is_no_stream_is_refused() {
    let html = honest().replies(Kind::Stream, Reply::text(200, "text/html", "<html>"));
    for (behaviour, said) in [
        (html, "is not an event stream, but text/html"),
        (writes(event(&json!({ "key": "connected" }))), "is not `connected` with a secret"),
        (writes(b": ping\n\n".to_vec()), "did not come within 1s"),
    ] {
        let why = why(&Server::start(behaviour), "stream");
        assert!(why.contains(said), "{why}");
    }
    for status in [204, 307, 404, 500] {
        let why = why(&Server::start(refusing(honest(), &[(STREAM, status)])), "stream");
        assert!(why.contains(&status.to_string()), "{why}");
    }
}
