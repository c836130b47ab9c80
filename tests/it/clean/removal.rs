//! What goes and what stays.

use serde_json::json;

use super::records::{customer, endpoint, minutes_ago, with};
use super::{TOKEN, clean_all, holds, left, limiting, refusing, showing};
use crate::support::server::{Behaviour, Reply};

#[test]
fn what_runs_left_goes_and_everything_else_stays() {
    let customers = [
        customer("c1"),
        with(customer("own"), &json!({ "metadata": { "plan": "pro" } })),
        with(customer("bare"), &json!({ "metadata": {} })),
        with(customer("young"), &json!({ "created_at": minutes_ago(59) })),
        with(customer("timeless"), &json!({ "created_at": null })),
        with(
            customer("c2"),
            &json!({ "email": null, "external_id": null, "created_at": minutes_ago(61) }),
        ),
    ];
    let endpoints = [
        endpoint("e1"),
        with(endpoint("ours"), &json!({ "name": "production" })),
        with(endpoint("alike"), &json!({ "name": "our tieback_run e1" })),
        with(endpoint("nameless"), &json!({ "name": null })),
        with(endpoint("new"), &json!({ "created_at": minutes_ago(5) })),
    ];
    let api = holds(&customers, &endpoints, Behaviour::correct());
    let ran = clean_all(&api).done();
    assert_eq!(
        left(&api),
        ["own", "bare", "young", "timeless", "ours", "alike", "nameless", "new"]
    );
    ran.prints("left behind by runs older than 1h: 1 webhook endpoint and 2 customers\n");
    ran.prints("buyer+c1@example.com")
        .prints("user_c1")
        .prints("runc1")
        .prints("https://tieback.invalid/e1");
    assert!(
        ran.stdout.ends_with(
            "deleted webhook endpoint e1\ndeleted customer c1\ndeleted customer c2\n3 deleted\n"
        ),
        "{ran}"
    );
    ran.says("left alone, being younger than 1h: 1 webhook endpoint; the run may be going on\n");
    ran.says("left alone, being younger than 1h: 1 customer; the run may be going on\n");
    ran.says("left alone, without an id or a time of creation that can be read: 1 customer\n");
}

#[test]
fn every_record_is_read_again_and_endpoints_go_first() {
    let api = holds(&[customer("c")], &[endpoint("e")], Behaviour::correct());
    clean_all(&api).done();
    let expected = [
        "GET /v1/webhooks/endpoints?limit=100&page=1",
        "GET /v1/customers/?limit=100&page=1",
        "GET /v1/webhooks/endpoints/e",
        "PATCH /v1/webhooks/endpoints/e",
        "DELETE /v1/webhooks/endpoints/e",
        "GET /v1/customers/c",
        "DELETE /v1/customers/c",
    ];
    assert_eq!(api.lines(), expected);
    let bearer = format!("Bearer {TOKEN}");
    assert!(api.requests().iter().all(|it| it.header("authorization") == Some(&bearer)));
    clean_all(&api).done().prints("nothing left behind by runs older than 1h\n");
}

#[test]
fn how_old_is_for_the_user_to_say() {
    let at = |id: &str, minutes| with(customer(id), &json!({ "created_at": minutes_ago(minutes) }));
    let customers = [at("now", 0), at("hours", 300), at("days", 5000)];
    let api = holds(&customers, &[], Behaviour::correct());
    clean_all(&api).args(["--older-than", "2d"]).done().prints("older than 2d: 1 customer\n");
    assert_eq!(left(&api), ["now", "hours"]);
    clean_all(&api).args(["--older-than", "30m"]).done();
    assert_eq!(left(&api), ["now"]);
    clean_all(&api).args(["--older-than", "0s"]).done();
    assert!(left(&api).is_empty());
}

/// A clock with an offset, or in another notation, is the same time.
#[test]
fn times_are_read_as_the_api_writes_them() {
    let at = |id: &str, time: &str| with(customer(id), &json!({ "created_at": time }));
    let customers = [
        at("a", "2026-01-22T02:51:43.943524Z"),
        at("b", "2026-01-22T02:51:43+00:00"),
        at("c", "2026-01-22T04:51:43.9+02:00"),
        at("future", "2999-01-22T02:51:43Z"),
    ];
    let api = holds(&customers, &[], Behaviour::correct());
    clean_all(&api).done().prints("2026-01-22T02:51:43Z");
    assert_eq!(left(&api), ["future"]);
}

#[test]
fn what_is_gone_already_counts_as_gone() {
    for start in [
        "GET /v1/customers/c1",
        "DELETE /v1/customers/c1",
        "PATCH /v1/webhooks/endpoints/e1",
        "GET /v1/webhooks/endpoints/e1",
    ] {
        let behaviour = Behaviour::correct()
            .instead(move |request, _| (request.line() == start).then(Reply::not_found));
        let disabled = with(endpoint("e1"), &json!({ "enabled": false }));
        let api = holds(&["c1", "c2"].map(customer), &[disabled], behaviour);
        clean_all(&api).done().prints("3 deleted\n");
    }
}

#[test]
fn rate_limits_are_waited_out() {
    let behaviour = limiting("0", |request| request.before == 0);
    let api = holds(&[customer("c")], &[endpoint("e")], behaviour);
    let ran = clean_all(&api).done();
    ran.says("note: waiting 1 s because the target limits requests (429)\n");
    assert!(left(&api).is_empty());
    assert_eq!(api.lines().len(), 14, "each was asked twice");
}

#[test]
fn an_api_without_webhook_endpoints_has_none_to_look_at() {
    for status in [404, 405, 501] {
        let behaviour = refusing("GET /v1/webhooks/endpoints", status, json!({}));
        let api = holds(&[customer("c")], &[], behaviour);
        clean_all(&api).done().says("this API has no webhook endpoints to look at");
        assert!(left(&api).is_empty());
    }
}

/// An API that changes the customer with the same e-mail in place of making one marks what was
/// there before.
#[test]
fn what_may_be_older_than_its_mark_stays() {
    let run = "abcdef012345";
    let keys = |id: &str, email: &str, external_id: &str, modified: serde_json::Value| {
        let marked = json!({ "metadata": { "tieback_run": run }, "email": email,
            "external_id": external_id });
        with(with(customer(id), &marked), &json!({ "modified_at": modified }))
    };
    let customers = [
        keys("merged", "ann@corp.example", "user_abcdef012345", json!(minutes_ago(90))),
        keys("fresh", "ann@corp.example", "ann", json!(null)),
        keys(
            "updated",
            "buyer+abcdef012345@corp.example",
            "user_abcdef012345",
            json!(minutes_ago(90)),
        ),
    ];
    let api = holds(&customers, &[], Behaviour::correct());
    let ran = clean_all(&api).done();
    assert_eq!(left(&api), ["merged"]);
    ran.says("look at GET /v1/customers/merged");

    // It was merged after it was listed.
    let behaviour = showing("GET /v1/customers/merged", customers[0].clone());
    let listed = with(customers[0].clone(), &json!({ "modified_at": null }));
    let api = holds(&[listed], &[], behaviour);
    clean_all(&api).status(3).done().prints("may be older than the run that marked it");
    assert_eq!(left(&api), ["merged"]);
}
