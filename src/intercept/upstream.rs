//! The way out: to a host directly, or by the proxy that the user's environment names.

use std::io;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_util::future::BoxFuture;
use hyper::Uri;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::{SocksV5, Tunnel};
use hyper_util::client::proxy::matcher::Matcher;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tower::{Service, ServiceExt as _};

use super::users::UserEnvironment;

/// Opens connections to other hosts.
#[derive(Clone)]
pub(super) struct Upstream {
    proxies: Arc<Matcher>,
    connector: HttpConnector,
}

impl Upstream {
    /// The proxies are those of the user's environment.
    pub(super) fn new(environment: &UserEnvironment) -> Self {
        let mut connector = HttpConnector::new();
        // Its addresses are those of https URLs as well.
        connector.enforce_http(false);
        connector.set_nodelay(true);
        Self { proxies: Arc::new(environment.proxies()), connector }
    }

    /// A connection to the host and port of `to`, whose scheme says which proxy is meant.
    pub(super) async fn connect(&self, to: Uri) -> io::Result<TokioIo<TcpStream>> {
        let mut connector = self.connector.clone();
        let Some(proxy) = self.proxies.intercept(&to) else {
            return connector
                .ready()
                .await
                .map_err(io::Error::other)?
                .call(to)
                .await
                .map_err(other);
        };
        match proxy.uri().scheme_str() {
            Some("http") => {
                let mut tunnel = Tunnel::new(proxy.uri().clone(), connector);
                if let Some(auth) = proxy.basic_auth() {
                    tunnel = tunnel.with_auth(auth.clone());
                }
                tunnel.ready().await.map_err(other)?.call(to).await.map_err(other)
            }
            Some("socks5" | "socks5h") => {
                let mut socks = SocksV5::new(proxy.uri().clone(), connector);
                if let Some((user, password)) = proxy.raw_auth() {
                    socks = socks.with_auth(user.to_owned(), password.to_owned());
                }
                socks.ready().await.map_err(other)?.call(to).await.map_err(other)
            }
            other => Err(io::Error::other(format!(
                "a proxy of your environment is of a kind that cannot be chained ({})",
                other.unwrap_or("no scheme")
            ))),
        }
    }
}

/// For requests that are passed on to a host, and not a tunnel.
impl Service<Uri> for Upstream {
    type Response = TokioIo<TcpStream>;
    type Error = io::Error;
    type Future = BoxFuture<'static, io::Result<TokioIo<TcpStream>>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, to: Uri) -> Self::Future {
        let upstream = self.clone();
        Box::pin(async move { upstream.connect(to).await })
    }
}

fn other(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::other(error)
}
