//! Webhooks: how they are signed (`signature`), and what went wrong where that does not verify
//! (`slips`, with `rewritten` bodies, and `foreign` schemes); what arrived and which steps wait for
//! it (`inbox`, `delivery_store`, `delivery`, `coverage`); the places where they are read
//! (`receive`), and what is made at the API for that (`subscribe`), with why either may be
//! `refused`.

pub mod coverage;
pub mod delivery;
mod delivery_store;
mod foreign;
pub mod inbox;
pub mod receive;
mod refused;
mod rewritten;
pub mod signature;
mod slips;
pub mod subscribe;

pub use delivery::{Delivery, RejectReason, Verification};
pub use inbox::Inbox;
pub use refused::{Refused, RulesOut};
