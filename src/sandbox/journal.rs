//! What was asked and what was delivered, the last thousand of each, for the control routes.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use axum::body::Bytes;
use axum::http::{Method, StatusCode, Uri};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::clock::{Micros, iso};

const KEPT: usize = 1000;
/// So much of a body is kept.
const BODY: usize = 1024;

/// The two lists.
#[derive(Debug, Default)]
pub(crate) struct Journal {
    requests: Mutex<VecDeque<Request>>,
    deliveries: Mutex<VecDeque<Value>>,
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
    /// Notes a request; its headers, and the token with them, are not kept.
    pub(crate) fn request(&self, method: &Method, uri: &Uri, body: &Bytes, status: StatusCode, started: Instant) {
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
    pub(crate) fn delivery(&self, entry: Value) {
        push(&self.deliveries, entry);
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

fn push<T>(list: &Mutex<VecDeque<T>>, entry: T) {
    let mut list = list.lock().unwrap_or_else(PoisonError::into_inner);
    if list.len() == KEPT {
        list.pop_front();
    }
    list.push_back(entry);
}
