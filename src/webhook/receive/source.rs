//! A place to read webhooks from, whichever it is.

use std::sync::Arc;

use super::delivery_log::DeliveryLog;
use super::listener::Listener;
use super::stream::Stream;
use crate::event::{EventSource, LeftBehind};
use crate::http::Client;
use crate::webhook::Inbox;

/// A source that was set up.
#[derive(Debug)]
pub enum Source {
    /// A local listener behind a webhook endpoint of this run.
    Listener(Listener),
    /// The API's server-sent events.
    Stream(Stream),
    /// The API's delivery log.
    Deliveries(DeliveryLog),
}

impl Source {
    /// What the report calls it.
    #[must_use]
    pub fn kind(&self) -> EventSource {
        match self {
            Self::Listener(_) => EventSource::Listener,
            Self::Stream(_) => EventSource::Stream,
            Self::Deliveries(_) => EventSource::Deliveries,
        }
    }

    /// What arrives.
    #[must_use]
    pub fn inbox(&self) -> Arc<Inbox> {
        match self {
            Self::Listener(listener) => listener.inbox.clone(),
            Self::Stream(stream) => stream.inbox.clone(),
            Self::Deliveries(deliveries) => deliveries.inbox.clone(),
        }
    }

    /// The request that removes what it made at the API, if it made anything.
    #[must_use]
    pub fn removal(&self) -> Option<String> {
        match self {
            Self::Listener(listener) => Some(listener.removal()),
            Self::Stream(_) => None,
            Self::Deliveries(deliveries) => Some(deliveries.removal()),
        }
    }

    /// Takes it down; says what stays at the API.
    pub async fn close(self, client: &Client) -> Option<LeftBehind> {
        match self {
            Self::Listener(listener) => listener.close(client).await,
            Self::Stream(stream) => stream.close(),
            Self::Deliveries(deliveries) => deliveries.close(client).await,
        }
    }
}
