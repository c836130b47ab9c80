//! What passed between, as reports have it.

use std::time::Instant;

use crate::event::{Body, EventSummary, Headers, RequestSummary, ResponseSummary};
use crate::http::{Client, Request, Response};
use crate::webhook::{Delivery, RejectReason};

/// What stands for a value that is secret whatever it is called.
const HIDDEN: &str = "(redacted)";

/// A request as `client` sends it. What stands for the client's token is `variable`, which people
/// set to it.
#[must_use]
pub fn request(
    client: &Client,
    request: &Request,
    variable: &'static str,
    attempts: u32,
) -> RequestSummary {
    let url = client.base().join(&request.path).map_or_else(|| request.path.clone(), String::from);
    let with_token = client.sends_token(request);
    let headers = client.headers(request);
    let headers = headers.iter().map(|(name, value)| {
        let value = if with_token && name == "authorization" {
            format!("Bearer ${variable}")
        } else if value.is_sensitive() {
            HIDDEN.to_owned()
        } else {
            String::from_utf8_lossy(value.as_bytes()).into_owned()
        };
        (name.as_str().to_owned(), value)
    });
    RequestSummary {
        method: request.method.clone(),
        url,
        attempts,
        headers: Headers(headers.collect()),
        body: request.body.as_deref().map(Body::of),
        token: with_token.then_some(variable),
    }
}

/// A response as it came.
#[must_use]
pub fn response(response: &Response) -> ResponseSummary {
    let headers = Headers(response.headers.clone());
    ResponseSummary { status: response.status, headers, body: Body::of(&response.body) }
}

/// A webhook as it arrived, for a wait that counts from `since`.
#[must_use]
pub fn event(delivery: &Delivery, since: Instant) -> EventSummary {
    let signature = match &delivery.verification {
        Ok(verification) => verification.as_str(),
        Err(reason) => reason.as_str(),
    };
    EventSummary {
        webhook_id: delivery.id.clone(),
        event_type: delivery.event_type.clone(),
        signature,
        waited: delivery.arrived.saturating_duration_since(since),
        headers: Headers(delivery.headers.clone()),
        payload: Body::of(&delivery.body()),
    }
}

/// How many deliveries are kept that did not decide a step.
const MOST_ARRIVED: usize = 3;

/// Of `deliveries`, those to look at where none decided a step: what would have fitted first, then
/// others of the type, then what cannot be read.
#[must_use]
pub fn arrived(
    deliveries: &[std::sync::Arc<Delivery>],
    event_type: &str,
    since: Instant,
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
    ranked.into_iter().take(MOST_ARRIVED).map(|(_, delivery)| event(delivery, since)).collect()
}
