//! The listener's door: takes connections in, and keeps those who only stand in it from blocking it.
//!
//! Whoever can reach the port can open connections by the thousand and send nothing. So there are only
//! so many at once, the oldest that has not shown the listener's path makes room for a new one, and a
//! request head has a limit in size and time.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, JoinSet};
use tower::{ServiceExt as _, service_fn};

/// Connections at once. A target sends one delivery after the other, or a few side by side.
const MAX_CONNECTIONS: usize = 128;

/// How long a request head may take, and a connection may lie idle.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);

/// The largest request head, in bytes.
const MAX_HEAD: usize = 64 * 1024;

/// The pause after a connection that could not be accepted, for want of file descriptors say.
const PAUSE: Duration = Duration::from_millis(50);

/// Marks a request's connection as one of somebody who knows the path.
#[derive(Debug, Clone, Default)]
pub(super) struct Known(Arc<AtomicBool>);

impl Known {
    /// From now on it does not make room for others.
    pub(super) fn mark(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// A connection that is open.
struct Guest {
    task: AbortHandle,
    known: Known,
}

/// Serves `router` on `socket` for as long as it is polled. Requests carry [`Known`].
pub(super) async fn serve(socket: TcpListener, router: Router) -> Infallible {
    // Dropped with this future, which ends every connection.
    let mut tasks = JoinSet::new();
    let mut guests: Vec<Guest> = Vec::new();
    loop {
        let Ok((stream, _)) = socket.accept().await else {
            tokio::time::sleep(PAUSE).await;
            continue;
        };
        while tasks.try_join_next().is_some() {}
        guests.retain(|guest| !guest.task.is_finished());
        if guests.len() >= MAX_CONNECTIONS {
            let oldest = guests.iter().position(|guest| !guest.known.0.load(Ordering::Relaxed)).unwrap_or_default();
            guests.remove(oldest).task.abort();
        }
        let known = Known::default();
        let task = tasks.spawn(connection(stream, router.clone(), known.clone()));
        guests.push(Guest { task, known });
    }
}

async fn connection(stream: TcpStream, router: Router, known: Known) {
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(known.clone());
        router.clone().oneshot(request.map(Body::new))
    });
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT).max_buf_size(MAX_HEAD);
    // What goes wrong on one connection is its sender's trouble.
    let _ = builder.serve_connection(TokioIo::new(stream), TowerToHyperService::new(service)).await;
}
