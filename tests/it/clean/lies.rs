//! A target may lie: what is deleted shows its mark under its own id right before.

use serde_json::json;

use super::records::{customer, endpoint, with};
use super::{clean_all, holds, showing};
use crate::support::server::Behaviour;

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
        let behaviour = showing("GET /v1/customers/c1", shown.clone());
        let api = holds(&["c1", "c2"].map(customer), &[], behaviour);
        let ran = clean_all(&api).status(3).done();
        ran.prints("  DELETE /v1/customers/c1  (the API shows another record under this id")
            .prints("1 deleted, 1 left\n");
        assert_eq!(api.writes(), ["DELETE /v1/customers/c2"], "{shown}");
    }
}

#[test]
fn an_endpoint_that_is_another_by_now_is_neither_disabled_nor_deleted() {
    for shown in [endpoint("somebody"), with(endpoint("e1"), &json!({ "name": "production" }))] {
        let behaviour = showing("GET /v1/webhooks/endpoints/e1", shown);
        let api = holds(&[], &[endpoint("e1")], behaviour);
        clean_all(&api).status(3).done();
        assert_eq!(api.writes(), [""; 0]);
    }
}

/// An id is one segment of a path, or it is none.
#[test]
fn an_id_leads_to_nothing_else() {
    let ids = ["..", ".", "", "../../webhooks/endpoints/e1", "c1?x=y", "c1#", "%2e%2e"];
    let customers = ids.map(|id| with(customer("c1"), &json!({ "id": id })));
    let api = holds(&customers, &[], Behaviour::correct());
    let ran = clean_all(&api).done();
    ran.says("that can be read: 3 customers\n").prints("4 deleted\n");
    let expected = ["..%2F..%2Fwebhooks%2Fendpoints%2Fe1", "c1%3Fx%3Dy", "c1%23", "%252e%252e"];
    assert_eq!(api.writes(), expected.map(|id| format!("DELETE /v1/customers/{id}")));
}
