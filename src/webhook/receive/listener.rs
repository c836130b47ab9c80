//! The listener: a small server on this machine that takes deliveries on an unguessable path.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Extension, State};
use axum::http::{Method, Request, StatusCode};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::body_limit::{BodyLimit, DropReason};
use super::server::{self, Known};
use crate::event::LeftBehind;
use crate::http::{Client, MAX_BODY};
use crate::provider::{self, Provider};
use crate::secret::{Redactor, Secret};
use crate::webhook::endpoint::Endpoint;
use crate::webhook::inbox::TOO_MANY;
use crate::webhook::{Delivery, Inbox, Refused};

/// How long one delivery may take to arrive: the real API gives up after as long.
const READ_TIMEOUT: Duration = Duration::from_secs(10);

/// Where to listen, and how the API reaches it.
#[derive(Debug, Clone)]
pub struct ListenerOptions {
    /// The address to bind; port 0 takes a free one.
    pub address: SocketAddr,
    /// The URL under which a tunnel leads here; the bound address itself when there is none.
    pub public_url: Option<String>,
}

/// A listener with its endpoint at the API.
#[derive(Debug)]
pub struct Listener {
    /// What arrives.
    pub inbox: Arc<Inbox>,
    endpoint: Endpoint,
    server: JoinHandle<()>,
}

/// What the server needs to judge a request.
struct Shared {
    facts: &'static provider::Webhook,
    path: String,
    inbox: Arc<Inbox>,
    limit: BodyLimit,
    /// Known once the API has answered, which may be after the first delivery came.
    secret: watch::Receiver<Option<Secret>>,
    notices: Box<dyn Fn(String) + Send + Sync>,
}

impl Listener {
    /// Binds, serves, and has the API send `types` here. Ready when it returns.
    pub async fn open(
        client: &Client,
        provider: &'static Provider,
        options: &ListenerOptions,
        types: &BTreeSet<String>,
        run_id: &str,
        redactor: &Redactor,
        notices: impl Fn(String) + Send + Sync + 'static,
    ) -> Result<Self, Refused> {
        let refused = |why: String| Refused::because(why);
        let socket = TcpListener::bind(options.address)
            .await
            .map_err(|error| refused(format!("cannot listen on {}: {error}", options.address)))?;
        let bound = socket.local_addr().map_err(|error| refused(error.to_string()))?;
        let path = format!("/{}", uuid::Uuid::new_v4().simple());
        let base =
            options.public_url.clone().unwrap_or_else(|| format!("http://{}", reachable(bound)));
        let url = format!("{}{path}", base.trim_end_matches('/'));
        let inbox = Arc::new(Inbox::default());
        let (secret, known) = watch::channel(None);
        let shared = Shared {
            facts: &provider.webhook,
            path,
            inbox: inbox.clone(),
            limit: BodyLimit::default(),
            secret: known,
            notices: Box::new(notices),
        };
        let shared = Arc::new(shared);
        let router = Router::new().fallback(take).with_state(shared.clone());
        let dropped = move |why| shared.lost(why);
        // It ends with the run.
        let server =
            tokio::spawn(async move { match server::serve(socket, router, dropped).await {} });
        match Endpoint::create(client, provider, &url, types, run_id).await {
            Ok(endpoint) => {
                redactor.learn(&endpoint.secret);
                secret.send_replace(Some(endpoint.secret.clone()));
                Ok(Self { inbox, endpoint, server })
            }
            Err(refused) => {
                server.abort();
                Err(refused)
            }
        }
    }

    /// The request that deletes its endpoint.
    #[must_use]
    pub fn removal(&self) -> String {
        self.endpoint.removal()
    }

    /// Removes the endpoint, then stops listening; says what stays at the API.
    pub async fn close(self, client: &Client) -> Option<LeftBehind> {
        let left = self.endpoint.remove(client).await;
        self.server.abort();
        left
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

/// Takes one request. Whatever was read on the right path gets a 2xx, also what is judged invalid:
/// nothing is to be retried.
async fn take(
    State(shared): State<Arc<Shared>>,
    Extension(known): Extension<Known>,
    request: Request<Body>,
) -> StatusCode {
    // Neither quotes the path: whoever knows the right one can send anything here.
    if request.uri().path() != shared.path {
        (shared.notices)(
            "a request came to another path than the `url` of the run's webhook endpoint, and was \
             not taken for a webhook"
                .to_owned(),
        );
        return StatusCode::NOT_FOUND;
    }
    known.mark();
    if request.method() != Method::POST {
        (shared.notices)(
            "a request that is no POST came to the `url` of the run's webhook endpoint, and was not \
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
    /// Says that a delivery was dropped; returns the answer that this owes.
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

    /// Says what was lost; whatever does not come from now on may have been that.
    fn lost(&self, why: String) {
        self.inbox.coverage.miss(why.clone());
        (self.notices)(why);
    }
}
