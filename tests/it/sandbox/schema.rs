//! What the schema says about values, as pydantic 2.13 words it: compared with the library itself.

use serde_json::{Value, json};

use super::Sandbox;
use super::http::Answer;

/// The type, place and input of every flaw.
fn flaws(answer: &Answer) -> Vec<Value> {
    let body = answer.json();
    body["detail"]
        .as_array()
        .unwrap()
        .iter()
        .map(|flaw| json!([flaw["type"], flaw["loc"], flaw["input"]]))
        .collect()
}

const LIST: &str = "json-or-python[json=list[uuid],python=chain[is-instance[Sequence],function-wrap[sequence_validator()]]]";

#[tokio::test]
async fn a_filter_that_may_repeat_has_the_flaws_of_both_its_types() {
    let sandbox = Sandbox::new().await;
    for (path, key) in [
        ("/v1/customers/", "organization_id"),
        ("/v1/customers/export", "organization_id"),
        ("/v1/webhooks/endpoints", "organization_id"),
        ("/v1/webhooks/deliveries", "endpoint_id"),
    ] {
        let id = "60039543-761f-44ce-8d05-c8f31fff187c";
        let answer = sandbox.get(&format!("{path}?{key}={id}&{key}=abc")).await.expect(422);
        let expected = [
            json!(["uuid_type", ["query", key, "uuid"], [id, "abc"]]),
            json!(["uuid_parsing", ["query", key, LIST, 1], "abc"]),
        ];
        assert_eq!(flaws(&answer), expected);
        sandbox.get(&format!("{path}?{key}={id}&{key}={id}")).await.expect(200);
    }
}

#[tokio::test]
async fn customers_have_ids_of_version_4_and_members_of_any() {
    let sandbox = Sandbox::new().await;
    for id in ["00000000-0000-0000-0000-000000000000", "1f3a9fd0-5b80-4c52-7f0c-0f2a4f1c2b6e"] {
        let answer = sandbox.get(&format!("/v1/customers/{id}")).await.expect(422);
        assert_eq!(flaws(&answer), [json!(["uuid_version", ["path", "id"], id])]);
        sandbox.get(&format!("/v1/members/{id}")).await.expect(404);
    }
    let answer = sandbox.get("/v1/members/?customer_id=abc").await.expect(404);
    assert_eq!(answer.text("detail"), "Invalid customer ID format");
}

#[tokio::test]
async fn flaws_of_paging_come_before_those_of_the_path() {
    let sandbox = Sandbox::new().await;
    let answer = sandbox.get("/v1/customers/abc/payment-methods?page=0").await.expect(422);
    let places: Vec<Value> = flaws(&answer).iter().map(|flaw| flaw[1][1].clone()).collect();
    assert_eq!(json!(places), json!(["page", "id"]));
    let answer = sandbox.get("/v1/members/?role=boss&sorting=x&page=0").await.expect(422);
    let places: Vec<Value> = flaws(&answer).iter().map(|flaw| flaw[1][1].clone()).collect();
    assert_eq!(json!(places), json!(["page", "sorting", "role"]));
    sandbox.get("/v1/members/?role=boss&role=owner").await.expect(200);
}

#[tokio::test]
async fn deliveries_are_filtered_by_time_and_status() {
    let sandbox = Sandbox::new().await;
    let query = "start_timestamp=2026-01-01&end_timestamp=yesterday&succeeded=perhaps&http_code_class=6xx&event_type=x";
    let answer = sandbox.get(&format!("/v1/webhooks/deliveries?{query}")).await.expect(422);
    let kinds: Vec<Value> = flaws(&answer).iter().map(|flaw| flaw[0].clone()).collect();
    let expected = [
        "timezone_aware",
        "datetime_from_date_parsing",
        "bool_parsing",
        "literal_error",
        "enum",
        "enum",
    ];
    assert_eq!(json!(kinds), json!(expected));
    let query = "start_timestamp=2026-01-01T00:00:00Z&end_timestamp=1900000000&http_code_class=2xx";
    sandbox.get(&format!("/v1/webhooks/deliveries?{query}")).await.expect(200);
}

#[tokio::test]
async fn a_tag_is_printed_as_python_does() {
    let sandbox = Sandbox::new().await;
    for (tag, printed) in
        [(json!(true), "True"), (json!(["a"]), "['a']"), (json!({"a": 1}), "{'a': 1}")]
    {
        let answer = sandbox
            .post("/v1/customers/", json!({"email": "a@example.com", "type": tag}))
            .await
            .expect(422);
        assert!(
            answer.messages()[0].starts_with(&format!("Input tag '{printed}' found")),
            "{}",
            answer.body
        );
    }
}

#[tokio::test]
async fn small_things_are_read_as_python_reads_them() {
    let sandbox = Sandbox::new().await;
    let kosovo = json!({"email": "a@example.com", "billing_address": {"country": "XK"}});
    assert_eq!(flaws(&sandbox.post("/v1/customers/", kosovo).await.expect(422))[0][0], "enum");
    assert_eq!(
        flaws(&sandbox.get("/v1/customers/?limit=1.").await.expect(422))[0][0],
        "int_parsing"
    );
    let endpoint = "/v1/webhooks/endpoints/60039543-761f-44ce-8d05-c8f31fff187c";
    let answer = sandbox.patch(endpoint, json!({"enabled": 1.5, "url": " "})).await.expect(422);
    assert_eq!(
        answer.messages(),
        ["Input should be a valid URL, input is empty", "Input should be a valid boolean"]
    );
}
