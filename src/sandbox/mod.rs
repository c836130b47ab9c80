//! The stateful sandbox: imitates the Polar API, as it was measured, down to its error bodies.
//!
//! [`start`] serves it on a listener that the caller bound. A request goes through `http` (guards,
//! authentication, the shape of answers) to one of the resources (`customers`, `members`,
//! `webhooks`, `event_log`, `organizations`), which reads its body with `validate` and keeps its
//! state in `store`. A change is a `transaction`, and the events it emits become webhooks in
//! `webhooks`. `fault` and `control` are what the real one does not have. Nothing outside this
//! folder knows what is in it, and it knows nothing of the rest but signatures and secrets.

mod advice;
mod app;
mod benefits;
mod checkouts;
mod clock;
mod control;
mod customers;
mod discounts;
mod event_log;
mod fault;
mod http;
mod index;
mod jobs;
mod journal;
mod members;
mod meters;
mod options;
mod orders;
mod organizations;
mod portal;
mod products;
mod record;
mod routes;
mod seed;
mod serve;
mod store;
mod subscriptions;
mod time;
mod transaction;
mod validate;
mod webhooks;

pub use advice::Advice;
pub(crate) use app::App;
pub use fault::{Arming, Fault, FaultError};
pub use http::{RateLimit, RateLimitError, Token, TokenError};
pub use journal::Activity;
pub use options::Options;
pub use serve::{Error, Handle, start};
pub use store::OpenError;
pub use webhooks::{OwnEndpoint, Retries, SHORTEST_SECRET};
