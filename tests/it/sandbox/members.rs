//! Members, where the real API was seen to do otherwise than one would think.

use serde_json::{Value, json};

use super::Sandbox;
use super::http::Request;

#[tokio::test]
async fn members_are_not_listed_below_their_customer() {
    let sandbox = Sandbox::new().await;
    let id = sandbox.customer("ann").await;
    for path in [
        format!("/v1/customers/{id}/members"),
        "/v1/customers/external/user_ann/members".to_owned(),
    ] {
        for method in ["GET", "PATCH", "DELETE", "HEAD"] {
            let answer = sandbox.send(Request::new(method, &path)).await.expect(405);
            assert_eq!(answer.header("allow"), Some("POST"), "{method} {path}");
        }
    }
    let listed = sandbox.get(&format!("/v1/members/?customer_id={id}")).await.expect(200).json();
    assert_eq!(listed["pagination"]["total_count"], 1);
}

#[tokio::test]
async fn the_owner_of_an_individual_has_the_customers_email() {
    let sandbox = Sandbox::new().await;
    let id = sandbox.customer("ann").await;
    let members = sandbox.get(&format!("/v1/members/?customer_id={id}")).await.expect(200).json();
    let owner = members["items"][0]["id"].as_str().unwrap().to_owned();
    for path in [
        format!("/v1/members/{owner}"),
        "/v1/members/external/user_ann?external_customer_id=user_ann".to_owned(),
        format!("/v1/customers/{id}/members/{owner}"),
        "/v1/customers/external/user_ann/members/user_ann".to_owned(),
    ] {
        let answer = sandbox
            .patch(&path, json!({"email": "bob@example.com", "name": "B"}))
            .await
            .expect(422)
            .json();
        let flaw = &answer["detail"][0];
        let message = "Cannot change the email of an individual customer's owner. Update the \
            customer's email instead.";
        assert_eq!(
            (&answer["error"], &flaw["msg"]),
            (&json!("PolarRequestValidationError"), &json!(message))
        );
    }
    let path = format!("/v1/members/{owner}");
    let unchanged =
        sandbox.patch(&path, json!({"name": null, "email": null})).await.expect(200).json();
    assert_eq!((&unchanged["name"], &unchanged["modified_at"]), (&Value::Null, &Value::Null));
    sandbox.patch(&path, json!({"email": "ann@example.com"})).await.expect(200);
    sandbox.patch(&format!("/v1/customers/{id}"), json!({"type": "team"})).await.expect(200);
    let changed =
        sandbox.patch(&path, json!({"email": "bob@example.com"})).await.expect(200).json();
    assert!(changed["modified_at"].is_string());
}
