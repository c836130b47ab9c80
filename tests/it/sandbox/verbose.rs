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
    let body = json!({"email": "ann@example.com", "external_id": "user_ann"});
    post(address, "/v1/customers/", &body).await.expect(201);
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
    post(address, "/v1/customers/", &json!({"email": "bob@example.com"})).await.expect(201);
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
    post(address, "/v1/customers/", &json!({"email": "eve@example.com"})).await.expect(201);
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
