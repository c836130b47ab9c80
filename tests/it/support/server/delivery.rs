//! Webhooks: what is sent, how it is signed, when it goes out.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use serde_json::{Value, json};
use sha2::Sha256;
use uuid::Uuid;

/// When a delivery goes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// Before the request that caused it is answered.
    Before,
    /// Right after the answer.
    After,
    /// Once the customer has been read back.
    AfterRead,
    /// Once the run takes down its endpoint: whatever waited has given up.
    AtTheEnd,
}

/// How the key is made from the secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    Standard,
    Legacy,
}

/// One delivery before it is signed and sent.
#[derive(Debug, Clone)]
pub struct Delivery {
    pub when: When,
    pub method: &'static str,
    /// The endpoint's URL.
    pub url: String,
    /// The endpoint's id.
    pub endpoint: String,
    pub secret: String,
    pub key: Key,
    pub id: String,
    pub timestamp: String,
    pub body: Vec<u8>,
    /// What is signed, where that is not the body.
    pub signed: Option<Vec<u8>>,
    /// In place of headers of the same name; an empty value leaves the header out.
    pub headers: Vec<(&'static str, String)>,
    pub chunked: bool,
    /// Whether the connection stays open for ever.
    pub kept_alive: bool,
}

impl Delivery {
    pub fn new(endpoint: &Value, event: &str, data: &Value) -> Self {
        let now = Timestamp::now();
        let text = |key: &str| endpoint[key].as_str().unwrap_or_default().to_owned();
        Self {
            when: When::After,
            method: "POST",
            url: text("url"),
            endpoint: text("id"),
            secret: text("secret"),
            key: Key::Standard,
            id: Uuid::new_v4().to_string(),
            timestamp: now.as_second().to_string(),
            body: json!({ "type": event, "timestamp": now.to_string(), "data": data })
                .to_string()
                .into_bytes(),
            signed: None,
            headers: Vec::new(),
            chunked: false,
            kept_alive: false,
        }
    }

    pub fn when(mut self, when: When) -> Self {
        self.when = when;
        self
    }

    /// Changes the payload before it is signed.
    pub fn edit(mut self, change: impl FnOnce(&mut Value)) -> Self {
        let mut payload = serde_json::from_slice(&self.body).unwrap_or_default();
        change(&mut payload);
        self.body = payload.to_string().into_bytes();
        self
    }

    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// Sets a header, or leaves it out where `value` is empty.
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// `seconds` from now; negative is the past.
    pub fn sent(mut self, seconds: i64) -> Self {
        self.timestamp = (Timestamp::now().as_second() + seconds).to_string();
        self
    }

    /// The same event under another id, for the customer `id`.
    pub fn of_stranger(self) -> Self {
        Self { id: Uuid::new_v4().to_string(), ..self }.edit(|payload| {
            payload["data"]["id"] = json!(Uuid::new_v4());
            payload["data"]["external_id"] = json!("stranger");
            payload["data"]["email"] = json!("stranger@example.com");
        })
    }

    /// `v1,…` over what is signed.
    pub fn signature(&self) -> String {
        let key = match self.key {
            Key::Standard => STANDARD
                .decode(self.secret.trim_start_matches("whsec_"))
                .expect("a standard secret"),
            Key::Legacy => self.secret.clone().into_bytes(),
        };
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).expect("any key will do");
        mac.update(format!("{}.{}.", self.id, self.timestamp).as_bytes());
        mac.update(self.signed.as_deref().unwrap_or(&self.body));
        format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
    }

    /// What the API's log says of an attempt that nobody answered.
    pub fn attempt(&self) -> Value {
        let payload: Value = serde_json::from_slice(&self.body).unwrap_or_default();
        json!({
            "id": Uuid::new_v4(), "created_at": Timestamp::now().to_string(),
            "endpoint_id": self.endpoint, "succeeded": false, "http_code": null,
            "webhook_event": { "id": self.id, "type": payload["type"],
            "payload": payload.to_string() },
        })
    }

    /// What the event stream says of it.
    pub fn message(&self) -> Value {
        let headers = json!({
            "webhook-id": self.id, "webhook-timestamp": self.timestamp,
            "webhook-signature": self.signature(),
        });
        let payload = String::from_utf8_lossy(&self.body);
        let payload = json!({ "webhook_event_id": self.id, "payload": payload });
        json!({ "key": "webhook.created", "payload": payload, "headers": headers })
    }

    /// Sends it and reads the status of the answer. A listener that is gone is no matter.
    pub fn send(&self) -> io::Result<String> {
        let (_, rest) = self.url.split_once("://").unwrap_or(("", &self.url));
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        let mut stream = TcpStream::connect(host)?;
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        let mut headers = vec![
            ("host", host.to_owned()),
            ("content-type", "application/json".to_owned()),
            ("webhook-id", self.id.clone()),
            ("webhook-timestamp", self.timestamp.clone()),
            ("webhook-signature", self.signature()),
            ("connection", if self.kept_alive { "keep-alive" } else { "close" }.to_owned()),
        ];
        for (name, value) in &self.headers {
            headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
            headers.push((name, value.clone()));
        }
        let framing = if self.chunked {
            ("transfer-encoding", "chunked".to_owned())
        } else {
            ("content-length", self.body.len().to_string())
        };
        headers.push(framing);
        let mut head = format!("{} /{path} HTTP/1.1\r\n", self.method);
        for (name, value) in headers.iter().filter(|(_, value)| !value.is_empty()) {
            head.extend([*name, ": ", value, "\r\n"]);
        }
        let mut bytes = (head + "\r\n").into_bytes();
        if self.chunked {
            bytes.extend(format!("{:x}\r\n", self.body.len()).into_bytes());
        }
        bytes.extend(&self.body);
        if self.chunked {
            bytes.extend(b"\r\n0\r\n\r\n");
        }
        // A listener that has heard enough may close before it has read everything.
        let _ = stream.write_all(&bytes);
        let mut answer = String::new();
        if self.kept_alive {
            BufReader::new(stream.try_clone()?).read_line(&mut answer)?;
            std::mem::forget(stream);
        } else {
            stream.read_to_string(&mut answer)?;
        }
        Ok(answer.split(' ').nth(1).unwrap_or_default().to_owned())
    }
}
