//! The listener: a small server on this machine that takes deliveries on an unguessable path.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Extension, State};
use axum::http::{Method, Request, StatusCode};
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::Receiver;
use super::body_limit::{BodyLimit, DropReason};
use super::server::{self, Known};
use crate::http::MAX_BODY;
use crate::provider::Webhook;
use crate::secret::Secret;
use crate::webhook::inbox::TOO_MANY;
use crate::webhook::{Delivery, Inbox, Refused};

/// How long one delivery may take to arrive: the real API gives up after as long.
const READ_TIMEOUT: Duration = Duration::from_secs(10);

/// A listener on a path of its own.
#[derive(Debug)]
pub struct Listener {
    /// What arrives.
    pub receiver: Receiver,
    address: SocketAddr,
    path: Option<String>,
}

/// What the server needs to judge a request.
struct Shared {
    facts: &'static Webhook,
    /// Where deliveries come to; any path where it is unknown.
    path: Option<String>,
    inbox: Arc<Inbox>,
    limit: BodyLimit,
    /// Not known from the start where an API tells it only when it has been given the URL.
    secret: watch::Receiver<Option<Secret>>,
    notices: Box<dyn Fn(String) + Send + Sync>,
}

impl Listener {
    /// Binds `address`, where port 0 takes a free one, and serves `path`, or every path without
    /// one. Ready when it returns. Deliveries that arrive before the `secret` is known wait for it.
    pub async fn open(
        address: SocketAddr,
        path: Option<String>,
        facts: &'static Webhook,
        secret: watch::Receiver<Option<Secret>>,
        notices: impl Fn(String) + Send + Sync + 'static,
    ) -> Result<Self, Refused> {
        let refused = |error| Refused::because(format!("cannot listen on {address}: {error}"));
        let socket = TcpListener::bind(address).await.map_err(refused)?;
        let address = reachable(socket.local_addr().map_err(refused)?);
        let inbox = Arc::new(Inbox::default());
        let shared = Arc::new(Shared {
            facts,
            path: path.clone(),
            inbox: inbox.clone(),
            limit: BodyLimit::default(),
            secret,
            notices: Box::new(notices),
        });
        let router = Router::new().fallback(take).with_state(shared.clone());
        let dropped = move |why| shared.lost(why);
        let serve = async move { match server::serve(socket, router, dropped).await {} };
        Ok(Self { receiver: Receiver::spawn(inbox, serve), address, path })
    }

    /// The URL that webhooks are taken at: below `public`, the base URL of a tunnel that leads
    /// here, or else on this machine.
    #[must_use]
    pub fn url(&self, public: Option<&str>) -> String {
        let here = format!("http://{}", self.address);
        let path = self.path.as_deref().unwrap_or_default();
        format!("{}{path}", public.unwrap_or(&here).trim_end_matches('/'))
    }
}

/// The address to call for a socket bound to every interface: this machine.
fn reachable(bound: SocketAddr) -> SocketAddr {
    let ip = match bound.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, bound.port())
}

