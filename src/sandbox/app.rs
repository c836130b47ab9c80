//! What all requests share.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use rusqlite::Connection;
use tokio_util::sync::CancellationToken;

use super::clock::{Clock, Micros};
use super::fault::{Fault, Faults, Occasion};
use super::http::{ApiError, Limiter, Token};
use super::jobs::Lag;
use super::journal::Journal;
use super::options::Options;
use super::organizations::Organization;
use super::serve::Error;
use super::store::Store;
use super::time;
use super::webhooks::{Client, Dispatcher, Retries, Stream, count_enabled, provide};

/// The sandbox, without its port.
pub(crate) struct App {
    pub(super) store: Store,
    pub(super) clock: Clock,
    pub(super) organization: Organization,
    pub(super) tokens: Vec<Token>,
    pub(super) hosts: Vec<String>,
    pub(super) limiter: Option<Limiter>,
    pub(super) faults: Faults,
    pub(super) journal: Journal,
    pub(super) dispatcher: Dispatcher,
    pub(super) client: Client,
    pub(super) stream: Stream,
    pub(super) retries: Retries,
    pub(super) legacy_secrets: bool,
    /// How far what follows a change lags behind it.
    pub(super) lag: Lag,
    /// Cancelled when the sandbox stops: streams end, sending ends.
    pub(super) closing: CancellationToken,
    endpoints: AtomicU32,
    /// The origin that buyers reach the sandbox at, once it listens.
    pub(super) base_url: OnceLock<String>,
}

impl App {
    pub(super) async fn new(options: Options) -> Result<Self, Error> {
        let store = Store::open(options.data.as_deref())?;
        let clock = Clock::default();
        // The wall clock may have been set back since a file was written.
        clock.pass(store.read(latest)?);
        clock.set_ahead(store.read(time::ahead)?);
        let now = clock.now();
        let organization =
            store.write(move |connection| Organization::load_or_create(connection, now)).await?;
        let app = Self {
            stream: Stream::new(organization.id),
            organization,
            clock,
            tokens: options.tokens,
            hosts: options.hosts,
            limiter: options.rate_limit.map(Limiter::new),
            faults: Faults::new(options.faults),
            journal: Journal::default(),
            dispatcher: Dispatcher::default(),
            client: Client::default(),
            retries: options.retries,
            legacy_secrets: options.legacy_secrets,
            lag: Lag::default(),
            closing: CancellationToken::new(),
            endpoints: AtomicU32::new(0),
            base_url: OnceLock::new(),
            store,
        };
        app.tokens.iter().for_each(|token| app.journal.hide(token.expose()));
        for endpoint in options.endpoints {
            provide(&app, endpoint).await?;
        }
        app.recount_endpoints()?;
        Ok(app)
    }

    /// Whether events have a receiver.
    pub(super) fn events_wanted(&self) -> bool {
        self.endpoints.load(Ordering::Relaxed) > 0 || self.stream.is_listened_to()
    }

    /// Has events sent: soon, or before this returns where that fault is armed.
    pub(super) async fn announce(&self) {
        self.dispatcher.wake();
        if self.faults.fires(Fault::WebhookEarly, Occasion::Any).is_some() {
            self.dispatcher.settled(self).await;
        }
    }

    /// Call after endpoints were added, removed, enabled or disabled.
    pub(super) fn recount_endpoints(&self) -> Result<(), ApiError> {
        let count = self.store.read(count_enabled)?;
        self.endpoints.store(count, Ordering::Relaxed);
        Ok(())
    }

    /// When webhooks about what happens now are due.
    pub(super) fn due(&self, now: Micros) -> Micros {
        let late = self.faults.armed(Fault::WebhookLate).unwrap_or_default();
        now.saturating_add(i64::try_from(late.as_micros()).unwrap_or(i64::MAX))
    }
}

/// The latest time in the state.
fn latest(connection: &Connection) -> Result<Micros, ApiError> {
    let latest: Option<Micros> = connection.query_row(
        "SELECT max(at) FROM (SELECT max(at) AS at FROM event
         UNION ALL SELECT max(created_at) FROM webhook
         UNION ALL SELECT max(created_at) FROM customer)",
        [],
        |row| row.get(0),
    )?;
    Ok(latest.unwrap_or_default())
}
