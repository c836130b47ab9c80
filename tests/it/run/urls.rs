//! Variables in paths and queries stay where they were put.

use serde_json::json;

use crate::support::program::Test;
use crate::support::server::{Behaviour, Reply, Server};

/// Gets `/v1/items/${x}` and `?q=${x}` with what the server names as `x`, and returns both targets.
fn targets(captured: &serde_json::Value) -> Vec<String> {
    let body = json!({ "x": captured });
    let server =
        Server::start(Behaviour::correct().instead(move |_, _| Some(Reply::json(200, &body))));
    let scenario = "
name: test
steps:
- { name: Capture, request: GET /v1/start, capture: { x: x } }
- { name: Path, request: 'GET /v1/items/${x}/end' }
- { name: Query, request: 'GET /v1/items', query: { q: '${x}', 'a[b]': [1, true] } }
";
    Test::scenario(scenario).against(&server).done();
    server.requests().into_iter().skip(1).map(|request| request.target).collect()
}

#[test]
fn a_variable_is_one_segment_or_one_value() {
    for (captured, encoded) in [
        (json!("a/b"), "a%2Fb"),
        (json!("../x"), "..%2Fx"),
        (json!("a?b=c&d#e"), "a%3Fb%3Dc%26d%23e"),
        (json!("a b+%2F"), "a%20b%2B%252F"),
        (json!("é\u{0}\r\n"), "%C3%A9%00%0D%0A"),
        (json!("\\evil"), "%5Cevil"),
        (json!("@evil.example"), "%40evil.example"),
        (json!(17), "17"),
        (json!(true), "true"),
    ] {
        let path = format!("/v1/items/{encoded}/end");
        let query = format!("/v1/items?q={encoded}&a%5Bb%5D=1&a%5Bb%5D=true");
        assert_eq!(targets(&captured), [path, query], "{captured}");
    }
}

#[test]
fn a_variable_that_would_lead_elsewhere_is_refused() {
    for captured in
        [json!(""), json!("."), json!(".."), json!(null), json!(["a"]), json!({ "a": 1 })]
    {
        let body = json!({ "x": captured });
        let server =
            Server::start(Behaviour::correct().instead(move |_, _| Some(Reply::json(200, &body))));
        let scenario = "
name: test
steps:
- { name: Capture, request: GET /v1/start, capture: { x: x } }
- { name: Path, request: 'DELETE /v1/items/${x}' }
";
        let finished = Test::scenario(scenario).against(&server).status(1).done();
        assert_eq!(finished.step("Path")["diagnosis"]["code"], "mismatch", "{captured}");
        assert_eq!(server.requests().len(), 1, "{captured}");
    }
}

#[test]
fn an_undo_never_climbs_out_of_its_collection() {
    for id in ["..", ".", "", "../webhooks/endpoints"] {
        let server = Server::start(Behaviour::correct().answered(move |request, reply| {
            if request.method == "POST" {
                reply.edit(|record| record["id"] = json!(id));
            }
        }));
        let scenario = "
name: test
steps:
- name: Create
  request: POST /v1/customers/
  body: { external_id: 'user_${run.id}' }
  capture: { id: id }
  undo: DELETE /v1/customers/${id}
";
        let finished = Test::scenario(scenario).against(&server).done();
        assert_eq!(server.customers().len(), 0, "{id}{finished}");
        for request in server.requests() {
            assert_eq!(request.segments[..2], ["v1", "customers"], "{id}{finished}");
        }
    }
}

/// The base URL may have a path of its own, with or without a slash.
#[test]
fn a_base_url_with_a_path() {
    for base in ["/api", "/api/", "/api//"] {
        let server =
            Server::start(Behaviour::correct().instead(|_, _| Some(Reply::json(200, &json!({})))));
        let scenario = "name: test\nsteps:\n- { name: Get, request: GET /v1/customers/ }";
        Test::scenario(scenario).arg("--base-url").arg(server.url() + base).done();
        assert_eq!(server.requests()[0].target, "/api/v1/customers/");
    }
}