/// Takes one request. A delivery on the right path gets a 2xx even where it is judged invalid, so
/// that the API does not retry.
async fn take(
    State(shared): State<Arc<Shared>>,
    Extension(known): Extension<Known>,
    request: Request<Body>,
) -> StatusCode {
    // Neither notice quotes the path: knowing the right one is enough to send anything here.
    if shared.path.as_ref().is_some_and(|path| path != request.uri().path()) {
        (shared.notices)(
            "a request came to another path than the `url` of the run's webhooks, and was not \
             taken for a webhook"
                .to_owned(),
        );
        return StatusCode::NOT_FOUND;
    }
    known.mark();
    if request.method() != Method::POST {
        (shared.notices)(
            "a request other than a POST came to the `url` of the run's webhooks, and was not \
             taken for a webhook"
                .to_owned(),
        );
        return StatusCode::METHOD_NOT_ALLOWED;
    }
    let (parts, body) = request.into_parts();
    let Ok(read) = tokio::time::timeout(READ_TIMEOUT, shared.limit.read(body)).await else {
        shared.lost(format!(
            "a delivery was not complete after {} s and was dropped",
            READ_TIMEOUT.as_secs()
        ));
        return StatusCode::REQUEST_TIMEOUT;
    };
    let body = match read {
        Ok(body) => body,
        Err(why) => return shared.drop_it(why),
    };
    let mut secret = shared.secret.clone();
    let Ok(Some(secret)) = secret.wait_for(Option::is_some).await.map(|known| known.clone()) else {
        return StatusCode::SERVICE_UNAVAILABLE;
    };
    let headers = parts
        .headers
        .iter()
        .map(|(name, value)| {
            (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        })
        .collect();
    let now = jiff::Timestamp::now().as_second();
    let delivery = Delivery::read(shared.facts, headers, &body.bytes, &secret, now);
    if !shared.inbox.push(delivery) {
        (shared.notices)(TOO_MANY.to_owned());
    }
    StatusCode::ACCEPTED
}

impl Shared {
    /// Says that a delivery was dropped; returns the status to answer with.
    fn drop_it(&self, why: DropReason) -> StatusCode {
        let (why, status) = match why {
            DropReason::TooLarge => {
                (format!("over {} MiB", MAX_BODY / 1024 / 1024), StatusCode::PAYLOAD_TOO_LARGE)
            }
            DropReason::NoRoom => {
                ("too large beside so many others".to_owned(), StatusCode::SERVICE_UNAVAILABLE)
            }
            DropReason::CutShort => ("cut short".to_owned(), StatusCode::BAD_REQUEST),
        };
        self.lost(format!("a delivery was {why}, and was dropped"));
        status
    }

    /// Says what was lost; an event that is missing from now on may have been that.
    fn lost(&self, why: String) {
        self.inbox.coverage.miss(why.clone());
        (self.notices)(why);
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpStream;
    use tokio::time::Instant;

    use super::*;
    use crate::provider::made_up::ACME;
    use crate::webhook::Verification;
    use crate::webhook::signature::{Scheme, sign};

    /// Posts a body with headers; returns the status line of the answer.
    async fn post(url: &str, headers: &str, body: &str) -> io::Result<String> {
        let (host, path) = url.trim_start_matches("http://").split_once('/').unwrap();
        let mut stream = TcpStream::connect(host).await?;
        let length = body.len();
        let request = format!(
            "POST /{path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\
             content-length: {length}\r\n{headers}\r\n{body}"
        );
        stream.write_all(request.as_bytes()).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        Ok(answer.lines().next().unwrap_or_default().to_owned())
    }

    fn hook() -> String {
        "/hook".to_owned()
    }

    #[tokio::test]
    async fn a_listener_needs_no_endpoint() {
        let facts = &ACME.webhook;
        let secret = Secret::new("acme_b3RoZXI=");
        let (_, known) = watch::channel(Some(secret.clone()));
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let listener = Listener::open(address, Some(hook()), facts, known, |_| ()).await.unwrap();
        let body = r#"{"what":"person.added","person":{}}"#;
        let now = jiff::Timestamp::now().as_second();
        let signature =
            sign(facts, &secret, Scheme::Standard, "m_1", now, body.as_bytes()).unwrap();
        let headers =
            format!("Acme-Id: m_1\r\nAcme-Time: {now}\r\nAcme-Signature: {signature}\r\n");
        let url = listener.url(None);
        assert_eq!(post(&url, &headers, body).await.unwrap(), "HTTP/1.1 202 Accepted");
        let arrived = listener.receiver.inbox.wait(Instant::now(), |_| true).await.unwrap();
        assert_eq!((arrived.id.as_str(), arrived.event_type.as_str()), ("m_1", "person.added"));
        assert_eq!(arrived.verification, Ok(Verification::Signed(Scheme::Standard)));
        let elsewhere = post(&format!("{url}x"), &headers, body).await.unwrap();
        assert_eq!(elsewhere, "HTTP/1.1 404 Not Found");
        let (_, known) = watch::channel(Some(secret));
        let any = Listener::open(address, None, facts, known, |_| ()).await.unwrap();
        let url = format!("{}/a/b", any.url(None));
        assert_eq!(post(&url, &headers, body).await.unwrap(), "HTTP/1.1 202 Accepted");
    }

    #[tokio::test]
    async fn a_tunnel_leads_to_the_same_path() {
        let (_, known) = watch::channel(None);
        let address = SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0));
        let listener =
            Listener::open(address, Some(hook()), &ACME.webhook, known, |_| ()).await.unwrap();
        let here = listener.url(None);
        assert!(here.starts_with("http://127.0.0.1:"), "{here}");
        let path = here.rsplit('/').next().unwrap();
        let public = listener.url(Some("https://tunnel.example/a/"));
        assert_eq!(public, format!("https://tunnel.example/a/{path}"));
    }
}
