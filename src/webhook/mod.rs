//! Webhooks: how they are signed, what arrived, and where they are read.

pub mod signature;
pub mod types;
