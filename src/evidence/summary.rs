//! What passed between, as reports have it.

use std::sync::Arc;
use std::time::Instant;

use crate::event::{Body, EventSummary, Headers, RequestSummary, ResponseSummary};
use crate::http::{Client, Request, Response};
use crate::webhook::{Delivery, RejectReason};

/// What stands for a value that is secret whatever it is called.
const HIDDEN: &str = "(redacted)";

/// A request as `client` sends it, with its headers and its body where it is kept `whole`: then
/// what stands for the client's token is this variable, which people set to it.
#[must_use]
pub fn request(
    client: &Client,
    request: &Request,
    whole: Option<&'static str>,
    attempts: u32,
) -> RequestSummary {
    let url = client.base().join(&request.path).map_or_else(|| request.path.clone(), String::from);
    let method = request.method.clone();
    let Some(variable) = whole else {
        let headers = Headers::default();
        return RequestSummary { method, url, attempts, headers, body: None, token: None };
    };
    let token = client.sends_token(request).then_some(variable);
    let headers = client.headers(request);
    let headers = headers.iter().map(|(name, value)| {
        let value = match token {
            Some(variable) if name == "authorization" => format!("Bearer ${variable}"),
            _ if value.is_sensitive() => HIDDEN.to_owned(),
            _ => String::from_utf8_lossy(value.as_bytes()).into_owned(),
        };
        (name.as_str().to_owned(), value)
    });
    let (headers, body) = (Headers(headers.collect()), request.body.as_deref().map(Body::of));
    RequestSummary { method, url, attempts, headers, body, token }
}

/// A response as it came, with its headers and its body where it is kept `whole`.
#[must_use]
pub fn response(response: &Response, whole: bool) -> ResponseSummary {
    let status = response.status;
    if !whole {
        return ResponseSummary { status, headers: Headers::default(), body: Body::default() };
    }
    let headers = Headers(response.headers.clone());
    ResponseSummary { status, headers, body: Body::of(&response.body) }
}

/// What the times of a webhook are counted from.
#[derive(Debug, Clone, Copy)]
pub struct Times {
    /// The beginning of the run.
    pub run: Instant,
    /// The end of the last request before the wait.
    pub wait: Instant,
}

/// What a delivery's signature came to.
#[must_use]
pub fn signature(delivery: &Delivery) -> &'static str {
    match &delivery.verification {
        Ok(verification) => verification.as_str(),
        Err(reason) => reason.as_str(),
    }
}

/// A webhook as it arrived, with its headers and its payload where it is kept `whole`.
#[must_use]
pub fn event(delivery: &Delivery, since: Times, whole: bool) -> EventSummary {
    let (headers, payload) = if whole {
        (Headers(delivery.headers.clone()), Body::of(&delivery.body()))
    } else {
        (Headers::default(), Body::default())
    };
    EventSummary {
        webhook_id: delivery.id.clone(),
        event_type: delivery.event_type.clone(),
        signature: signature(delivery),
        at: delivery.arrived.saturating_duration_since(since.run),
        waited: delivery.arrived.saturating_duration_since(since.wait),
        headers,
        payload,
    }
}

/// How many deliveries are kept that did not decide a step.
const MOST_ARRIVED: usize = 3;

/// Of `deliveries`, those to look at where none decided a step: what would have fitted first, then
/// others of the type, then what cannot be read.
#[must_use]
pub fn arrived(
    deliveries: &[Arc<Delivery>],
    event_type: &str,
    since: Times,
    fits: impl Fn(&Delivery) -> bool,
) -> Vec<EventSummary> {
    let rank = |delivery: &Delivery| match &delivery.verification {
        Err(_) if fits(delivery) => Some(0),
        Ok(_) if fits(delivery) => Some(1),
        _ if delivery.event_type == event_type => Some(2),
        Err(RejectReason::Malformed(_)) if delivery.event_type.is_empty() => Some(3),
        _ => None,
    };
    let mut ranked: Vec<_> =
        deliveries.iter().filter_map(|delivery| Some((rank(delivery)?, delivery))).collect();
    ranked.sort_by_key(|(rank, _)| *rank);
    ranked
        .into_iter()
        .take(MOST_ARRIVED)
        .map(|(_, delivery)| event(delivery, since, true))
        .collect()
}
