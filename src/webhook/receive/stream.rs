//! The stream: the API's own server-sent events. It carries every webhook of an organization,
//! whatever endpoints there are, signed with the secret that stands in its first message. (Measured
//! on Polar: that secret is the organization's id without its dashes, which is no secret; so it
//! proves that the bytes came whole, and nothing about who sent them beyond the connection they
//! came over.)

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use reqwest::header::{ACCEPT, ACCEPT_ENCODING, CACHE_CONTROL, HeaderValue};
use serde_json::Value as Json;

use super::Receiver;
use super::sse::{Message, Parser};

use crate::http::{Client, Failure, FailureKind, MAX_BODY, Request, Streaming, encode, json};
use crate::provider::Provider;
use crate::secret::Secret;
use crate::webhook::inbox::TOO_MANY;
use crate::webhook::refused::{Need, Refused, RulesOut};
use crate::webhook::{Delivery, Inbox};

/// By how much a network may delay a sign of life.
const DELAY: Duration = Duration::from_secs(2);

/// The first pause before it is opened again; it doubles up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// A connection that held for so long was no failed attempt.
const HELD: Duration = Duration::from_secs(10);

/// What the reader needs to open the stream again, and to judge what comes.
struct StreamReader<F> {
    client: Client,
    provider: &'static Provider,
    need: Need,
    request: Request,
    types: BTreeSet<String>,
    inbox: Arc<Inbox>,
    notices: F,
}

/// One connection, past its first message.
struct Connection {
    streaming: Streaming,
    parser: Parser,
    secret: Secret,
    /// What came along with the first message.
    ahead: Vec<Message>,
    since: Instant,
}

/// Opens the stream of an organization and keeps it open, for the deliveries of `types`. Ready
/// when it returns.
pub async fn open(
    client: &Client,
    provider: &'static Provider,
    organization: &str,
    types: &BTreeSet<String>,
    notices: impl Fn(String) + Send + Sync + 'static,
) -> Result<Receiver, Refused> {
    let path = provider.stream.path;
    let mut request = Request::new("GET", format!("{path}{}", encode(organization)), None);
    let named = format!("GET {path}{{{}}}", provider.organizations.reference);
    // Compressed, events would come in blocks.
    let headers =
        [(ACCEPT, "text/event-stream"), (CACHE_CONTROL, "no-store"), (ACCEPT_ENCODING, "identity")];
    request.headers.extend(headers.map(|(name, value)| (name, HeaderValue::from_static(value))));
    let inbox = Arc::new(Inbox::default());
    let reader = StreamReader {
        client: client.clone(),
        provider,
        need: Need { request: named, to: "read the event stream" },
        request,
        types: types.clone(),
        inbox: inbox.clone(),
        notices,
    };
    let connection = reader.connect().await?;
    Ok(Receiver::spawn(inbox, reader.run(connection)))
}

impl<F: Fn(String)> StreamReader<F> {
    /// Opens a connection and reads its first message.
    async fn connect(&self) -> Result<Connection, Refused> {
        let need = &self.need;
        let opened = self.client.open(&self.request).await;
        let streaming = opened.map_err(|failure| match failure.kind {
            // Something on the way may hold back what does not end.
            FailureKind::TimedOut => {
                Refused { rules_out: RulesOut::Nothing, ..Refused::failure(need, &failure) }
            }
            _ => Refused::failure(need, &failure),
        })?;
        if streaming.head.status != 200 {
            return Err(Refused::answer(need, &streaming.head));
        }
        let content_type = streaming.head.header("content-type").unwrap_or("nothing");
        if !content_type
            .split(';')
            .next()
            .unwrap_or_default()
            .trim()
            .eq_ignore_ascii_case("text/event-stream")
        {
            return Err(Refused::because(format!(
                "{} is not an event stream, but {content_type}",
                need.request
            )));
        }
        if streaming
            .head
            .header("content-encoding")
            .is_some_and(|name| !name.eq_ignore_ascii_case("identity"))
        {
            return Err(Refused::because(format!(
                "{} is compressed, so that events would come late",
                need.request
            )));
        }
        let limit = self.client.timeout();
        let late = |_| {
            Refused::because(format!("the stream's first message did not come within {limit:?}"))
        };
        tokio::time::timeout(limit, self.first_message(streaming)).await.map_err(late)?
    }

