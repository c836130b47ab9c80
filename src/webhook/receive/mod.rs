//! Receiving webhooks: one file for each place where they can be read. It knows bytes and
//! signatures; what has to be made at an API for it is made in `subscribe`.
//!
//! The `listener` is a small server (`server` accepts connections, `body_limit` bounds what is
//! read); the `stream` reads server-sent events (`sse` parses them); the `delivery_log` asks at
//! intervals (`poll_interval`) and reads what is new off its `pages`.

mod body_limit;
pub mod delivery_log;
mod listener;
mod pages;
mod poll_interval;
mod server;
pub mod sse;
pub mod stream;

use std::sync::Arc;

use tokio_util::task::AbortOnDropHandle;

pub use listener::Listener;

use super::Inbox;

/// A place where webhooks arrive, for as long as it is held.
#[derive(Debug)]
pub struct Receiver {
    /// What arrives.
    pub inbox: Arc<Inbox>,
    _task: AbortOnDropHandle<()>,
}

impl Receiver {
    fn spawn(inbox: Arc<Inbox>, task: impl Future<Output = ()> + Send + 'static) -> Self {
        Self { inbox, _task: AbortOnDropHandle::new(tokio::spawn(task)) }
    }
}
