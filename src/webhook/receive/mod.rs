//! Receiving webhooks: one file for each place where they can be read. It knows bytes and signatures;
//! what has to be made at an API for it is made in `subscribe`.
//!
//! The `listener` is a small server (`server` accepts connections, `body_limit` bounds what is read);
//! the `stream` reads server-sent events (`sse` parses them); the `delivery_log` asks at intervals
//! (`poll_interval`) and reads what is new off its `pages`.

mod body_limit;
mod delivery_log;
mod listener;
mod pages;
mod poll_interval;
mod server;
pub mod sse;
mod stream;

pub use delivery_log::DeliveryLog;
pub use listener::Listener;
pub use stream::Stream;
