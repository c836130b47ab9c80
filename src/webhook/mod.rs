//! Webhooks: how they are signed (`signature`), what arrived and who waits for it (`inbox`,
//! `delivery`), the endpoint that the API sends them to (`endpoint`), and one file for each place
//! where they can be read (`listener`).

pub mod delivery;
pub mod endpoint;
pub mod inbox;
pub mod listener;
pub mod signature;
pub mod types;

pub use delivery::{Delivery, Problem, Standing};
pub use inbox::Inbox;
