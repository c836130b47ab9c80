//! An endpoint that exists already.

use std::net::{IpAddr, Ipv4Addr};

use serde_json::{Value, json};
use tieback::http::{BaseUrl, Client, ClientOptions, Request};
use tieback::sandbox::{self, Options};
use tieback::secret::Secret;
use tokio::net::TcpListener;

use crate::support::program::Test;

const SECRET: &str = "polar_whs_0123456789abcdefghijklmnopqrstuvwxyz";

/// An address of this process alone: all of 127.0.0.0/8 is this machine.
fn address() -> IpAddr {
    let [_, _, high, low] = std::process::id().to_be_bytes();
    Ipv4Addr::new(127, 83, high.max(1), low.max(1)).into()
}

async fn ask(base: &str, method: &str, body: Option<&Value>) -> Value {
    let options = ClientOptions::new(BaseUrl::parse(base).unwrap());
    let client = Client::new(ClientOptions { token: Some(Secret::new("any")), ..options }).unwrap();
    let request = Request::new(method, "/v1/webhooks/endpoints", body);
    client.send(&request).await.unwrap().json().unwrap()
}

#[cfg(target_os = "linux")]
#[test]
fn what_it_gets_is_read_and_nothing_is_registered() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let hook = format!("http://{}:4011/hooks/polar/", address());
    let (sandbox, base) = runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let sandbox = sandbox::start(listener, Options::default()).await.unwrap();
        let base = format!("http://{}", sandbox.local_addr());
        let hook = json!({ "url": hook, "format": "raw", "events": ["customer.created"],
            "secret": SECRET });
        let made = ask(&base, "POST", Some(&hook)).await;
        assert_eq!(made["url"], hook["url"], "{made}");
        (sandbox, base)
    });
    let test = || {
        Test::run("customer-mapping")
            .args(["--base-url", &base, "--events", "listener"])
            .args(["--webhook-secret-env", "HOOK_SECRET", "--listen"])
            .arg(format!("{}:4011", address()))
            .args(["--public-url", &hook])
            .token("any")
    };
    let finished = test().env("HOOK_SECRET", SECRET).done();
    assert_eq!(finished.report()["target"]["events"], "listener");
    let event = finished.step("customer.created names the same user");
    assert_eq!(event["event"]["signature"], "legacy", "{event}");
    assert_eq!(finished.report()["left_behind"], json!([]));
    // Another secret: what arrives cannot be verified.
    let other = "polar_whs_another-secret-that-is-long-enough-0123";
    let finished = test().env("HOOK_SECRET", other).arg("--wait").arg("1s").status(1).done();
    let step = finished.step("customer.created names the same user");
    assert_eq!(step["diagnosis"]["code"], "webhook_bad_signature", "{step}");
    assert!(!finished.stderr.contains(other) && !finished.stdout.contains(other));
    let finished = test().status(2).done();
    assert!(finished.stderr.contains("HOOK_SECRET is not set"), "{finished}");
    runtime.block_on(async {
        let endpoints = ask(&base, "GET", None).await;
        assert_eq!(endpoints["items"].as_array().unwrap().len(), 1);
        sandbox.stop().await;
    });
}

#[test]
fn it_needs_a_listener_on_a_port_that_is_known() {
    for args in [["--listen", "127.0.0.1:4011"], ["--events", "listener"]] {
        let test = Test::run("customer-mapping").args(["--webhook-secret-env", "HOOK_SECRET"]);
        let finished = test.args(args).env("HOOK_SECRET", SECRET).status(2).done();
        assert!(finished.stderr.contains("add --events listener"), "{finished}");
    }
}
