//! Sending webhooks.

use std::time::Duration;

use serde_json::{Value, json};
use tieback::sandbox::{Options, Retries};
use tieback::webhook::signature::Scheme;

use super::Sandbox;
use super::http::Request;
use super::receiver::Receiver;
use crate::support::refusing::Refusing;

const CUSTOMER: [&str; 4] =
    ["customer.created", "customer.updated", "customer.deleted", "customer.state_changed"];

fn impatient() -> Options {
    let retries =
        Retries { first_wait: Duration::from_millis(1), timeout: Duration::from_secs(10) };
    Options { retries, ..Options::default() }
}

async fn log(sandbox: &Sandbox, endpoint: &Value) -> Vec<Value> {
    let path = format!(
        "/v1/webhooks/deliveries?limit=100&endpoint_id={}",
        endpoint["id"].as_str().unwrap()
    );
    sandbox.get(&path).await.expect(200).json()["items"].as_array().unwrap().clone()
}

#[tokio::test]
async fn generated_secrets_sign_the_standard_way_and_chosen_ones_the_legacy_way() {
    let sandbox = Sandbox::new().await;
    let (mut standard, mut legacy) = (Receiver::new(), Receiver::new());
    let generated = sandbox.endpoint(&standard.url, &["customer.created"]).await;
    let chosen = "whsec_a-secret-that-the-merchant-chose";
    let body = json!({"url": legacy.url, "format": "raw", "events": ["customer.created"],
        "secret": chosen});
    sandbox.post("/v1/webhooks/endpoints", body).await.expect(201);
    sandbox.customer("ann").await;
    let secret = generated["secret"].as_str().unwrap();
    assert_eq!(standard.next().await.verify(secret), Ok(Scheme::Standard));
    assert_eq!(legacy.next().await.verify(chosen), Ok(Scheme::Legacy));
}

#[tokio::test]
async fn the_specifications_own_library_verifies_what_is_sent() {
    let sandbox = Sandbox::new().await;
    let mut receiver = Receiver::new();
    let endpoint = sandbox.endpoint(&receiver.url, &["customer.created"]).await;
    sandbox.customer("ann").await;
    let delivery = receiver.next().await;
    let mut headers = axum::http::HeaderMap::new();
    for name in ["webhook-id", "webhook-timestamp", "webhook-signature"] {
        headers.insert(name, delivery.headers[name].parse().unwrap());
    }
    let verifier = standardwebhooks::Webhook::new(endpoint["secret"].as_str().unwrap()).unwrap();
    verifier.verify(delivery.body.as_bytes(), &headers).unwrap();
}

#[tokio::test]
async fn events_come_in_order_and_once() {
    let sandbox = Sandbox::new().await;
    let mut receiver = Receiver::new();
    sandbox.endpoint(&receiver.url, &[&CUSTOMER[..], &["member.created"]].concat()).await;
    sandbox.customer("ann").await;
    assert_eq!(
        receiver.kinds(3).await,
        ["member.created", "customer.created", "customer.state_changed"]
    );
    assert!(receiver.is_empty());
}

#[tokio::test]
async fn a_customer_is_rendered_when_it_is_sent() {
    let sandbox = Sandbox::new().await;
    let mut receiver = Receiver::new();
    sandbox.endpoint(&receiver.url, &["customer.created", "customer.deleted"]).await;
    sandbox.arm(json!({"name": "webhook-late", "duration": "100ms"})).await;
    let id = sandbox.customer("ann").await;
    sandbox.delete(&format!("/v1/customers/{id}")).await.expect(204);
    let created = receiver.next().await.json();
    assert_eq!(
        (&created["type"], &created["data"]["external_id"]),
        (&json!("customer.created"), &Value::Null)
    );
    assert!(created["data"]["deleted_at"].is_string());
}

