//! Receiving webhooks: one file for each place where they can be read. A `source` is any of them.
//!
//! The `listener` is a small server (`server` accepts connections, `body_limit` bounds what is read);
//! the `stream` reads server-sent events (`sse` parses them); the `delivery_log` asks at intervals
//! (`poll_interval`) and reads what is new off its `pages`.

mod body_limit;
pub mod delivery_log;
pub mod listener;
mod pages;
mod poll_interval;
mod server;
mod source;
pub mod sse;
pub mod stream;

pub use source::Source;
