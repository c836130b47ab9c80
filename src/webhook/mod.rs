//! Webhooks: how they are signed (`signature`), and what went wrong where that does not verify (`slips`,
//! with `rewritten` bodies, and `foreign` schemes), what arrived and who waits for it (`inbox`,
//! `bucket`, `delivery`, `coverage`), the endpoint that the API sends them to (`endpoint`), and one file for each
//! place where they can be read (`listener`, with its `door` and its `intake`; `stream`; `deliveries`, with
//! its `pages` and its `pace`; any of them is a `source`).

pub mod coverage;
pub mod delivery;
mod delivery_store;
pub mod endpoint;
mod foreign;
pub mod inbox;
pub mod organization;
pub mod receive;
mod refused;
mod rewritten;
pub mod signature;
mod slips;

pub use delivery::{Delivery, RejectReason, Verification};
pub use inbox::Inbox;
pub use receive::Source;
pub use refused::{Refused, RulesOut};
