//! `tieback sandbox --webhook`: the endpoint of an app that runs beside it.

use serde_json::json;
use tempfile::TempDir;
use tieback::webhook::signature::Scheme;

use super::http::Request;
use super::receiver::Receiver;
use crate::support::program::Test;

const SECRET: &str = "polar_whs_0123456789abcdefghijklmnopqrstuvwxyz";

fn sandbox(url: &str) -> Test {
    Test::new("sandbox").args(["--listen", "127.0.0.1:0", "--webhook", url])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_app_gets_webhooks_signed_with_its_own_secret() {
    let mut receiver = Receiver::new();
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("state.db");
    // Twice over one file: the endpoint is changed then, and not made again.
    for events in ["customer.created", "customer.created,customer.updated"] {
        let test = sandbox(&receiver.url).env("APP_SECRET", SECRET).arg("--data").arg(&data);
        let test = test.args(["--webhook-secret-env", "APP_SECRET", "--webhook-events", events]);
        let mut process = test.start();
        let address = process.address();
        let customer = json!({"email": format!("{}@example.com", events.len())});
        Request::new("POST", "/v1/customers/").token("any").json(&customer).send(address).await;
        let delivery = receiver.next().await;
        assert_eq!(delivery.kind(), "customer.created");
        assert_eq!(delivery.verify(SECRET).unwrap(), Scheme::Legacy);
        let list = Request::new("GET", "/v1/webhooks/endpoints").token("any").send(address).await;
        let endpoints = list.expect(200).json();
        let [endpoint] = endpoints["items"].as_array().unwrap().as_slice() else {
            panic!("{endpoints}")
        };
        assert_eq!(endpoint["events"], json!(events.split(',').collect::<Vec<_>>()));
        process.signal("TERM");
        let ended = process.done();
        assert!(!ended.stderr.contains(SECRET), "{ended}");
    }
}

#[test]
fn what_cannot_be_meant_is_refused() {
    let hook = "http://127.0.0.1:9/hook";
    for (test, says) in [
        (sandbox(hook), "POLAR_WEBHOOK_SECRET is not set"),
        (sandbox(hook).env("POLAR_WEBHOOK_SECRET", "sesame"), "shorter than the 32 characters"),
        (sandbox("app").env("POLAR_WEBHOOK_SECRET", SECRET), "--webhook"),
        (
            sandbox(hook)
                .env("POLAR_WEBHOOK_SECRET", SECRET)
                .args(["--webhook-events", "customer.create"]),
            "did you mean customer.created?",
        ),
        (Test::new("sandbox").args(["--webhook-events", "customer.created"]), "--webhook <URL>"),
    ] {
        let ended = test.status(2).done();
        assert!(ended.stderr.contains(says), "{says}: {ended}");
        assert!(!ended.stderr.contains("sesame"), "{ended}");
    }
}
