//! The proxy: who is led here, who is passed on.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use hyper::body::Incoming;
use hyper::http::uri::Authority;
use hyper::service::service_fn;
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper::{Method, Request, Response, StatusCode, Uri};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _, copy_bidirectional_with_sizes};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use super::forward::{Forward, refusal, unsendable};
use super::upstream::Upstream;

/// How long a client may take to say what it wants.
const GREETING: Duration = Duration::from_secs(30);
/// The pause after a connection that could not be taken: no descriptors are left, mostly.
const PAUSE: Duration = Duration::from_millis(50);
/// What passes through a tunnel at once, in bytes.
const CHUNK: usize = 64 * 1024;
/// What TLS connections begin with.
const TLS_HANDSHAKE: u8 = 22;

/// A forward proxy that answers for some hosts itself.
pub(super) struct Proxy {
    hosts: &'static [&'static str],
    tls: TlsAcceptor,
    forward: Forward,
    upstream: Upstream,
}

impl Proxy {
    pub(super) fn new(
        hosts: &'static [&'static str],
        tls: Arc<ServerConfig>,
        forward: Forward,
        upstream: Upstream,
    ) -> Self {
        Self { hosts, tls: TlsAcceptor::from(tls), forward, upstream }
    }

    /// Takes connections until `closing`.
    pub(super) async fn serve(self: Arc<Self>, listener: TcpListener, closing: CancellationToken) {
        loop {
            let taken = tokio::select! {
                taken = listener.accept() => taken,
                () = closing.cancelled() => return,
            };
            let Ok((stream, _)) = taken else {
                sleep(PAUSE).await;
                continue;
            };
            let _ = stream.set_nodelay(true);
            let (proxy, closing) = (Arc::clone(&self), closing.clone());
            tokio::spawn(async move {
                // A connection that breaks is for its client to see.
                let _ = closing.run_until_cancelled(proxy.connection(stream)).await;
            });
        }
    }

    /// Answers a client: one that asks a proxy, or one whose TLS connection was led here.
    async fn connection(self: Arc<Self>, stream: TcpStream) -> io::Result<()> {
        let mut first = [0];
        timeout(GREETING, stream.peek(&mut first)).await??;
        if first == [TLS_HANDSHAKE] {
            return self.led(stream, None).await;
        }
        let service = service_fn(|request| {
            let proxy = Arc::clone(&self);
            async move { Ok::<_, std::convert::Infallible>(proxy.asked(request).await) }
        });
        hyper::server::conn::http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(GREETING)
            .serve_connection(TokioIo::new(stream), service)
            .with_upgrades()
            .await
            .map_err(io::Error::other)
    }

    /// Answers a request to the proxy.
    async fn asked(self: Arc<Self>, mut request: Request<Incoming>) -> Response<Body> {
        if request.method() == Method::CONNECT {
            let Some(authority) = request.uri().authority().cloned() else {
                return refusal(StatusCode::BAD_REQUEST, "CONNECT names no host and port");
            };
            let upgrade = hyper::upgrade::on(&mut request);
            return self.tunnel(authority, upgrade).await;
        }
        match request.uri().host().map(|host| self.is_led(host)) {
            // Some clients (axios was one) hand a proxy what they would send through a tunnel.
            Some(Some(host)) => self.forward.to_target(host, request).await,
            Some(None) => self.forward.to_host(request).await,
            None => refusal(
                StatusCode::BAD_REQUEST,
                "this is a proxy: give it a CONNECT, or the full address of a page",
            ),
        }
    }

    /// The host that is meant, where its requests are led here.
    fn is_led(&self, host: &str) -> Option<&'static str> {
        let host = host.trim_end_matches('.');
        self.hosts.iter().copied().find(|led| led.eq_ignore_ascii_case(host))
    }

    async fn tunnel(self: Arc<Self>, authority: Authority, upgrade: OnUpgrade) -> Response<Body> {
        if let Some(host) = self.is_led(authority.host()) {
            tokio::spawn(async move {
                let upgraded = upgrade.await.map_err(io::Error::other)?;
                self.led(TokioIo::new(upgraded), Some(host)).await
            });
            return Response::new(Body::empty());
        }
        let to = Uri::builder().scheme("https").authority(authority).path_and_query("/").build();
        let connection = match to {
            Ok(to) => self.upstream.connect(to).await,
            Err(error) => return unsendable(&error),
        };
        match connection {
            Ok(connection) => {
                tokio::spawn(async move {
                    let upgraded = upgrade.await.map_err(io::Error::other)?;
                    pass(upgraded, connection.into_inner()).await
                });
                Response::new(Body::empty())
            }
            Err(error) => unsendable(&error),
        }
    }

    /// Speaks TLS and HTTP as the host that a connection was meant for.
    async fn led<S>(self: Arc<Self>, stream: S, host: Option<&'static str>) -> io::Result<()>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let stream = timeout(GREETING, self.tls.accept(stream)).await??;
        let named = stream.get_ref().1.server_name().and_then(|name| self.is_led(name));
        let Some(host) = host.or(named) else {
            return Err(io::ErrorKind::InvalidInput.into());
        };
        let service = service_fn(|request| {
            let proxy = Arc::clone(&self);
            async move {
                Ok::<_, std::convert::Infallible>(proxy.forward.to_target(host, request).await)
            }
        });
        auto::Builder::new(TokioExecutor::new())
            .serve_connection(TokioIo::new(stream), service)
            .await
            .map_err(io::Error::other)
    }
}

/// Passes bytes both ways until both sides have ended.
async fn pass(client: Upgraded, mut host: TcpStream) -> io::Result<()> {
    match client.downcast::<TokioIo<TcpStream>>() {
        Ok(parts) => {
            let mut client = parts.io.into_inner();
            host.write_all(&parts.read_buf).await?;
            copy_bidirectional_with_sizes(&mut client, &mut host, CHUNK, CHUNK).await?;
        }
        Err(client) => {
            let mut client = TokioIo::new(client);
            copy_bidirectional_with_sizes(&mut client, &mut host, CHUNK, CHUNK).await?;
        }
    }
    Ok(())
}