    /// Reads up to the first message, which has to bring the secret: only then do webhooks come.
    async fn first_message(&self, mut streaming: Streaming) -> Result<Connection, Refused> {
        let mut parser = Parser::new(MAX_BODY);
        loop {
            // The caller's limit on the first message is shorter.
            let piece = streaming.next(self.idle()).await;
            let piece = piece.map_err(|failure| Refused::because(failure.detail))?;
            let ended = || Refused::because("the event stream ended before its first message");
            let mut messages = parser.push(&piece.ok_or_else(ended)?).into_iter();
            let Some(first) = messages.next() else { continue };
            let Message::Data(data) = first else {
                return Err(Refused::because("the stream's first message is too large"));
            };
            let secret = secret(self.provider, &data)?;
            let ahead = messages.collect();
            return Ok(Connection { streaming, parser, secret, ahead, since: Instant::now() });
        }
    }

    /// How long nothing may come before the stream counts as dead: two signs of life are overdue.
    fn idle(&self) -> Duration {
        Duration::from_secs(2 * self.provider.stream.heartbeat_seconds) + DELAY
    }

    /// Reads on for as long as the run goes on, over as many connections as it takes.
    async fn run(self, mut connection: Connection) {
        let mut pause = FIRST_PAUSE;
        loop {
            let why = self.read(&mut connection).await;
            (self.notices)(format!(
                "the event stream broke off ({why}) and is opened again; what was sent in between \
                 is lost"
            ));
            self.inbox.coverage.lose(format!(
                "the event stream broke off ({why}), and what was sent in between is lost"
            ));
            if connection.since.elapsed() >= HELD {
                pause = FIRST_PAUSE;
            }
            connection = loop {
                tokio::time::sleep(pause).await;
                pause = pause.saturating_mul(2).min(LONGEST_PAUSE);
                match self.connect().await {
                    Ok(connection) => break connection,
                    Err(refused) => {
                        (self.notices)(format!(
                            "the event stream cannot be opened again: {}",
                            refused.why
                        ));
                    }
                }
            };
            self.inbox.coverage.regain(false);
        }
    }

    /// Reads one connection to its end; says why it ended.
    async fn read(&self, connection: &mut Connection) -> String {
        let mut messages = std::mem::take(&mut connection.ahead);
        loop {
            for message in messages {
                self.take(message, &connection.secret);
            }
            // Until it ends nothing else comes, and then it is dropped.
            if connection.parser.overflows() {
                self.inbox.coverage.miss(format!("a message of the event stream {}", too_large()));
            }
            messages = match connection.streaming.next(self.idle()).await {
                Ok(Some(piece)) => connection.parser.push(&piece),
                Ok(None) => return "the API ended it".to_owned(),
                Err(Failure { detail, .. }) => return detail,
            };
        }
    }

    /// Takes one message, where it is a webhook that is waited for.
    fn take(&self, message: Message, secret: &Secret) {
        let delivery = match message {
            Message::TooLarge => Err(too_large()),
            Message::Data(data) => {
                delivery(self.provider, &data, secret, jiff::Timestamp::now().as_second())
            }
        };
        match delivery {
            // It may have been one that is waited for.
            Err(fault) => {
                let why = format!("a message of the event stream {fault} and was dropped");
                (self.notices)(why.clone());
                self.inbox.coverage.miss(why);
            }
            // One whose type cannot be read may be one that is waited for.
            Ok(Some(delivery))
                if delivery.event_type.is_empty() || self.types.contains(&delivery.event_type) =>
            {
                if !self.inbox.push(delivery) {
                    (self.notices)(TOO_MANY.to_owned());
                }
            }
            Ok(_) => {}
        }
    }
}

/// What is wrong with a message that is not kept.
fn too_large() -> String {
    format!("is over {} MiB", MAX_BODY / 1024 / 1024)
}

/// The secret that a stream's first message brings.
fn secret(provider: &Provider, data: &str) -> Result<Secret, Refused> {
    let facts = &provider.stream;
    let first = json::parse(data.as_bytes()).unwrap_or_default();
    let secret = first[facts.secret].as_str().filter(|secret| !secret.is_empty());
    secret.filter(|_| first[facts.kind] == facts.connected).map(Secret::new).ok_or_else(|| {
        let connected = facts.connected;
        Refused::because(format!("the stream's first message is not `{connected}` with a secret"))
    })
}

