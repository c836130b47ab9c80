//! Which connection a request goes out on.
//!
//! A server may close a connection after its answer without a word, and a request that is on its
//! way by then is lost. A GET can be sent again; a POST cannot, because it may have been carried
//! out. So what changes something gets a connection of its own, until the target has shown that it
//! keeps connections open.
//!
//! A server that serves one connection at a time looks at no other before that one is closed. So
//! none is idle while another is opened.

use std::sync::atomic::{AtomicBool, AtomicU16, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use hyper_util::client::legacy::connect::HttpInfo;
use reqwest::{Client, ClientBuilder, Error, Response};

/// How long a connection may have been idle and is still used. Servers close theirs after two
/// seconds and more (gunicorn, then Node and uvicorn with five), and a request that crosses with
/// that is lost.
const LONGEST_IDLE: Duration = Duration::from_millis(1500);

/// The clients for one target.
pub(super) struct Pools {
    builder: Box<dyn Fn() -> ClientBuilder + Send + Sync>,
    /// Keeps its connections for the next request. Dropping it closes them.
    kept: Mutex<Kept>,
    /// Opens a connection for each request, and closes it after the answer.
    fresh: Client,
    /// The local port of the last answer on a connection that was to be kept; 0 before the first.
    last_port: AtomicU16,
    /// Whether a second answer came over such a connection.
    proven: AtomicBool,
}

struct Kept {
    client: Client,
    /// Whether it may have connections.
    used: bool,
}

impl Pools {
    /// Makes the clients. No connection is opened yet.
    pub(super) fn new(
        builder: impl Fn() -> ClientBuilder + Send + Sync + 'static,
    ) -> Result<Self, Error> {
        let builder = Box::new(move || builder().pool_idle_timeout(LONGEST_IDLE));
        Ok(Self {
            kept: Mutex::new(Kept { client: builder().build()?, used: false }),
            fresh: builder().pool_max_idle_per_host(0).build()?,
            last_port: AtomicU16::new(0),
            proven: AtomicBool::new(false),
            builder,
        })
    }

    /// The client for a request that is `safe` to be sent twice, or not.
    pub(super) fn get(&self, safe: bool) -> Result<Client, Error> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if safe || self.proven.load(Ordering::Relaxed) {
            kept.used = true;
            return Ok(kept.client.clone());
        }
        if std::mem::take(&mut kept.used) {
            // What is in flight there ends in peace, and its connection is closed then.
            kept.client = (self.builder)().build()?;
        }
        Ok(self.fresh.clone())
    }

    /// Learns from an answer how the target treats connections. Fresh ones have ports that never
    /// come twice in a row.
    pub(super) fn learn(&self, answer: &Response) {
        let Some(info) = answer.extensions().get::<HttpInfo>() else { return };
        let port = info.local_addr().port();
        if self.last_port.swap(port, Ordering::Relaxed) == port {
            self.proven.store(true, Ordering::Relaxed);
        }
    }
}

impl std::fmt::Debug for Pools {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Pools").field("proven", &self.proven).finish_non_exhaustive()
    }
}
