//! `tieback sandbox -v`, as a process.

use std::net::SocketAddr;

use serde_json::{Value, json};

use super::http::{Answer, Request};
use super::receiver::Receiver;
use super::spawn;
use crate::support::program::Test;
use crate::support::running::Running;

const TOKEN: &str = "polar_oat_0123456789abcdef";

async fn post(address: SocketAddr, path: &str, body: &Value) -> Answer {
    Request::new("POST", path).token(TOKEN).json(body).send(address).await
}

fn user(name: &str) -> Value {
    json!({"email": format!("{name}@example.com"), "external_id": format!("user_{name}")})
}

/// The next line, without its milliseconds.
fn line(process: &mut Running) -> String {
    let line = process.line();
    let (start, rest) = line.split_once(" in ").expect(&line);
    let (milliseconds, rest) = rest.split_once(" ms").expect(&line);
    assert!(milliseconds.parse::<u32>().is_ok(), "{line}");
    format!("{start}{rest}")
}

/// Nothing more is said until the process has ended.
fn says_no_more(process: Running) {
    let said = process.said().to_owned();
    process.signal("TERM");
    assert_eq!(process.done().stderr, said);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_and_deliveries_are_told_as_they_happen_without_secrets() {
    let mut receiver = Receiver::new();
    let (mut process, address) = spawn(&["-v"], None);
    post(address, "/v1/customers/", &user("ann")).await.expect(201);
    assert_eq!(line(&mut process), "POST /v1/customers/: 201");
    let path = format!("/v1/customers/external/{TOKEN}?x={}&y=%1b[2J", TOKEN.replace('_', "%5F"));
    Request::new("GET", &path).token(TOKEN).send(address).await.expect(404);
    assert_eq!(
        line(&mut process),
        "GET /v1/customers/external/(redacted)?x=(redacted)&y=%1b[2J: 404"
    );

    let url = receiver.url.replace("http://", "http://user:hunter2222@") + "?key=hunter2222";
    let endpoint = json!({"url": url, "format": "raw", "events": ["customer.created"],
        "secret": "x".repeat(40)});
    post(address, "/v1/webhooks/endpoints", &endpoint).await.expect(201);
    assert_eq!(line(&mut process), "POST /v1/webhooks/endpoints: 201");
    post(address, "/v1/customers/", &user("bob")).await.expect(201);
    receiver.next().await;
    let mut lines = [line(&mut process), line(&mut process)];
    lines.sort();
    assert_eq!(
        lines,
        [
            "POST /v1/customers/: 201".to_owned(),
            format!("webhook customer.created to {}: 200", receiver.url)
        ]
    );

    let nowhere = json!({"url": "https://hooks.invalid/services/T0/B0/secret", "format": "raw",
        "events": ["customer.created"]});
    post(address, "/v1/webhooks/endpoints", &nowhere).await.expect(201);
    assert_eq!(line(&mut process), "POST /v1/webhooks/endpoints: 201");
    post(address, "/v1/customers/", &user("eve")).await.expect(201);
    let mut lines = [line(&mut process), line(&mut process), line(&mut process)];
    lines.sort();
    assert_eq!(
        lines[2],
        "webhook customer.created to https://hooks.invalid: no answer ([Errno -2] Name or service \
            not known)"
    );
    says_no_more(process);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_v_the_sandbox_is_quiet() {
    let (process, address) = spawn(&[], None);
    post(address, "/v1/customers/", &json!({"email": "ann@example.com"})).await.expect(201);
    says_no_more(process);
}

#[test]
fn a_duration_that_means_nothing_is_refused_on_the_command_line() {
    let ran = Test::new("sandbox").args(["--fault", "webhook-never=5s"]).status(2).done();
    ran.says("`webhook-never` takes no duration; these do: webhook-late, slow, not-yet-readable");
}

#[tokio::test]
async fn what_breaks_in_production_is_said() {
    let (mut process, address) = spawn(&["-v"], None);
    let made = post(address, "/v1/customers/", &json!({"email": "ann@example.com"})).await;
    let id = made.expect(201).json()["id"].as_str().expect("an id").to_owned();
    let said = process.line();
    assert!(said.starts_with(&format!("warning: customer {id} has no external_id")), "{said}");
    assert_eq!(line(&mut process), "POST /v1/customers/: 201");
    let path = format!("/v1/customers/{id}");
    let change = Request::new("PATCH", &path).token(TOKEN).json(&json!({"external_id": "ann"}));
    change.send(address).await.expect(200);
    let said = process.line();
    assert!(said.starts_with(&format!("warning: customer {id} got its external_id")), "{said}");
    assert_eq!(line(&mut process), format!("PATCH {path}: 200"));

    let refusing = Receiver::answering(|_| 404);
    let endpoint = json!({"url": refusing.url, "format": "raw",
        "events": ["customer.updated"]});
    post(address, "/v1/webhooks/endpoints", &endpoint).await.expect(201);
    assert_eq!(line(&mut process), "POST /v1/webhooks/endpoints: 201");
    let change = Request::new("PATCH", &path).token(TOKEN).json(&json!({"name": "Ann"}));
    change.send(address).await.expect(200);
    let mut lines = [process.line(), process.line(), process.line()];
    lines.sort();
    assert!(lines[1].starts_with("warning: your handler refused it"), "{lines:?}");
    says_no_more(process);
}

#[tokio::test]
async fn programs_read_objects() {
    let (mut process, address) = spawn(&["--log", "json"], None);
    post(address, "/v1/customers/", &json!({"email": "ann@example.com"})).await.expect(201);
    let mut next = || serde_json::from_str::<Value>(&process.line()).expect("JSON");
    let (warning, request) = (next(), next());
    assert_eq!(warning["kind"], "warning");
    assert_eq!(warning["code"], "customer_without_external_id");
    assert_eq!(request["kind"], "request");
    assert_eq!(
        (&request["method"], &request["target"], &request["status"]),
        (&json!("POST"), &json!("/v1/customers/"), &json!(201))
    );
    assert!(request["at"].as_str().is_some_and(|at| at.ends_with('Z')), "{request}");
}
