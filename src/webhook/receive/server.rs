//! Accept loop with a connection cap; evicts the oldest client that has not shown the path.
//!
//! Written here because a client that reaches the port can open thousands of connections and send
//! nothing. A request head has a limit in size and time as well. What is dropped may have been a
//! delivery, so it is reported.

use std::convert::Infallible;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
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

/// Marks a request's connection as that of a client that knows the path.
#[derive(Debug, Clone, Default)]
pub(super) struct Known(Arc<AtomicBool>);

impl Known {
    /// Keeps it from being evicted first.
    pub(super) fn mark(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// A connection that is open.
struct OpenConnection {
    task: AbortHandle,
    known: Known,
}

/// A connection's bytes, and whether some came since its last request.
struct Heard {
    stream: TcpStream,
    more: Arc<AtomicBool>,
}

/// Serves `router` on `socket` for as long as it is polled. Requests carry [`Known`]. `dropped` is
/// called with what was dropped and may have been a delivery.
pub(super) async fn serve<D>(socket: TcpListener, router: Router, dropped: D) -> Infallible
where
    D: Fn(String) + Clone + Send + 'static,
{
    // Dropped with this future, which ends every connection.
    let mut tasks = JoinSet::new();
    let mut open: Vec<OpenConnection> = Vec::new();
    loop {
        let stream = match socket.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                dropped(format!("the listener could not take a connection ({error})"));
                tokio::time::sleep(PAUSE).await;
                continue;
            }
        };
        while tasks.try_join_next().is_some() {}
        open.retain(|connection| !connection.task.is_finished());
        if open.len() >= MAX_CONNECTIONS {
            let oldest = open
                .iter()
                .position(|connection| !connection.known.0.load(Ordering::Relaxed))
                .unwrap_or_default();
            open.remove(oldest).task.abort();
            dropped(format!(
                "more than {MAX_CONNECTIONS} connections were open to the listener, and some were \
                 closed"
            ));
        }
        let known = Known::default();
        let task = tasks.spawn(connection(stream, router.clone(), known.clone(), dropped.clone()));
        open.push(OpenConnection { task, known });
    }
}

async fn connection(stream: TcpStream, router: Router, known: Known, dropped: impl Fn(String)) {
    let more = Arc::new(AtomicBool::new(false));
    let heard = more.clone();
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(known.clone());
        let (router, heard) = (router.clone(), heard.clone());
        async move {
            let response = router.oneshot(request.map(Body::new)).await;
            // What came since then was its body.
            heard.store(false, Ordering::Relaxed);
            response
        }
    });
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT).max_buf_size(MAX_HEAD);
    let stream = TokioIo::new(Heard { stream, more: more.clone() });
    // A failed connection concerns its sender alone, unless it was about to be a request.
    let Err(error) = builder.serve_connection(stream, TowerToHyperService::new(service)).await
    else {
        return;
    };
    let why = match error {
        error if error.is_timeout() => format!("not complete after {} s", HEAD_TIMEOUT.as_secs()),
        error if error.is_parse_too_large() => format!("over {} KiB", MAX_HEAD / 1024),
        error if error.is_incomplete_message() => "cut short".to_owned(),
        _ => return,
    };
    if more.load(Ordering::Relaxed) {
        dropped(format!("the head of a request to the listener was {why}, and was dropped"));
    }
}

impl AsyncRead for Heard {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buffer.filled().len();
        let read = ready!(Pin::new(&mut this.stream).poll_read(context, buffer));
        if buffer.filled().len() > before {
            this.more.store(true, Ordering::Relaxed);
        }
        Poll::Ready(read)
    }
}

impl AsyncWrite for Heard {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write(context, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(context)
    }
}
