//! A request on its way to the API under test, or to the host that it names.

use std::time::{Duration, Instant};

use axum::body::{Body, HttpBody as _, to_bytes};
use hyper::body::Incoming;
use hyper::header::{AUTHORIZATION, CONNECTION, HOST, HeaderMap, HeaderName, HeaderValue};
use hyper::http::uri::PathAndQuery;
use hyper::{Method, Request, Response, StatusCode, Uri, Version};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use rustls::ClientConfig;
use serde_json::json;

use super::upstream::Upstream;
use crate::http::BaseUrl;
use crate::secret::Secret;

/// What belongs to one connection and not to the message (RFC 9110, 7.6.1).
const HOP_BY_HOP: [HeaderName; 7] = [
    CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-authorization"),
    HeaderName::from_static("proxy-connection"),
    HeaderName::from_static("te"),
    HeaderName::from_static("transfer-encoding"),
    HeaderName::from_static("upgrade"),
];

/// How much of a body without a length is read, in bytes: more than the API takes.
const LARGEST: usize = 11 * 1024 * 1024;

/// A request that was led here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The host that it was meant for.
    pub host: String,
    /// Its method.
    pub method: Method,
    /// Its path, without the query.
    pub path: String,
    /// The status of the answer; `None` when the API under test gave none.
    pub status: Option<u16>,
    /// How long the answer took to begin.
    pub took: Duration,
}

/// Passes requests on.
pub(super) struct Forward {
    client: Client<HttpsConnector<Upstream>, Body>,
    target: BaseUrl,
    token: Option<HeaderValue>,
    told: Box<dyn Fn(Call) + Send + Sync>,
}

impl Forward {
    pub(super) fn new(
        target: BaseUrl,
        token: Option<Secret>,
        upstream: Upstream,
        tls: ClientConfig,
        told: Box<dyn Fn(Call) + Send + Sync>,
    ) -> Self {
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(tls)
            .https_or_http()
            .enable_http1()
            .wrap_connector(upstream);
        let token = token.and_then(|token| {
            let mut value = HeaderValue::try_from(format!("Bearer {}", token.expose())).ok()?;
            value.set_sensitive(true);
            Some(value)
        });
        Self { client: Client::builder(TokioExecutor::new()).build(connector), target, token, told }
    }

    /// The answer of the API under test to a request that was meant for `host`.
    pub(super) async fn to_target(&self, host: &str, request: Request<Incoming>) -> Response<Body> {
        let started = Instant::now();
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        let query = request.uri().path_and_query().map_or("/", PathAndQuery::as_str);
        let base = self.target.to_string();
        let answer = match format!("{}{query}", base.trim_end_matches('/')).parse() {
            Ok(to) => match with_length(request).await {
                Ok(request) => self.send(to, request, self.token.as_ref()).await,
                Err(error) => unsendable(&error),
            },
            Err(error) => unsendable(&error),
        };
        // Its own answers stand for none.
        let status =
            answer.extensions().get::<Failed>().is_none().then(|| answer.status().as_u16());
        let took = started.elapsed();
        (self.told)(Call { host: host.to_owned(), method, path, status, took });
        answer
    }

    /// The answer of the host that a request names in full, as any proxy passes it on.
    pub(super) async fn to_host(&self, request: Request<Incoming>) -> Response<Body> {
        let to = request.uri().clone();
        self.send(to, request.map(Body::new), None).await
    }

    async fn send(
        &self,
        to: Uri,
        request: Request<Body>,
        token: Option<&HeaderValue>,
    ) -> Response<Body> {
        let (mut parts, body) = request.into_parts();
        without_hops(&mut parts.headers);
        // The client writes that of the address.
        parts.headers.remove(HOST);
        if let Some(token) = token.filter(|_| parts.headers.contains_key(AUTHORIZATION)) {
            parts.headers.insert(AUTHORIZATION, token.clone());
        }
        parts.uri = to;
        parts.version = Version::HTTP_11;
        match self.client.request(Request::from_parts(parts, body)).await {
            Ok(answer) => {
                let (mut parts, body) = answer.into_parts();
                without_hops(&mut parts.headers);
                Response::from_parts(parts, Body::new(body))
            }
            Err(error) => unsendable(&error),
        }
    }
}

/// A request whose body says its length, as the API demands. Some have none: those of HTTP/2, and
/// those of Next, whose `fetch` sends the body of a `Request` in chunks.
async fn with_length(request: Request<Incoming>) -> Result<Request<Body>, axum::Error> {
    if request.body().size_hint().exact().is_some() {
        return Ok(request.map(Body::new));
    }
    let (parts, body) = request.into_parts();
    let body = to_bytes(Body::new(body), LARGEST).await?;
    Ok(Request::from_parts(parts, Body::from(body)))
}

/// Takes out what belongs to one connection, and what it names itself.
fn without_hops(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|names| names.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    for name in HOP_BY_HOP.iter().chain(&named) {
        headers.remove(name);
    }
}

/// Marks an answer that no server gave.
#[derive(Debug, Clone, Copy)]
struct Failed;

/// A 502 that says why.
pub(super) fn unsendable(error: &dyn std::error::Error) -> Response<Body> {
    let mut why = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        why = format!("{why}: {error}");
        cause = error.source();
    }
    let mut answer = refusal(StatusCode::BAD_GATEWAY, &why);
    answer.extensions_mut().insert(Failed);
    answer
}

/// An answer of the proxy itself.
pub(super) fn refusal(status: StatusCode, why: &str) -> Response<Body> {
    let body = json!({ "error": "tieback", "detail": why }).to_string();
    let mut answer = Response::new(Body::from(body));
    *answer.status_mut() = status;
    let json = HeaderValue::from_static("application/json");
    answer.headers_mut().insert(hyper::header::CONTENT_TYPE, json);
    answer
}
