//! A place to read webhooks from, and what was made at the API for it.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::endpoint::{self, Endpoint};
use super::{Subscriber, organization};
use crate::event::{EventSource, LeftBehind};
use crate::http::Client;
use crate::secret::Secret;
use crate::webhook::receive::{Listener, Receiver, delivery_log, stream};
use crate::webhook::{Inbox, Refused};

/// A source that was set up.
#[derive(Debug)]
pub struct Source {
    /// What the report calls it.
    pub kind: EventSource,
    receiver: Receiver,
    endpoint: Option<Endpoint>,
    left_behind: Option<LeftBehind>,
}

impl Subscriber<'_> {
    /// Listens on `address` and has the API send its webhooks there, by way of `public_url` where a
    /// tunnel leads here.
    pub async fn listen(
        &self,
        address: SocketAddr,
        public_url: Option<&str>,
        notices: impl Fn(String) + Send + Sync + 'static,
    ) -> Result<Source, Refused> {
        // The API tells the secret in an answer that may come after the first delivery.
        let (known, secret) = watch::channel(None);
        let path = Some(format!("/{}", uuid::Uuid::new_v4().simple()));
        let facts = &self.provider.webhook;
        let listener = Listener::open(address, path, facts, secret, notices).await?;
        let endpoint = Endpoint::create(self, &listener.url(public_url), self.types).await?;
        known.send_replace(Some(endpoint.secret.clone()));
        Ok(Source::new(EventSource::Listener, listener.receiver, Some(endpoint)))
    }

    /// Listens on `address` to what the API sends to an endpoint that exists already, at `path`
    /// where that is known. Asks nothing of the API.
    pub async fn listen_for(
        &self,
        address: SocketAddr,
        path: Option<String>,
        secret: &Secret,
        notices: impl Fn(String) + Send + Sync + 'static,
    ) -> Result<Source, Refused> {
        let (_, secret) = watch::channel(Some(secret.clone()));
        let facts = &self.provider.webhook;
        let listener = Listener::open(address, path, facts, secret, notices).await?;
        Ok(Source::new(EventSource::Listener, listener.receiver, None))
    }

    /// Makes an endpoint that no server answers, and reads what the API logs as sent to it.
    pub async fn read_log(
        &self,
        notices: impl Fn(String) + Send + Sync + 'static,
    ) -> Result<Source, Refused> {
        let &Self { client, provider, types, .. } = self;
        let endpoint = Endpoint::create(self, &endpoint::unserved(), types).await?;
        match delivery_log::open(client, provider, endpoint.id(), types, notices).await {
            Ok(log) => Ok(Source::new(EventSource::Deliveries, log, Some(endpoint))),
            Err(refused) => {
                let left_behind = endpoint.remove(client).await;
                Err(Refused { left_behind, ..refused })
            }
        }
    }

    /// Reads the event stream of the token's organization, unless `stop` comes first.
    pub async fn read_stream(
        &self,
        stop: &CancellationToken,
        notices: impl Fn(String) + Send + Sync + 'static,
    ) -> Result<Source, Refused> {
        let &Self { client, provider, types, .. } = self;
        let found = organization::find(self, stop).await?;
        let opened = tokio::select! {
            // It makes nothing at the API, so it need not be waited for.
            () = stop.cancelled() => Err(Refused::interrupted()),
            stream = stream::open(client, provider, &found.id, types, notices) => stream,
        };
        let left_behind = found.left_behind;
        match opened {
            Ok(stream) => {
                Ok(Source { left_behind, ..Source::new(EventSource::Stream, stream, None) })
            }
            Err(refused) => Err(Refused { left_behind, ..refused }),
        }
    }
}

impl Source {
    fn new(kind: EventSource, receiver: Receiver, endpoint: Option<Endpoint>) -> Self {
        Self { kind, receiver, endpoint, left_behind: None }
    }

    /// What arrives.
    #[must_use]
    pub fn inbox(&self) -> Arc<Inbox> {
        self.receiver.inbox.clone()
    }

    /// The request that removes its endpoint, if it has one.
    #[must_use]
    pub fn removal(&self) -> Option<String> {
        self.endpoint.as_ref().map(Endpoint::removal)
    }

    /// Takes it down; says what stays at the API.
    pub async fn close(self, client: &Client) -> Option<LeftBehind> {
        // A listener stays until nothing is sent any more, so that no delivery meets a closed port.
        // The others stop reading first: their source ends with the endpoint.
        let listener = (self.kind == EventSource::Listener).then_some(self.receiver);
        let left_behind = match self.endpoint {
            Some(endpoint) => endpoint.remove(client).await,
            None => self.left_behind,
        };
        drop(listener);
        left_behind
    }
}
