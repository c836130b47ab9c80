//! Which connection a request goes out on.
//!
//! A server may close a connection after its answer without a word, and a request that is on its way
//! by then is lost. A GET can be sent again; a POST cannot, because it may have been carried out. So
//! what changes something gets a connection of its own, until the target has shown that it keeps
//! connections open.

use std::sync::atomic::{AtomicBool, AtomicU16, Ordering};

use hyper_util::client::legacy::connect::HttpInfo;
use reqwest::{Client, ClientBuilder, Error, Method, Response};

/// Two clients for one target.
#[derive(Debug)]
pub(super) struct Pools {
    kept: Client,
    fresh: Client,
    /// The local port of the last answer on a connection that was to be kept; 0 before the first.
    last_port: AtomicU16,
    /// Whether a second answer came over such a connection.
    proven: AtomicBool,
}

impl Pools {
    /// Makes both clients. No connection is opened yet.
    pub(super) fn new(builder: impl Fn() -> ClientBuilder) -> Result<Self, Error> {
        Ok(Self {
            kept: builder().build()?,
            fresh: builder().pool_max_idle_per_host(0).build()?,
            last_port: AtomicU16::new(0),
            proven: AtomicBool::new(false),
        })
    }

    /// The client for a request with `method`.
    pub(super) fn get(&self, method: &Method) -> &Client {
        if method.is_safe() || self.proven.load(Ordering::Relaxed) { &self.kept } else { &self.fresh }
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
