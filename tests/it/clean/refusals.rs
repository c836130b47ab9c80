//! What cannot be listed or deleted, and what cannot be meant.

use std::fs;
use std::net::TcpListener;

use axum::http::StatusCode;
use serde_json::{Value as Json, json};

use crate::clean::program::{Program, TOKEN};
use crate::clean::server::{Act, Api, Behaviour, customer, endpoint};

/// Answers what begins like this with a status.
fn refusing(start: &'static str, status: u16, body: Json) -> Behaviour {
    let status = StatusCode::from_u16(status).unwrap();
    Behaviour {
        instead: Some(Box::new(move |line, _| {
            line.starts_with(start).then(|| Act::Reply(status, body.clone()))
        })),
        ..Behaviour::default()
    }
}

fn two_of_each(behaviour: Behaviour) -> Api {
    Api::start(
        vec![customer("c1"), customer("c2")],
        vec![endpoint("e1"), endpoint("e2")],
        behaviour,
    )
}

#[test]
fn what_cannot_be_deleted_is_listed_with_the_request_that_removes_it() {
    for (start, status) in [
        ("DELETE /v1/customers/c1", 403),
        ("DELETE /v1/customers/c1", 500),
        ("GET /v1/customers/c1", 502),
    ] {
        let api = two_of_each(refusing(start, status, Json::Null));
        let ran = Program::clean_all(&api).ends(3);
        ran.prints(
            "left behind at the target; these requests remove it:\n  DELETE /v1/customers/c1  (",
        );
        ran.prints(&format!(" is {status})\n3 deleted, 1 left\n"));
        assert_eq!(api.left(), ["c1"]);
    }
}

#[test]
fn an_endpoint_that_cannot_be_disabled_is_deleted_all_the_same() {
    let disabled = crate::clean::server::with(endpoint("e"), &json!({ "enabled": false }));
    let api = Api::start(Vec::new(), vec![disabled], refusing("PATCH ", 500, Json::Null));
    Program::clean_all(&api).ends(0);
    assert!(api.left().is_empty());
}

#[test]
fn a_token_that_may_not_see_endpoints_still_cleans_customers() {
    let api = two_of_each(refusing("GET /v1/webhooks/endpoints", 403, Json::Null));
    let ran = Program::clean_all(&api).ends(3);
    ran.says("the list of webhook endpoints could not be read to its end: GET /v1/webhooks/endpoints?limit=100&page=1 is 403");
    assert_eq!(api.left(), ["e1", "e2"]);
}

#[test]
fn a_list_that_is_none_is_not_taken_for_an_empty_one() {
    for body in [json!("nothing here"), json!({}), json!({ "items": {} }), json!([])] {
        let api = two_of_each(refusing("GET /v1/customers/?", 200, body));
        Program::clean_all(&api).ends(3).says("holds no `items`");
        assert_eq!(api.left(), ["c1", "c2"]);
    }
    let api = two_of_each(refusing("GET /v1/customers/?", 404, Json::Null));
    Program::clean_all(&api).ends(3).says("is 404");
}

#[test]
fn a_token_that_does_not_work_ends_it_at_once() {
    let api = two_of_each(refusing("", 401, Json::Null));
    let ran = Program::clean_all(&api).ends(3);
    ran.says("the API refuses the token");
    assert_eq!((api.requests().len(), ran.stdout.as_str()), (1, ""));

    let api = two_of_each(refusing("DELETE ", 401, Json::Null));
    let ran = Program::clean_all(&api).ends(3);
    ran.prints("DELETE /v1/customers/c2  (not tried: ").prints("0 deleted, 4 left\n");
    let deletions = api.writes().iter().filter(|line| line.starts_with("DELETE")).count();
    assert_eq!(deletions, 1, "{ran}");
}

#[test]
fn a_rate_limit_that_does_not_pass_leaves_the_rest() {
    let instead = |line: &str, _| (line == "DELETE /v1/customers/c1").then_some(Act::Limit("3600"));
    let api = two_of_each(Behaviour { instead: Some(Box::new(instead)), ..Behaviour::default() });
    let ran = Program::clean_all(&api).ends(3);
    ran.prints("rate_limited").prints("2 deleted, 2 left\n");
    assert_eq!(api.left(), ["c1", "c2"]);
}

#[test]
fn a_request_that_is_not_answered_in_time_does_not_hold_up_the_others() {
    let instead = |line: &str, _| (line == "DELETE /v1/customers/c1").then_some(Act::Hold);
    let api = two_of_each(Behaviour { instead: Some(Box::new(instead)), ..Behaviour::default() });
    let ran = Program::clean_all(&api).args(&["--timeout", "300ms"]).ends(3);
    ran.prints("DELETE was not answered").prints("timed_out").prints("3 deleted, 1 left\n");
    assert_eq!(api.left(), ["c1"]);
}

#[test]
fn nobody_there() {
    let port = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).unwrap().port();
    let ran = Program::new("clean")
        .args(&["--yes", "--base-url", &format!("http://127.0.0.1:{port}")])
        .ends(3);
    ran.says("target_unreachable");
    assert_eq!(ran.stdout, "");
}

#[test]
fn what_cannot_be_meant_is_refused_before_anything_is_sent() {
    let api = two_of_each(Behaviour::default());
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("empty"), "\n").unwrap();
    for (arguments, said) in [
        (&["--older-than", "soon"][..], "such as `500ms`, `30s`, `1m30s`, `1h` or `7d`"),
        (&["--older-than=-1h"], "not negative"),
        (&["--older-than", "1y"], "weeks, days, hours or minutes"),
        (&["--timeout", "0s"], "no time"),
        (&["--token", "two words"], "--token holds more than a bearer token"),
        (&["--token-file", "none"], "the token file none cannot be read"),
        (&["--token-file", "empty"], "the token file empty is empty"),
        (&["--token", "a", "--token-file", "b"], "cannot be used with"),
        (&["--cacert", "empty"], "the certificate file empty holds no certificate"),
        (&["--keep"], "unexpected argument"),
    ] {
        let ran = Program::clean_all(&api).folder(folder.path()).args(arguments).ends(2);
        ran.says(said);
        assert_eq!(ran.stdout, "", "{said}");
    }
    Program::new("clean").args(&["--yes"]).ends(2).says("--base-url");
    Program::new("clean").args(&["--yes", "--base-url", ""]).ends(2).says("URL");
    let empty = Program::new("clean").env("TIEBACK_BASE_URL", "").args(&["--yes"]).ends(2);
    empty.says("TIEBACK_BASE_URL is empty, which counts as not set");
    Program::new("clean").args(&["--base-url", "http://billing.example"]).ends(2).says("use https");
    assert_eq!(api.requests(), [""; 0]);
}

#[test]
fn the_token_and_the_target_come_from_where_they_do_in_a_run() {
    let api = two_of_each(Behaviour::default());
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("token"), format!("{TOKEN}_in_a_file\n")).unwrap();
    let program = Program::new("clean").env("TIEBACK_BASE_URL", &api.base).folder(folder.path());
    program.args(&["--yes", "--token-file", "token"]).ends(0);
    assert!(api.left().is_empty());
    let bearer = format!("Bearer {TOKEN}_in_a_file");
    assert!(api.store().headers.iter().all(|headers| headers["authorization"] == bearer));
}
