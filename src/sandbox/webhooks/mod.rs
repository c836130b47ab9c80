//! Webhooks: endpoints, the outbox, sending with retries, the delivery log.
//!
//! A change puts its events into the outbox in its own transaction. The [`Dispatcher`] makes
//! webhooks of them, one for each endpoint that is subscribed, and sends them: a customer is
//! rendered then, not when it changed, as on the real API.

mod attempt;
mod client;
mod deliveries;
mod dispatcher;
mod endpoints;
mod outbox;
mod outcome;
mod queues;
mod retry;
mod stream;

pub(crate) use client::Client;
pub(crate) use deliveries::{list as list_deliveries, redeliver};
pub(crate) use dispatcher::Dispatcher;
pub use endpoints::{OwnEndpoint, SHORTEST_SECRET};
pub(crate) use endpoints::{
    count_enabled, create as create_endpoint, delete as delete_endpoint, get as get_endpoint,
    list_endpoints, provide, reset_secret, update as update_endpoint,
};
pub(crate) use outbox::{Subject, make_webhooks, put_into_outbox};
pub use retry::Retries;
pub(crate) use stream::{Stream, listen};
