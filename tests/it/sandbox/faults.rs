//! Trouble on demand.

use std::time::{Duration, Instant};

use serde_json::json;
use tieback::sandbox::Fault;
use tieback::webhook::signature::Rejection;

use super::Sandbox;
use super::http::Request;
use super::receiver::Receiver;

const ALL: [&str; 3] = ["member.created", "customer.created", "customer.state_changed"];

#[tokio::test]
async fn answers_fail_as_often_as_was_asked() {
    let sandbox = Sandbox::new().await;
    sandbox.arm(json!({"name": "server-error", "times": 1})).await;
    sandbox.get("/v1/customers/").await.expect(500);
    sandbox.get("/v1/customers/").await.expect(200);
    sandbox.arm(json!({"name": "rate-limited"})).await;
    sandbox.get("/v1/customers/").await.expect(429);
    sandbox.delete("/_sandbox/faults/rate-limited").await.expect(200);
    sandbox.get("/v1/customers/").await.expect(200);
    sandbox.arm(json!({"name": "slow", "duration": "50ms"})).await;
    let started = Instant::now();
    sandbox.get("/v1/customers/").await.expect(200);
    assert!(started.elapsed() >= Duration::from_millis(50));
}

#[tokio::test]
async fn a_dropped_connection_says_nothing() {
    let sandbox = Sandbox::new().await;
    sandbox.arm(json!({"name": "dropped"})).await;
    assert!(Request::new("GET", "/v1/customers/").try_send(sandbox.address()).await.is_none());
    sandbox.delete("/_sandbox/faults").await.expect(200);
    sandbox.get("/v1/customers/").await.expect(200);
}

#[tokio::test]
async fn unknown_faults_are_refused_with_the_known_ones() {
    let sandbox = Sandbox::new().await;
    let answer = sandbox.post("/_sandbox/faults", json!({"name": "gremlins"})).await.expect(422);
    for (_, name, _) in Fault::all() {
        assert!(answer.body.contains(name));
    }
}

#[tokio::test]
async fn what_a_fault_cannot_heed_is_refused() {
    let sandbox = Sandbox::new().await;
    for (fault, reason) in [
        (json!({"name": "webhook-never", "duration": "5s"}), "`webhook-never` takes no duration"),
        (
            json!({"name": "server-error", "duration": "0s", "times": 1}),
            "`server-error` takes no duration",
        ),
        (json!({"name": "https-only", "times": 2}), "`https-only` cannot be counted"),
        (json!({"name": "not-yet-readable", "times": 1}), "`not-yet-readable` cannot be counted"),
        (json!({"name": "slow", "duration": "soon"}), "`soon`"),
    ] {
        let answer = sandbox.post("/_sandbox/faults", fault).await.expect(422);
        assert!(answer.text("detail").starts_with(reason), "{}", answer.body);
    }
    assert_eq!(sandbox.get("/_sandbox/faults").await.json(), json!({"armed": []}));
}

#[tokio::test]
async fn one_webhook_of_three_never_comes() {
    let sandbox = Sandbox::new().await;
    let mut receiver = Receiver::new();
    sandbox.endpoint(&receiver.url, &ALL).await;
    sandbox.arm(json!({"name": "webhook-never", "times": 1})).await;
    sandbox.customer("ann").await;
    assert_eq!(receiver.kinds(2).await, ["customer.created", "customer.state_changed"]);
}

#[tokio::test]
async fn webhooks_come_twice_in_reverse_order_or_never() {
    let sandbox = Sandbox::new().await;
    let mut receiver = Receiver::new();
    sandbox.endpoint(&receiver.url, &ALL).await;
    sandbox.arm(json!({"name": "webhook-out-of-order"})).await;
    sandbox.customer("ann").await;
    assert_eq!(
        receiver.kinds(3).await,
        ["customer.state_changed", "customer.created", "member.created"]
    );
    sandbox.delete("/_sandbox/faults").await;
    sandbox.arm(json!({"name": "webhook-twice", "times": 1})).await;
    sandbox.customer("bob").await;
    assert_eq!(
        receiver.kinds(4).await,
        ["member.created", "member.created", "customer.created", "customer.state_changed"]
    );
    sandbox.arm(json!({"name": "webhook-never"})).await;
    sandbox.customer("cy").await;
    sandbox.delete("/_sandbox/faults").await;
    sandbox.customer("di").await;
    let next = receiver.next().await.json();
    assert!(["user_di", "user_cy"].contains(&next["data"]["external_id"].as_str().unwrap()));
}

#[tokio::test]
async fn webhooks_that_a_handler_must_reject() {
    for (fault, expected) in [
        ("webhook-unsigned", Rejection::Unsigned),
        ("webhook-bad-signature", Rejection::BadSignature),
        ("webhook-stale", Rejection::Stale),
    ] {
        let sandbox = Sandbox::new().await;
        let mut receiver = Receiver::new();
        let endpoint = sandbox.endpoint(&receiver.url, &["customer.created"]).await;
        sandbox.arm(json!({"name": fault})).await;
        sandbox.customer("ann").await;
        let delivery = receiver.next().await;
        assert_eq!(delivery.verify(endpoint["secret"].as_str().unwrap()), Err(expected), "{fault}");
    }
}