/// The delivery that a message holds: none where it is of another kind, and a fragment that says
/// what is wrong where it cannot be read. `now` is in Unix seconds.
fn delivery(
    provider: &'static Provider,
    data: &str,
    secret: &Secret,
    now: i64,
) -> Result<Option<Delivery>, String> {
    let facts = &provider.stream;
    let message = json::parse(data.as_bytes()).map_err(|error| format!("is {error}"))?;
    if message[facts.kind] != facts.webhook {
        return Ok(None);
    }
    let payload = facts.payload.iter().fold(&message, |value, key| &value[*key]);
    let payload = payload.as_str().ok_or("has no payload")?;
    let text = |value: &Json| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let headers = message[facts.headers].as_object().into_iter().flatten();
    let headers = headers.map(|(name, value)| (name.to_lowercase(), text(value))).collect();
    Ok(Some(Delivery::read(&provider.webhook, headers, payload.as_bytes(), secret, now)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::provider::POLAR;
    use crate::provider::made_up::ACME;
    use crate::webhook::signature::{Rejection, Scheme, sign};
    use crate::webhook::{RejectReason, Verification};

    const NOW: i64 = 1_795_316_622;

    #[test]
    fn what_the_real_api_streamed_is_read_and_verified() {
        let recorded = include_bytes!("../../../tests/fixtures/recorded-stream.txt");
        let mut parser = Parser::new(MAX_BODY);
        let messages: Vec<_> = recorded.chunks(7).flat_map(|piece| parser.push(piece)).collect();
        let secret = Secret::new("f640744413cf45ff9b689b352f474ca0");
        let read = messages.iter().filter_map(|message| match message {
            Message::Data(data) => delivery(&POLAR, data, &secret, NOW).unwrap(),
            Message::TooLarge => panic!("a message was too large"),
        });
        let read: Vec<_> =
            read.map(|delivery| (delivery.event_type, delivery.verification)).collect();
        let types = ["member.created", "customer.created", "customer.state_changed"];
        assert_eq!(
            read,
            types.map(|name| (name.to_owned(), Ok(Verification::Signed(Scheme::Legacy))))
        );
    }

    #[test]
    fn a_message_is_judged_by_the_secret_of_its_stream() {
        let secret = Secret::new("f640744413cf45ff9b689b352f474ca0");
        let payload = r#"{"type":"customer.created","data":{}}"#;
        let signature =
            sign(&POLAR.webhook, &secret, Scheme::Legacy, "evt_1", NOW, payload.as_bytes());
        let message = json!({
            "key": "webhook.created",
            "payload": { "payload": payload },
            "headers": {
                "Webhook-Id": "evt_1", "webhook-timestamp": NOW, "webhook-signature": signature,
            },
        });
        let read = delivery(&POLAR, &message.to_string(), &secret, NOW).unwrap().unwrap();
        assert_eq!(
            (read.id.as_str(), read.verification),
            ("evt_1", Ok(Verification::Signed(Scheme::Legacy)))
        );
        let other =
            delivery(&POLAR, &message.to_string(), &Secret::new("another"), NOW).unwrap().unwrap();
        assert_eq!(other.verification, Err(RejectReason::Signature(Rejection::BadSignature, None)));
    }

    #[test]
    fn messages_are_read_by_the_provider_s_own_names() {
        let hello = r#"{"kind":"hello","signing_key":"s3cret"}"#;
        assert_eq!(secret(&ACME, hello).unwrap().expose(), "s3cret");
        let why = secret(&ACME, r#"{"key":"connected","secret":"s3cret"}"#).unwrap_err().why;
        assert_eq!(why, "the stream's first message is not `hello` with a secret");
        let message = json!({
            "kind": "message",
            "message": { "text": r#"{"what":"person.added","person":{}}"# },
            "head": { "Acme-Id": "m_1" },
        });
        let read = delivery(&ACME, &message.to_string(), &Secret::new("x"), NOW).unwrap().unwrap();
        assert_eq!((read.id.as_str(), read.event_type.as_str()), ("m_1", "person.added"));
    }

    #[test]
    fn what_is_no_webhook_is_passed_over_and_what_cannot_be_read_is_said() {
        let read = |text: &str| {
            delivery(&POLAR, text, &Secret::new("x"), NOW).map(|found| found.is_some())
        };
        assert_eq!(read(r#"{"key":"connected"}"#), Ok(false));
        assert_eq!(read("[]"), Ok(false));
        assert!(read("{").unwrap_err().contains("not JSON"));
        assert_eq!(
            read(r#"{"key":"webhook.created","payload":{"payload":{}}}"#),
            Err("has no payload".to_owned())
        );
        assert_eq!(read(r#"{"key":"webhook.created","payload":{"payload":""}}"#), Ok(true));
    }
}
