//! Subscribing at a provider's API: an `endpoint` that deliveries go to, and the `organization`
//! that has the stream. A `source` is a place to receive webhooks together with what it needs at
//! the API; receiving itself (`receive`) knows bytes and signatures only.

mod endpoint;
mod organization;
mod source;

use std::collections::BTreeSet;

pub use endpoint::run_of;
pub use source::Source;

use crate::http::Client;
use crate::provider::Provider;
use crate::secret::Redactor;

/// What it takes to subscribe for one run.
#[derive(Debug, Clone, Copy)]
pub struct Subscriber<'a> {
    /// Sends the requests.
    pub client: &'a Client,
    /// The facts about the API.
    pub provider: &'static Provider,
    /// The event types that the run waits for.
    pub types: &'a BTreeSet<String>,
    /// Marks what is made.
    pub run_id: &'a str,
    /// Learns the secrets that the API answers with.
    pub redactor: &'a Redactor,
}
