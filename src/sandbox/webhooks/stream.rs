//! `GET /v1/cli/listen/{organization_id}`: all webhooks as server-sent events, whatever endpoints
//! there are, signed the legacy way with the organization's id as the secret (measured).

use std::convert::Infallible;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use futures_util::stream::unfold;
use serde_json::json;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::broadcast::{Receiver, Sender, channel};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::provider::POLAR;
use crate::sandbox::clock::{iso, wall};
use crate::sandbox::http::{ApiError, Call, json_text};
use crate::secret::Secret;
use crate::webhook::signature::{Scheme, sign};

/// Backlog of a slow client; older messages are lost to it.
const BACKLOG: usize = 1024;
const PING: Duration = Duration::from_secs(15);

/// A webhook's payload on its way to the stream.
pub(crate) struct Message {
    pub(super) payload: String,
}

/// Where the stream's readers get their messages.
pub(crate) struct Stream {
    secret: Secret,
    messages: Sender<Bytes>,
}

impl Stream {
    /// The stream of an organization.
    pub(crate) fn new(organization: Uuid) -> Self {
        Self {
            secret: Secret::new(organization.simple().to_string()),
            messages: channel(BACKLOG).0,
        }
    }

    /// Whether a client is connected.
    pub(crate) fn is_listened_to(&self) -> bool {
        self.messages.receiver_count() > 0
    }

    pub(crate) fn publish(&self, message: &Message) {
        let id = Uuid::new_v4();
        let timestamp = wall() / 1_000_000;
        let signature = sign(
            &POLAR.webhook,
            &self.secret,
            Scheme::Legacy,
            &id.to_string(),
            timestamp,
            message.payload.as_bytes(),
        );
        let event = json!({
            "id": Uuid::new_v4(),
            "key": "webhook.created",
            "payload": {"webhook_event_id": id, "payload": message.payload},
            "headers": {
                "user-agent": "polar.sh webhooks",
                "content-type": "application/json",
                "webhook-id": id,
                "webhook-timestamp": timestamp.to_string(),
                "webhook-signature": signature,
            },
        });
        // Fails only when the last client left meanwhile.
        let _ = self.messages.send(Bytes::from(format!("data: {event}\n\n")));
    }
}

/// Opens the stream.
pub(crate) async fn listen(call: Call) -> Result<Response, ApiError> {
    let id = call.only_id("organization_id")?;
    let app = call.app;
    if id != app.organization.id {
        return Err(ApiError::MISSING);
    }
    let receiver = app.stream.messages.subscribe();
    let connected = json!({
        "key": "connected",
        "ts": iso(app.clock.now()).replace('T', " ").replace('Z', "+00:00"),
        "secret": app.stream.secret.expose(),
    });
    let reader = Connection {
        first: Some(Bytes::from(format!("data: {connected}\n\n"))),
        receiver,
        closing: app.closing.clone(),
    };
    let events = unfold(reader, |mut reader| async move {
        let chunk = reader.next().await?;
        Some((Ok::<_, Infallible>(chunk), reader))
    });
    let mut response = json_text(StatusCode::OK, Body::from_stream(events));
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream; charset=utf-8"));
    Ok(response)
}

struct Connection {
    first: Option<Bytes>,
    receiver: Receiver<Bytes>,
    closing: CancellationToken,
}

impl Connection {
    /// The next thing to send; nothing once the sandbox stops.
    async fn next(&mut self) -> Option<Bytes> {
        if let Some(first) = self.first.take() {
            return Some(first);
        }
        loop {
            let received = tokio::select! {
                () = self.closing.cancelled() => return None,
                received = timeout(PING, self.receiver.recv()) => received,
            };
            match received {
                Ok(Ok(message)) => return Some(message),
                Ok(Err(RecvError::Lagged(_))) => {}
                Ok(Err(RecvError::Closed)) => return None,
                Err(_) => return Some(Bytes::from_static(b": ping\n\n")),
            }
        }
    }
}
