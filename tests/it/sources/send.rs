//! What the server sends when a customer is created, wherever somebody may read it.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use axum::body::Bytes;
use serde_json::{Value as Json, json};
use standardwebhooks::Webhook;
use tokio::sync::mpsc::UnboundedSender;

use crate::sources::server::{Ends, STREAM_SECRET, Sends, Shared, Style, now};

impl Shared {
    /// Sends `customer.created` wherever somebody may read it.
    pub(crate) fn announce(&self, customer: &Json) {
        let behaviour = &self.behaviour;
        if behaviour.sends == Sends::Nothing {
            return;
        }
        let mut data = customer.clone();
        if behaviour.sends == Sends::Unmapped {
            data["external_id"] = Json::Null;
        }
        let payload =
            json!({ "type": "customer.created", "timestamp": now(), "data": data }).to_string();
        let event = uuid::Uuid::new_v4().to_string();
        let endpoints: Vec<_> = self.lock().endpoints.values().cloned().collect();
        for endpoint in endpoints {
            let url = endpoint["url"].as_str().unwrap();
            let wants = endpoint["events"]
                .as_array()
                .unwrap()
                .iter()
                .any(|name| name == "customer.created");
            if !wants || endpoint["enabled"] != true {
                continue;
            }
            if let Some(rest) = url.strip_prefix("http://") {
                deliver(
                    rest,
                    &event,
                    &payload,
                    &self.sign(endpoint["secret"].as_str().unwrap(), &event, &payload),
                );
                continue;
            }
            let id = endpoint["id"].as_str().unwrap();
            let mut store = self.lock();
            // The log of another endpoint holds the same, without the user.
            let stranger =
                json!({ "type": "customer.created", "data": { "id": data["id"] } }).to_string();
            store.log.push(row("another", "stranger", &stranger));
            // Two attempts of it, and then whatever else happened.
            store.log.extend([row(id, &event, &payload), row(id, &event, &payload)]);
            store.log.extend((0..behaviour.noise).map(|_| noise(id)));
        }
        let message = json!({
            "id": "x", "key": "webhook.created",
            "payload": { "webhook_event_id": event, "payload": payload },
            "headers": self.sign(STREAM_SECRET, &event, &payload),
        });
        let other = json!({ "type": "customer.updated", "data": data }).to_string();
        let unwanted = json!({
            "key": "webhook.created", "payload": { "payload": other },
            "headers": self.sign(STREAM_SECRET, "unwanted", &other),
        });
        let mut store = self.lock();
        match behaviour.ends {
            _ if store.readers.is_empty() => {}
            Ends::Never => {
                for message in [unwanted, message] {
                    store
                        .readers
                        .iter()
                        .for_each(|reader| write(reader, behaviour.stream, &message.to_string()));
                }
            }
            Ends::BeforeTheEvent => {
                store.unsent.push_back(message.to_string());
                store.readers.clear();
            }
            Ends::WithTheEvent => store.readers.clear(),
        }
    }

    fn sign(&self, secret: &str, event: &str, payload: &str) -> Json {
        let key = if self.behaviour.sends == Sends::WrongKey { "another" } else { secret };
        let at = jiff::Timestamp::now().as_second();
        let signature =
            Webhook::from_bytes(key.into()).unwrap().sign(event, at, payload.as_bytes()).unwrap();
        json!({ "webhook-id": event, "webhook-timestamp": at.to_string(), "webhook-signature": signature })
    }
}

/// A row of another customer.
pub(crate) fn noise(endpoint: &str) -> Json {
    let other =
        json!({ "type": "customer.created", "data": { "id": uuid::Uuid::new_v4() } }).to_string();
    row(endpoint, &uuid::Uuid::new_v4().to_string(), &other)
}

fn row(endpoint: &str, event: &str, payload: &str) -> Json {
    json!({
        "id": uuid::Uuid::new_v4(), "created_at": now(), "succeeded": false, "http_code": null,
        "response": "[Errno -2] Name or service not known", "endpoint": endpoint,
        "webhook_event": { "id": event, "payload": payload, "type": "customer.created", "succeeded": null },
    })
}

/// Posts to a listener, by hand.
fn deliver(rest: &str, event: &str, payload: &str, headers: &Json) {
    let (host, path) = rest.split_once('/').unwrap();
    let mut socket = TcpStream::connect(host).unwrap();
    let lines = headers
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, value)| format!("{name}: {}\r\n", value.as_str().unwrap()));
    let headers = lines.collect::<Vec<_>>().concat();
    let length = payload.len();
    write!(socket, "POST /{path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n{payload}")
        .unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 2"), "{event}: {answer}");
}

/// Writes a message as an event.
pub(crate) fn write(reader: &UnboundedSender<Bytes>, style: Style, message: &str) {
    if style != Style::Odd {
        let _ = reader.send(format!("data: {message}\n\n").into());
        return;
    }
    // JSON may hold line breaks between its parts.
    let lines = message.replacen("{\"", "{\r\ndata:\"", 1);
    let event = format!(": ping\r\n\r\nevent: message\r\nid: 7\r\ndata: {lines}\r\n\r\n:");
    for byte in event.bytes() {
        let _ = reader.send(Bytes::copy_from_slice(&[byte]));
    }
    let _ = reader.send("\r\n\r\n".into());
}