#[tokio::test]
async fn webhooks_lose_the_external_id_or_come_early() {
    let sandbox = Sandbox::new().await;
    let mut receiver = Receiver::new();
    sandbox.endpoint(&receiver.url, &["customer.created"]).await;
    sandbox.arm(json!({"name": "webhook-without-external-id"})).await;
    sandbox.arm(json!({"name": "webhook-early"})).await;
    sandbox.customer("ann").await;
    // It came before the answer, so it is there now.
    assert!(!receiver.is_empty());
    sandbox.customer("bob").await;
    assert_eq!(receiver.next().await.json()["data"]["external_id"], json!(null));
}

#[tokio::test]
async fn webhooks_about_members_come_early_too() {
    let sandbox = Sandbox::new().await;
    let mut receiver = Receiver::new();
    sandbox.endpoint(&receiver.url, &["member.created", "member.updated", "member.deleted"]).await;
    let team = json!({"type": "team", "owner": {"email": "o@example.com"}});
    let team = sandbox.post("/v1/customers/", team).await.expect(201).text("id");
    assert_eq!(receiver.kinds(1).await, ["member.created"]);
    sandbox.arm(json!({"name": "webhook-early"})).await;
    let body = json!({"customer_id": team, "email": "m@example.com"});
    let member = sandbox.post("/v1/members/", body).await.expect(201).text("id");
    assert!(!receiver.is_empty());
    let path = format!("/v1/members/{member}");
    sandbox.patch(&path, json!({"name": "M"})).await.expect(200);
    assert!(!receiver.is_empty());
    sandbox.delete(&path).await.expect(204);
    assert!(!receiver.is_empty());
}

#[tokio::test]
async fn a_redelivery_comes_early_too() {
    let sandbox = Sandbox::new().await;
    let mut receiver = Receiver::new();
    sandbox.endpoint(&receiver.url, &["customer.created"]).await;
    // So that the first attempt has ended when the answer comes.
    sandbox.arm(json!({"name": "webhook-early"})).await;
    sandbox.customer("ann").await;
    let id = receiver.next().await.id().to_owned();
    sandbox
        .send(Request::new("POST", &format!("/v1/webhooks/events/{id}/redeliver")))
        .await
        .expect(202);
    assert!(!receiver.is_empty());
}

#[tokio::test]
async fn https_only_refuses_what_the_real_api_refuses() {
    let sandbox = Sandbox::new().await;
    sandbox.arm(json!({"name": "https-only"})).await;
    for (url, message) in [
        ("http://example.com/", "URL scheme should be 'https'"),
        (
            "https://127.0.0.1/x",
            "Value error, Webhook URLs cannot point to localhost or private IP addresses.",
        ),
        (
            "https://localhost/x",
            "Value error, Webhook URLs cannot point to localhost or private IP addresses.",
        ),
    ] {
        let body = json!({"url": url, "format": "raw", "events": []});
        let answer = sandbox.post("/v1/webhooks/endpoints", body).await.expect(422);
        assert_eq!(answer.messages(), [message]);
    }
}

#[tokio::test]
async fn a_new_customer_is_not_readable_yet() {
    let sandbox = Sandbox::new().await;
    sandbox.arm(json!({"name": "not-yet-readable", "duration": "60s"})).await;
    let id = sandbox.customer("ann").await;
    sandbox.get(&format!("/v1/customers/{id}")).await.expect(404);
    sandbox.delete("/_sandbox/faults").await.expect(200);
    sandbox.get(&format!("/v1/customers/{id}")).await.expect(200);
}

#[tokio::test]
async fn a_fault_is_aimed_at_requests_events_and_endpoints() {
    let sandbox = Sandbox::new().await;
    let id = sandbox.customer("ann").await;
    let aimed =
        json!({"name": "server-error", "on": "PATCH /v1/customers/*", "after": 1, "times": 1});
    sandbox.arm(aimed).await;
    let path = format!("/v1/customers/{id}");
    for status in [200, 500, 200] {
        sandbox.get(&path).await.expect(200);
        sandbox.patch(&path, json!({"name": "Ann"})).await.expect(status);
    }
    sandbox.arm(json!({"name": "webhook-never", "on": "customer.*"})).await;
    let (mut one, mut other) = (Receiver::new(), Receiver::new());
    let deaf = sandbox.endpoint(&one.url, &ALL).await;
    sandbox.endpoint(&other.url, &ALL).await;
    sandbox.arm(json!({"name": "webhook-unsigned", "endpoint": deaf["id"]})).await;
    sandbox.customer("bob").await;
    let (unsigned, signed) = (one.next().await, other.next().await);
    assert_eq!([unsigned.kind(), signed.kind()], ["member.created", "member.created"]);
    let is_signed = |headers: &std::collections::HashMap<_, _>| headers.contains_key("webhook-id");
    assert_eq!([is_signed(&unsigned.headers), is_signed(&signed.headers)], [false, true]);
    let states = [
        json!({"name": "https-only", "on": "customer.*"}),
        json!({"name": "slow", "endpoint": deaf["id"]}),
    ];
    for state in states {
        let answer = sandbox.post("/_sandbox/faults", state).await.expect(422);
        assert!(answer.body.contains("cannot be aimed like that"), "{}", answer.body);
    }
}
