//! What cannot be listed or deleted, and what cannot be meant.

use serde_json::{Value as Json, json};

use super::records::{customer, endpoint, with};
use super::{TOKEN, clean_all, holds, left, limiting, refusing};
use crate::support::program::Test;
use crate::support::refusing::Refusing;
use crate::support::server::{Behaviour, Reply, Server, Wire};

fn two_of_each(behaviour: Behaviour) -> Server {
    holds(&["c1", "c2"].map(customer), &["e1", "e2"].map(endpoint), behaviour)
}

#[test]
fn what_cannot_be_deleted_is_listed_with_the_request_that_removes_it() {
    for (start, status) in [
        ("DELETE /v1/customers/c1", 403),
        ("DELETE /v1/customers/c1", 500),
        ("GET /v1/customers/c1", 502),
    ] {
        let api = two_of_each(refusing(start, status, Json::Null));
        let ran = clean_all(&api).status(3).done();
        ran.prints(
            "left behind at the target; these requests remove it:\n  DELETE /v1/customers/c1  (",
        );
        ran.prints(&format!(" is {status})\n3 deleted, 1 left\n"));
        assert_eq!(left(&api), ["c1"]);
    }
}

#[test]
fn an_endpoint_that_cannot_be_disabled_is_deleted_all_the_same() {
    let disabled = with(endpoint("e"), &json!({ "enabled": false }));
    let api = holds(&[], &[disabled], refusing("PATCH ", 500, Json::Null));
    clean_all(&api).done();
    assert!(left(&api).is_empty());
}

#[test]
fn a_token_that_may_not_see_endpoints_still_cleans_customers() {
    let api = two_of_each(refusing("GET /v1/webhooks/endpoints", 403, Json::Null));
    let ran = clean_all(&api).status(3).done();
    ran.says(
        "the list of webhook endpoints could not be read to its end: GET \
        /v1/webhooks/endpoints?limit=100&page=1 is 403",
    );
    assert_eq!(left(&api), ["e1", "e2"]);
}

#[test]
fn a_list_that_is_none_is_not_taken_for_an_empty_one() {
    for body in [json!("nothing here"), json!({}), json!({ "items": {} }), json!([])] {
        let api = two_of_each(refusing("GET /v1/customers/?", 200, body));
        clean_all(&api).status(3).done().says("holds no `items`");
        assert_eq!(left(&api), ["c1", "c2"]);
    }
    let api = two_of_each(refusing("GET /v1/customers/?", 404, Json::Null));
    clean_all(&api).status(3).done().says("is 404");
}

#[test]
fn a_token_that_does_not_work_ends_it_at_once() {
    let api = two_of_each(refusing("", 401, Json::Null));
    let ran = clean_all(&api).status(3).done();
    ran.says("the API refuses the token");
    assert_eq!((api.lines().len(), ran.stdout.as_str()), (1, ""));

    let api = two_of_each(refusing("DELETE ", 401, Json::Null));
    let ran = clean_all(&api).status(3).done();
    ran.prints("DELETE /v1/customers/c2  (not tried: ").prints("0 deleted, 4 left\n");
    let deletions = api.writes().iter().filter(|line| line.starts_with("DELETE")).count();
    assert_eq!(deletions, 1, "{ran}");
}

#[test]
fn a_rate_limit_that_does_not_pass_leaves_the_rest() {
    let limits = limiting("3600", |request| request.line() == "DELETE /v1/customers/c1");
    let api = two_of_each(limits);
    let ran = clean_all(&api).status(3).done();
    ran.prints("rate_limited").prints("2 deleted, 2 left\n");
    assert_eq!(left(&api), ["c1", "c2"]);
}

#[test]
fn a_request_that_is_not_answered_in_time_does_not_hold_up_the_others() {
    let api = two_of_each(Behaviour::correct().instead(|request, _| {
        let first = request.line() == "DELETE /v1/customers/c1";
        first.then(|| Reply::empty(200).wire(Wire::Silence))
    }));
    let ran = clean_all(&api).args(["--timeout", "300ms"]).status(3).done();
    ran.prints("DELETE was not answered").prints("timed_out").prints("3 deleted, 1 left\n");
    assert_eq!(left(&api), ["c1"]);
}

#[test]
fn nobody_there() {
    let nobody = Refusing::new();
    let ran = Test::new("clean").args(["--yes", "--base-url", &nobody.url()]).status(3).done();
    ran.says("target_unreachable");
    assert_eq!(ran.stdout, "");
}

#[test]
fn what_cannot_be_meant_is_refused_before_anything_is_sent() {
    let api = two_of_each(Behaviour::correct());
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
        let ran = clean_all(&api).file("empty", "\n").args(arguments).status(2).done();
        ran.says(said);
        assert_eq!(ran.stdout, "", "{said}");
    }
    Test::new("clean").args(["--yes"]).status(2).done().says("--base-url");
    Test::new("clean").args(["--yes", "--base-url", ""]).status(2).done().says("URL");
    let empty = Test::new("clean").env("TIEBACK_BASE_URL", "").args(["--yes"]).status(2).done();
    empty.says("TIEBACK_BASE_URL is empty, which counts as not set");
    Test::new("clean")
        .args(["--base-url", "http://billing.example"])
        .status(2)
        .done()
        .says("use https");
    assert_eq!(api.lines(), [""; 0]);
}

#[test]
fn the_token_and_the_target_come_from_where_they_do_in_a_run() {
    let api = two_of_each(Behaviour::correct());
    let program = Test::new("clean").env("TIEBACK_BASE_URL", &api.url());
    let program = program.file("token", format!("{TOKEN}_in_a_file\n"));
    program.args(["--yes", "--token-file", "token"]).done();
    assert!(left(&api).is_empty());
    let bearer = format!("Bearer {TOKEN}_in_a_file");
    assert!(api.requests().iter().all(|it| it.header("authorization") == Some(&bearer)));
}
