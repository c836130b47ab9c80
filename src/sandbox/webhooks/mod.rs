//! Webhooks: endpoints, what happened and is owed to them, sending with retries, the log.
//!
//! A request notes in its own transaction what happened ([`happen`]). The [`Pump`] makes webhooks
//! of that, one for each endpoint that wants it, and sends them: a customer is rendered then, not
//! when it changed, as on the real API.

mod attempt;
mod client;
mod deliveries;
mod endpoints;
mod happened;
mod lanes;
mod outcome;
mod pump;
mod retry;
mod stream;

pub(crate) use client::Client;
pub(crate) use deliveries::{list as list_deliveries, redeliver};
pub(crate) use endpoints::{
    count_enabled, create as create_endpoint, delete as delete_endpoint, get as get_endpoint,
    list as list_endpoints, reset_secret, update as update_endpoint,
};
pub(crate) use happened::{Happened, happen};
pub(crate) use pump::Pump;
pub use retry::Retries;
pub(crate) use stream::{Stream, listen};