#[tokio::test]
async fn what_fails_is_tried_again_under_the_same_id() {
    let sandbox = Sandbox::with(impatient()).await;
    let mut receiver = Receiver::answering(|n| if n < 2 { 302 } else { 200 });
    let endpoint = sandbox.endpoint(&receiver.url, &["customer.created"]).await;
    sandbox.customer("ann").await;
    let first = receiver.next().await;
    let (second, third) = (receiver.next().await, receiver.next().await);
    assert!(first.id() == second.id() && second.id() == third.id());
    let log = loop {
        let log = log(&sandbox, &endpoint).await;
        if log.len() == 3 {
            break log;
        }
    };
    let codes: Vec<_> =
        log.iter().map(|row| (row["http_code"].clone(), row["succeeded"].clone())).collect();
    assert_eq!(json!(codes), json!([[200, true], [302, false], [302, false]]));
    assert_eq!(log[0]["webhook_event"]["succeeded"], true);
}

#[tokio::test]
async fn after_ten_failures_in_a_row_the_endpoint_is_disabled() {
    let sandbox = Sandbox::with(impatient()).await;
    let mut receiver = Receiver::answering(|_| 500);
    let endpoint = sandbox.endpoint(&receiver.url, &["customer.created"]).await;
    for number in 0..10 {
        sandbox.customer(&format!("u{number}")).await;
    }
    for _ in 0..100 {
        receiver.next().await;
    }
    let path = format!("/v1/webhooks/endpoints/{}", endpoint["id"].as_str().unwrap());
    while sandbox.get(&path).await.json()["enabled"] == true {
        tokio::task::yield_now().await;
    }
    sandbox.customer("late").await;
    assert_eq!(log(&sandbox, &endpoint).await.len(), 100);
}

#[tokio::test]
async fn an_endpoint_that_is_not_served_stands_in_the_log() {
    let sandbox = Sandbox::new().await;
    let nobody = Refusing::new();
    let endpoint = sandbox.endpoint(&nobody.url(), &["customer.created"]).await;
    sandbox.customer("ann").await;
    let row = loop {
        if let Some(row) = log(&sandbox, &endpoint).await.pop() {
            break row;
        }
        tokio::task::yield_now().await;
    };
    assert_eq!(
        (&row["http_code"], &row["response"]),
        (&Value::Null, &json!("All connection attempts failed"))
    );
    assert_eq!(row["webhook_event"]["succeeded"], Value::Null);
}

#[tokio::test]
async fn a_webhook_can_be_sent_again() {
    let sandbox = Sandbox::new().await;
    let mut receiver = Receiver::new();
    sandbox.endpoint(&receiver.url, &["customer.created"]).await;
    sandbox.customer("ann").await;
    let first = receiver.next().await;
    let path = format!("/v1/webhooks/events/{}/redeliver", first.id());
    let answer = sandbox.send(Request::new("POST", &path)).await.expect(202);
    assert_eq!(answer.body, "null");
    let second = receiver.next().await;
    assert_eq!((first.id(), &first.body), (second.id(), &second.body));
    sandbox.send(Request::new("POST", &path).header("content-length", "")).await.expect(411);
}

#[tokio::test]
async fn what_is_pending_for_a_disabled_endpoint_is_skipped_and_a_reset_secret_signs() {
    let sandbox = Sandbox::new().await;
    let mut receiver = Receiver::new();
    let endpoint = sandbox.endpoint(&receiver.url, &["customer.created"]).await;
    let path = format!("/v1/webhooks/endpoints/{}", endpoint["id"].as_str().unwrap());
    sandbox.patch(&path, json!({"enabled": false})).await.expect(200);
    sandbox.customer("ann").await;
    let secret =
        sandbox.patch(&format!("{path}/secret"), json!({})).await.expect(200).text("secret");
    assert_ne!(endpoint["secret"], secret.as_str());
    sandbox.patch(&path, json!({"enabled": true})).await.expect(200);
    sandbox.customer("bob").await;
    let delivery = receiver.next().await;
    assert_eq!(delivery.json()["data"]["external_id"], "user_bob");
    assert_eq!(delivery.verify(&secret), Ok(Scheme::Standard));
}
