//! The sandbox, asked over real sockets.

mod conformance;
mod customers;
mod durable;
mod event_log;
mod faults;
mod guards;
mod http;
mod members;
mod meters;
mod own_endpoint;
mod random;
mod receiver;
mod rules;
mod sales;
mod scenarios;
mod schema;
mod sdk;
mod stream;
mod validation;
mod verbose;
mod webhooks;

use std::net::SocketAddr;
use std::path::Path;

use serde_json::{Value, json};
use tieback::sandbox::{Handle, Options, start};
use tokio::net::TcpListener;

use crate::support::program::Test;
use crate::support::running::Running;
use http::{Answer, Request};

/// A sandbox in a process of its own.
fn spawn(arguments: &[&str], data: Option<&Path>) -> (Running, SocketAddr) {
    let test = Test::new("sandbox").args(["--listen", "127.0.0.1:0"]).args(arguments);
    let data = data.into_iter().flat_map(|file| [Path::new("--data"), file]);
    let mut process = test.args(data).start();
    let address = process.address();
    (process, address)
}

/// A sandbox of a test's own.
struct Sandbox {
    handle: Handle,
}

impl Sandbox {
    async fn new() -> Self {
        Self::with(Options::default()).await
    }

    async fn with(options: Options) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self { handle: start(listener, options).await.unwrap() }
    }

    fn address(&self) -> SocketAddr {
        self.handle.local_addr()
    }

    async fn send(&self, request: Request) -> Answer {
        request.send(self.address()).await
    }

    async fn get(&self, path: &str) -> Answer {
        self.send(Request::new("GET", path)).await
    }

    async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(Request::new("POST", path).json(&body)).await
    }

    async fn patch(&self, path: &str, body: Value) -> Answer {
        self.send(Request::new("PATCH", path).json(&body)).await
    }

    async fn delete(&self, path: &str) -> Answer {
        self.send(Request::new("DELETE", path)).await
    }

    /// Makes a customer and returns its id.
    async fn customer(&self, name: &str) -> String {
        let body =
            json!({"email": format!("{name}@example.com"), "external_id": format!("user_{name}")});
        self.post("/v1/customers/", body).await.expect(201).text("id")
    }

    /// Makes an endpoint for `events` and returns it.
    async fn endpoint(&self, url: &str, events: &[&str]) -> Value {
        let body = json!({"url": url, "format": "raw", "events": events});
        self.post("/v1/webhooks/endpoints", body).await.expect(201).json()
    }

    async fn arm(&self, fault: Value) {
        self.post("/_sandbox/faults", fault).await.expect(200);
    }
}
