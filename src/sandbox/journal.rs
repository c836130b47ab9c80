//! What was asked and what was delivered: the last thousand of each for the control routes, and
//! everything as it happens for watchers.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::body::Bytes;
use axum::http::uri::PathAndQuery;
use axum::http::{Method, StatusCode, Uri};
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::sync::broadcast::{Receiver, Sender, channel};
use url::Url;
use uuid::Uuid;

use super::advice::Advice;
use super::clock::{Micros, iso};
use super::http::is_loopback_name;
use crate::secret::{Redactor, Secret};

const KEPT: usize = 1000;
/// So much of a body is kept.
const BODY: usize = 1024;

/// So much of a webhook's answer is kept.
const ANSWER: usize = 200;
/// Backlog of a slow watcher; older activities are lost to it.
const BACKLOG: usize = 1024;

/// Something that the sandbox did, as it happened. It holds no secrets: no headers, no bodies,
/// no token out of a path, and of a webhook's address only what is not secret by custom.
#[derive(Debug, Clone)]
pub enum Activity {
    /// A request was answered.
    Request {
        /// Its method.
        method: Method,
        /// Its path and query.
        target: String,
        /// The status of the answer.
        status: StatusCode,
        /// How long the answer took.
        took: Duration,
    },
    /// A webhook was sent.
    Delivery {
        /// Its type.
        kind: String,
        /// Where to.
        to: String,
        /// Which attempt this was, from 1.
        attempt: u32,
        /// The status that came back, or why there is none.
        outcome: Result<u16, String>,
        /// How long the answer took.
        took: Duration,
    },
    /// An app did something that breaks in production.
    Advice(Advice),
}

/// An attempt to deliver a webhook, and what came of it.
pub(crate) struct Attempt<'a> {
    pub(crate) at: Micros,
    pub(crate) kind: &'a str,
    pub(crate) webhook: Uuid,
    pub(crate) endpoint: Uuid,
    pub(crate) url: &'a str,
    pub(crate) number: u32,
    pub(crate) status: Option<u16>,
    pub(crate) answer: &'a str,
    pub(crate) payload: &'a str,
    pub(crate) started: Instant,
}

/// The two lists, and those who watch.
pub(crate) struct Journal {
    requests: Mutex<VecDeque<Request>>,
    deliveries: Mutex<VecDeque<Value>>,
    activities: Sender<Activity>,
    secrets: Redactor,
}

impl Default for Journal {
    fn default() -> Self {
        Self {
            requests: Mutex::default(),
            deliveries: Mutex::default(),
            activities: channel(BACKLOG).0,
            secrets: Redactor::default(),
        }
    }
}

#[derive(Debug)]
struct Request {
    at: Micros,
    method: Method,
    uri: Uri,
    body: Box<[u8]>,
    status: StatusCode,
    duration_ms: f64,
}

impl Journal {
    /// Everything that happens from now on.
    pub(crate) fn watch(&self) -> Receiver<Activity> {
        self.activities.subscribe()
    }

    /// Whether anything watches.
    pub(crate) fn is_watched(&self) -> bool {
        self.activities.receiver_count() > 0
    }

    /// Keeps a token out of what is shown of requests from now on, wherever in them it stands.
    pub(crate) fn hide(&self, token: &str) {
        self.secrets.learn(&Secret::new(token));
    }

    /// Notes a request; its headers, and the token with them, are not kept.
    pub(crate) fn request(
        &self,
        method: &Method,
        uri: &Uri,
        body: &Bytes,
        status: StatusCode,
        started: Instant,
    ) {
        if self.is_watched() {
            let target = uri.path_and_query().map_or("", PathAndQuery::as_str);
            self.tell(Activity::Request {
                method: method.clone(),
                target: self.secrets.redact(target).into_owned(),
                status,
                took: started.elapsed(),
            });
        }
        let entry = Request {
            at: Timestamp::now().as_microsecond(),
            method: method.clone(),
            uri: uri.clone(),
            body: body.get(..BODY).unwrap_or(body).into(),
            status,
            duration_ms: started.elapsed().as_secs_f64() * 1000.0,
        };
        push(&self.requests, entry);
    }

    /// Notes an attempt to deliver a webhook.
    pub(crate) fn delivery(&self, attempt: &Attempt<'_>) {
        let took = attempt.started.elapsed();
        if self.is_watched() {
            self.tell(Activity::Delivery {
                kind: attempt.kind.to_owned(),
                to: without_secrets(attempt.url),
                attempt: attempt.number,
                outcome: attempt.status.ok_or_else(|| attempt.answer.to_owned()),
                took,
            });
        }
        let entry = json!({
            "at": iso(attempt.at),
            "type": attempt.kind,
            "webhook_id": attempt.webhook,
            "endpoint_id": attempt.endpoint,
            "url": attempt.url,
            "attempt": attempt.number,
            "http_code": attempt.status,
            "response": attempt.answer.chars().take(ANSWER).collect::<String>(),
            "duration_ms": took.as_secs_f64() * 1000.0,
            "payload": attempt.payload,
        });
        push(&self.deliveries, entry);
    }

    /// Notes what an app would regret.
    pub(crate) fn advise(&self, advice: Advice) {
        if self.is_watched() {
            self.tell(Activity::Advice(advice));
        }
    }

    fn tell(&self, activity: Activity) {
        // Fails only when the last watcher left meanwhile.
        let _ = self.activities.send(activity);
    }

    /// The requests, oldest first.
    pub(crate) fn requests(&self) -> Vec<Value> {
        let requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        requests
            .iter()
            .map(|entry| {
                json!({
                    "at": iso(entry.at),
                    "method": entry.method.as_str(),
                    "path": entry.uri.path(),
                    "query": entry.uri.query(),
                    "body": String::from_utf8_lossy(&entry.body),
                    "status": entry.status.as_u16(),
                    "duration_ms": entry.duration_ms,
                })
            })
            .collect()
    }

    /// The deliveries, oldest first.
    pub(crate) fn deliveries(&self) -> Vec<Value> {
        self.deliveries.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}

/// Where a webhook goes, as far as it may be shown: the path is often the only secret of an address
/// outside of this machine, and the query and the user info are everywhere.
fn without_secrets(url: &str) -> String {
    let Ok(url) = Url::parse(url) else { return String::new() };
    let origin = url.origin().ascii_serialization();
    match url.host_str() {
        Some(host) if is_loopback_name(host) => format!("{origin}{}", url.path()),
        _ => origin,
    }
}

fn push<T>(list: &Mutex<VecDeque<T>>, entry: T) {
    let mut list = list.lock().unwrap_or_else(PoisonError::into_inner);
    if list.len() == KEPT {
        list.pop_front();
    }
    list.push_back(entry);
}
