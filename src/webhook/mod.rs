//! Webhooks: how they are signed (`signature`), and what went wrong where that does not verify (`slips`,
//! with `rewritten` bodies, and `foreign` schemes), what arrived and who waits for it (`inbox`,
//! `shelf`, `delivery`, `sight`), the endpoint that the API sends them to (`endpoint`), and one file for each
//! place where they can be read (`listener`, with its `door` and its `intake`; `stream`; `deliveries`, with
//! its `pages` and its `pace`; any of them is a `source`).

pub mod deliveries;
pub mod delivery;
mod door;
pub mod endpoint;
mod foreign;
pub mod inbox;
mod intake;
pub mod listener;
pub mod organization;
mod pace;
mod pages;
mod refused;
mod rewritten;
mod shelf;
pub mod sight;
pub mod signature;
mod slips;
pub mod source;
pub mod sse;
pub mod stream;

pub use delivery::{Delivery, Problem, Standing};
pub use inbox::Inbox;
pub use refused::{Refused, RulesOut};
pub use source::Source;
