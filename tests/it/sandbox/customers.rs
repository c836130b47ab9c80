//! Customers, where the real API was seen to do otherwise than one would think.

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::Sandbox;
use super::http::Request;
use super::receiver::Receiver;

const TAX_ID: &str = "FR61954506077";

#[tokio::test]
async fn a_tax_id_is_taken_off_by_null_and_by_nothing() {
    let sandbox = Sandbox::new().await;
    for (number, nothing) in [json!(null), json!(""), json!("  ")].into_iter().enumerate() {
        let body = json!({
            "email": format!("u{number}@example.com"), "tax_id": TAX_ID, "billing_address": {"country": "FR"},
        });
        let id = sandbox.post("/v1/customers/", body).await.expect(201).text("id");
        let path = format!("/v1/customers/{id}");
        let cleared = sandbox.patch(&path, json!({"tax_id": nothing})).await.expect(200).json();
        assert_eq!(cleared["tax_id"], Value::Null);
        assert!(cleared["modified_at"].is_string());
        // Nothing is left that another country could refuse.
        sandbox.patch(&path, json!({"billing_address": {"country": "US"}})).await.expect(200);
    }
}

#[tokio::test]
async fn what_a_body_names_is_a_modification_and_nothing_else() {
    let sandbox = Sandbox::new().await;
    let id = sandbox.customer("ann").await;
    let path = format!("/v1/customers/{id}");
    for nothing in
        [json!({}), json!({"email": "ANN@example.com"}), json!({"email": null}), json!({"note": 1})]
    {
        let answer = sandbox.patch(&path, nothing.clone()).await.expect(200).json();
        assert_eq!(answer["modified_at"], Value::Null, "{nothing}");
    }
    let by_external = "/v1/customers/external/user_ann";
    let answer =
        sandbox.patch(by_external, json!({"external_id": "other"})).await.expect(200).json();
    assert_eq!(answer["modified_at"], Value::Null);
    for same in [
        json!({"name": null}),
        json!({"external_id": "user_ann"}),
        json!({"locale": null}),
        json!({"tax_id": null}),
        json!({"tax_id": ""}),
        json!({"type": "individual"}),
        json!({"type": null}),
        json!({"metadata": {}}),
    ] {
        let before = sandbox.get(&path).await.json()["modified_at"].clone();
        let answer = sandbox.patch(&path, same.clone()).await.expect(200).json();
        assert_ne!(answer["modified_at"], before, "{same}");
    }
}

#[tokio::test]
async fn a_type_that_is_null() {
    let sandbox = Sandbox::new().await;
    let body = json!({"email": "ann@example.com", "type": null});
    let answer = sandbox.post("/v1/customers/", body).await.expect(422).json();
    let flaw = &answer["detail"][0];
    assert_eq!((&flaw["type"], &flaw["ctx"]["tag"]), (&json!("union_tag_invalid"), &json!("None")));
    assert_eq!(
        flaw["msg"],
        "Input tag 'None' found using _customer_create_type() does not match any of the expected tags: 'individual', \
         'team'"
    );
    let id = sandbox.customer("ann").await;
    for path in [format!("/v1/customers/{id}"), "/v1/customers/external/user_ann".to_owned()] {
        sandbox.patch(&path, json!({"type": null})).await.expect(200);
    }
    sandbox.patch("/v1/customers/external/user_ann", json!({"type": "club"})).await.expect(422);
    let team =
        sandbox.patch("/v1/customers/external/user_ann", json!({"type": "team"})).await.expect(200);
    assert_eq!(team.text("type"), "team");
    for path in [format!("/v1/customers/{id}"), "/v1/customers/external/user_ann".to_owned()] {
        for kind in [json!(null), json!("individual")] {
            let answer = sandbox.patch(&path, json!({"type": kind})).await.expect(422).json();
            let flaw = &answer["detail"][0];
            assert_eq!(
                flaw["msg"],
                "Customer type cannot be downgraded from 'team' to 'individual'."
            );
            assert_eq!(flaw["input"], kind);
        }
    }
}

#[tokio::test]
async fn a_team_without_an_email_has_its_owners_picture() {
    let sandbox = Sandbox::new().await;
    let avatar = |email: &str| {
        let hash = Sha256::digest(email)
            .iter()
            .fold(String::new(), |hash, byte| hash + &format!("{byte:02x}"));
        format!("https://www.gravatar.com/avatar/{hash}?d=404")
    };
    let body = json!({"type": "team", "name": "T", "owner": {"email": "Owner@example.com"}});
    let team = sandbox.post("/v1/customers/", body).await.expect(201);
    assert_eq!(team.text("avatar_url"), avatar("owner@example.com"));
    let path = format!("/v1/customers/{}", team.text("id"));
    let renamed = sandbox.patch(&path, json!({"name": "U"})).await.expect(200);
    assert_eq!(renamed.text("avatar_url"), avatar("owner@example.com"));

    let members = sandbox
        .get(&format!("/v1/members/?customer_id={}", team.text("id")))
        .await
        .expect(200)
        .json();
    let owner = format!("/v1/members/{}", members["items"][0]["id"].as_str().unwrap());
    sandbox.patch(&owner, json!({"email": "new@example.com"})).await.expect(200);
    assert_eq!(sandbox.get(&path).await.expect(200).text("avatar_url"), avatar("new@example.com"));
    let member = json!({"customer_id": team.text("id"), "email": "next@example.com"});
    let member = sandbox.post("/v1/members/", member).await.expect(201).text("id");
    sandbox.patch(&format!("/v1/members/{member}"), json!({"role": "owner"})).await.expect(200);
    assert_eq!(sandbox.get(&path).await.expect(200).text("avatar_url"), avatar("next@example.com"));
    let own = sandbox.patch(&path, json!({"email": "team@example.com"})).await.expect(200);
    assert_eq!(own.text("avatar_url"), avatar("team@example.com"));
}

#[tokio::test]
async fn a_member_deleted_alone_is_modified_by_that() {
    let sandbox = Sandbox::new().await;
    let mut receiver = Receiver::new();
    sandbox.endpoint(&receiver.url, &["member.deleted"]).await;
    let id = sandbox.customer("ann").await;
    sandbox.delete(&format!("/v1/customers/{id}")).await.expect(204);
    assert_eq!(receiver.next().await.json()["data"]["modified_at"], Value::Null);
    let team = json!({"type": "team", "owner": {"email": "o@example.com"}});
    let team = sandbox.post("/v1/customers/", team).await.expect(201).text("id");
    let member = json!({"customer_id": team, "email": "m@example.com"});
    let member = sandbox.post("/v1/members/", member).await.expect(201).text("id");
    sandbox.delete(&format!("/v1/members/{member}")).await.expect(204);
    let deleted = receiver.next().await.json();
    assert!(deleted["data"]["modified_at"].is_string(), "{deleted}");
}

#[tokio::test]
async fn a_taken_email_with_a_first_external_id_is_refused() {
    let sandbox = Sandbox::new().await;
    sandbox.customer("ann").await;
    let bob = sandbox
        .post("/v1/customers/", json!({"email": "bob@example.com"}))
        .await
        .expect(201)
        .text("id");
    let body = json!({"email": "ann@example.com", "external_id": "bob"});
    let request = Request::new("PATCH", &format!("/v1/customers/{bob}")).json(&body);
    assert_eq!(
        sandbox.send(request).await.expect(422).messages(),
        ["A customer with this email address already exists."]
    );
    assert_eq!(
        sandbox.get(&format!("/v1/customers/{bob}")).await.json()["external_id"],
        Value::Null
    );
}
