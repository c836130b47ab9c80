//! What the checker knows about a billing provider, as data.
//!
//! A [`Provider`] is a value that is handed in: plan, engine, diagnose, webhooks and clean-up read
//! paths, field names, event types and hints from it and never name one provider themselves. Each
//! provider has a folder of its own here; [`POLAR`] is the only one today.
//!
//! | file | facts |
//! |---|---|
//! | `access` | what webhooks say about access |
//! | `body` | the keys of request bodies, and what people write in their place |
//! | `customer` | where a customer's fields stand, and the requests that make, find and remove one |
//! | `webhook` | event types, header names, the payload's layout |
//! | `source` | endpoints, the delivery log, the event stream |
//! | `sandbox` | the control paths of this program's imitation |
//! | `target` | how a live API shows itself, rate limits, tokens |
//! | `hints` | what to try, where the advice is about this provider |
//! | `pitfall` | what is seen to break in the code of apps |

mod access;
mod body;
mod customer;
mod hints;
#[cfg(test)]
pub(crate) mod made_up;
mod pitfall;
pub mod polar;
mod sandbox;
mod source;
mod target;
mod webhook;

pub use access::Access;
pub use body::{Bodies, Fields};
pub use customer::Customer;
pub use hints::{AppHints, Hints};
pub use pitfall::{Language, Look, Part, Pitfall};
pub use polar::POLAR;
pub use sandbox::Sandbox;
pub use source::{DeliveryLog, Endpoint, Listing, Organizations, Stream};
pub use target::{Live, Token};
pub use webhook::{Payload, Values, Webhook};

/// Everything the checker knows about one provider.
#[derive(Debug, Clone, Copy)]
pub struct Provider {
    /// What files call it.
    pub name: &'static str,
    /// What every path begins with; ends in a slash.
    pub root: &'static str,
    /// Customers.
    pub customer: Customer,
    /// Request bodies.
    pub bodies: Bodies,
    /// How lists are paged.
    pub listing: Listing,
    /// Webhooks as they arrive.
    pub webhook: Webhook,
    /// What webhooks say about access.
    pub access: Access,
    /// Webhook endpoints.
    pub endpoint: Endpoint,
    /// The list of webhook deliveries, with their payloads.
    pub delivery_log: DeliveryLog,
    /// The stream of webhooks as server-sent events.
    pub stream: Stream,
    /// The organizations that a token belongs to.
    pub organizations: Organizations,
    /// What this program's own imitation has beside the API.
    pub sandbox: Sandbox,
    /// Telling a live API from a sandbox.
    pub live: Live,
    /// What a request authenticates with.
    pub token: Token,
    /// Advice that is about this provider.
    pub hints: Hints,
    /// What is seen to break in the code of apps.
    pub pitfalls: &'static [Pitfall],
}
