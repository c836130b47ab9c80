//! A target may lie: what is deleted shows its mark under its own id right before.

use axum::http::StatusCode;
use serde_json::json;

use crate::clean::program::Program;
use crate::clean::server::{Act, Api, Behaviour, customer, endpoint, with};

#[test]
fn a_record_that_is_another_by_now_is_not_touched() {
    for shown in [
        customer("somebody"),
        with(customer("c1"), &json!({ "metadata": {} })),
        with(customer("c1"), &json!({ "metadata": { "tieback_run": "another" } })),
        with(customer("c1"), &json!({ "id": null })),
        with(customer("c1"), &json!({ "id": ["c1"] })),
        json!({ "items": [customer("c1")] }),
        json!(null),
        json!("c1"),
    ] {
        let instead = {
            let shown = shown.clone();
            move |line: &str, _| {
                (line == "GET /v1/customers/c1").then(|| Act::Reply(StatusCode::OK, shown.clone()))
            }
        };
        let behaviour = Behaviour { instead: Some(Box::new(instead)), ..Behaviour::default() };
        let api = Api::start(vec![customer("c1"), customer("c2")], Vec::new(), behaviour);
        let ran = Program::clean_all(&api).ends(3);
        ran.prints("  DELETE /v1/customers/c1  (the API shows another record under this id")
            .prints("1 deleted, 1 left\n");
        assert_eq!(api.writes(), ["DELETE /v1/customers/c2"], "{shown}");
    }
}

#[test]
fn an_endpoint_that_is_another_by_now_is_neither_disabled_nor_deleted() {
    for shown in [endpoint("somebody"), with(endpoint("e1"), &json!({ "name": "production" }))] {
        let instead = move |line: &str, _| {
            (line == "GET /v1/webhooks/endpoints/e1")
                .then(|| Act::Reply(StatusCode::OK, shown.clone()))
        };
        let behaviour = Behaviour { instead: Some(Box::new(instead)), ..Behaviour::default() };
        let api = Api::start(Vec::new(), vec![endpoint("e1")], behaviour);
        Program::clean_all(&api).ends(3);
        assert_eq!(api.writes(), [""; 0]);
    }
}

/// An id is one segment of a path, or it is none.
#[test]
fn an_id_leads_to_nothing_else() {
    let ids = ["..", ".", "", "../../webhooks/endpoints/e1", "c1?x=y", "c1#", "%2e%2e"];
    let customers = ids.iter().map(|id| with(customer("c1"), &json!({ "id": id }))).collect();
    let api = Api::start(customers, Vec::new(), Behaviour::default());
    let ran = Program::clean_all(&api).ends(0);
    ran.says("that can be read: 3 customers\n").prints("4 deleted\n");
    let expected = ["..%2F..%2Fwebhooks%2Fendpoints%2Fe1", "c1%3Fx%3Dy", "c1%23", "%252e%252e"];
    assert_eq!(api.writes(), expected.map(|id| format!("DELETE /v1/customers/{id}")));
}
