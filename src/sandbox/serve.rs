//! Starting and stopping.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::serve::ListenerExt as _;
use tokio::net::TcpListener;
use tokio::sync::broadcast::Receiver;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::app::App;
use super::http::{ApiError, front};
use super::journal::Activity;
use super::options::Options;
use super::routes::routes;
use super::seed;
use super::store::OpenError;
use super::webhooks::Dispatcher;

/// Why the sandbox could not be started.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The state could not be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// What is in the state could not be read.
    #[error("cannot read the sandbox's state: {0}")]
    State(String),
    /// The seed was refused.
    #[error("cannot seed the sandbox: {0}")]
    Seed(String),
    /// The listener has no address.
    #[error("cannot listen: {0}")]
    Listen(#[from] io::Error),
}

impl From<ApiError> for Error {
    fn from(error: ApiError) -> Self {
        Self::State(format!("{error:?}"))
    }
}

/// How long requests that are under way may take when the sandbox stops.
const GRACE: Duration = Duration::from_secs(5);

/// A running sandbox. Dropping it leaves it running until the runtime ends; [`Handle::stop`]
/// ends it.
pub struct Handle {
    address: SocketAddr,
    app: Arc<App>,
    server: JoinHandle<()>,
    dispatcher: JoinHandle<()>,
}

/// Serves the sandbox on `listener`, on the current tokio runtime.
pub async fn start(listener: TcpListener, options: Options) -> Result<Handle, Error> {
    let address = listener.local_addr()?;
    let seed = options.seed.clone();
    let app = Arc::new(App::new(options).await?);
    let host = if address.ip().is_loopback() && address.is_ipv6() { "[::1]" } else { "127.0.0.1" };
    let _ = app.base_url.set(format!("http://{host}:{}", address.port()));
    let routes = routes().with_state(Arc::clone(&app));
    if let Some(seed) = seed {
        seed::plant(&routes, &seed).await.map_err(Error::Seed)?;
    }
    let dispatcher = tokio::spawn(Dispatcher::run(Arc::clone(&app), app.closing.clone()));
    let server = tokio::spawn(serve(listener, router(Arc::clone(&app)), app.closing.clone()));
    Ok(Handle { address, app, server, dispatcher })
}

impl Handle {
    /// Where it listens.
    #[must_use]
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// The URL at which this machine reaches it, without a slash at its end.
    #[must_use]
    pub fn base_url(&self) -> &str {
        self.app.base_url.get().map_or("", String::as_str)
    }

    /// What the sandbox does from now on, as it happens. A watcher that is slow loses the oldest.
    #[must_use]
    pub fn watch(&self) -> Receiver<Activity> {
        self.app.journal.watch()
    }

    /// Takes no more connections, answers the requests that are under way, and lets the state go.
    pub async fn stop(mut self) {
        self.app.closing.cancel();
        if tokio::time::timeout(GRACE, &mut self.server).await.is_err() {
            self.server.abort();
        }
        let _ = self.dispatcher.await;
        self.app.store.close().await;
    }
}

/// The sandbox as a service that needs no port.
fn router(app: Arc<App>) -> Router {
    let inner = routes().with_state(Arc::clone(&app));
    Router::new().fallback(move |request: Request| front(app, inner, request))
}

/// Serves until `closing`.
async fn serve(listener: TcpListener, router: Router, closing: CancellationToken) {
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    // `axum::serve` handles errors of single connections itself and ends with the shutdown only.
    // A stream's events are small, and would otherwise wait for an acknowledgement of the last.
    let listener = listener.tap_io(|socket| drop(socket.set_nodelay(true)));
    let _ = axum::serve(listener, service).with_graceful_shutdown(closing.cancelled_owned()).await;
}
