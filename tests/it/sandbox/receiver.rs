//! An app that receives webhooks.

use std::collections::HashMap;
use std::time::Duration;

use serde_json::Value;
use tieback::provider::POLAR;
use tieback::secret::Secret;
use tieback::webhook::signature::{Rejection, Scheme, Signed, verify};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::support::server::{Behaviour, Reply, Request, Server};

/// Long enough for any machine; a test that passes never waits for it.
const LIMIT: Duration = Duration::from_secs(20);

/// A webhook as it arrived.
#[derive(Debug)]
pub struct Delivery {
    pub headers: HashMap<String, String>,
    pub body: String,
}

impl From<&Request> for Delivery {
    fn from(request: &Request) -> Self {
        let body = String::from_utf8_lossy(&request.body).into_owned();
        Self { headers: request.headers.iter().cloned().collect(), body }
    }
}

impl Delivery {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    pub fn kind(&self) -> String {
        self.json()["type"].as_str().unwrap().to_owned()
    }

    pub fn id(&self) -> &str {
        &self.headers["webhook-id"]
    }

    pub fn verify(&self, secret: &str) -> Result<Scheme, Rejection> {
        let header = |name: &str| self.headers.get(name).map(String::as_str);
        let signed = Signed {
            id: header("webhook-id"),
            timestamp: header("webhook-timestamp"),
            signature: header("webhook-signature"),
        };
        let now = jiff::Timestamp::now().as_second();
        verify(&POLAR.webhook, &Secret::new(secret), signed, self.body.as_bytes(), now)
    }
}

/// Answers what it is told to, and keeps what it got.
pub struct Receiver {
    pub url: String,
    arrived: UnboundedReceiver<Delivery>,
}

impl Receiver {
    /// Answers every delivery with 200.
    pub fn new() -> Self {
        Self::answering(|_| 200)
    }

    /// Answers the n-th delivery, from zero, with a status.
    pub fn answering(status: impl Fn(usize) -> u16 + Send + Sync + 'static) -> Self {
        let (sender, arrived) = unbounded_channel();
        let server = Server::start(Behaviour::correct().instead(move |request, _| {
            let _ = sender.send(request.into());
            let status = status(request.nth);
            Some(Reply::text(status, "text/plain", "nope").header("location", "/elsewhere"))
        }));
        Self { url: server.url() + "/hook", arrived }
    }

    /// The next delivery.
    pub async fn next(&mut self) -> Delivery {
        tokio::time::timeout(LIMIT, self.arrived.recv()).await.expect("no webhook arrived").unwrap()
    }

    /// The types of the next deliveries.
    pub async fn kinds(&mut self, count: usize) -> Vec<String> {
        let mut kinds = Vec::new();
        for _ in 0..count {
            kinds.push(self.next().await.kind());
        }
        kinds
    }

    /// Whether something is there that was not read.
    pub fn is_empty(&mut self) -> bool {
        self.arrived.try_recv().is_err()
    }
}
