//! What stands before all routes: who may talk to the sandbox, limits, armed faults, the journal.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{ConnectInfo, Request};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, HOST, ORIGIN};
use axum::http::uri::PathAndQuery;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, request::Parts};
use axum::response::{IntoResponse as _, Response};
use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};
use serde_json::json;
use tower::ServiceExt as _;

use super::api_error::ApiError;
use super::auth::{bearer, caller};
use super::cors;
use super::later::{DEFAULT_VERSION, add_later_fields};
use super::reply::{JSON, SANDBOX, bare_json};
use crate::sandbox::App;
use crate::sandbox::fault::{Fault, Occasion};

/// Measured on the real API.
pub(super) const LARGEST_BODY: usize = 10 * 1024 * 1024;
pub(super) const VERSION: HeaderName = HeaderName::from_static("polar-version");
/// The versions there are; the first is the default.
pub(crate) const VERSIONS: [&str; 3] = [DEFAULT_VERSION, "2026-10", "2027-01"];
const NOTICE: HeaderName = HeaderName::from_static("x-polar-deprecation-notice");
const MOVED: &str = "The API root has moved from /api/v1 to /v1. Please update your integration.";
/// Where the sandbox itself is controlled.
const CONTROL: &str = "/_sandbox";

/// Answers a request out of `routes`, if nothing speaks against it.
pub(crate) async fn front(app: Arc<App>, routes: Router, request: Request) -> Response {
    let started = Instant::now();
    let (mut parts, body) = request.into_parts();
    if !is_known_host(&parts, &app.hosts) {
        let detail = "This sandbox answers to loopback host names, and to those of --allow-host.";
        return bare_json(StatusCode::MISDIRECTED_REQUEST, &json!({"detail": detail}));
    }
    let asked = (parts.method.clone(), parts.uri.clone());
    if let Some(decoded) = decoded(&parts.uri) {
        parts.uri = decoded;
    }
    let path = parts.uri.path();
    let is_page = !path.starts_with("/v1/") && !path.starts_with("/api/v1/");
    if is_page && cors::is_foreign(&parts) {
        // A form on any page of the web could press these buttons.
        return bare_json(StatusCode::FORBIDDEN, &json!({"detail": "Not for other sites' pages."}));
    }
    if path == "/" || path == CONTROL || path.starts_with("/_sandbox/") {
        return if is_loopback_peer(&parts) {
            pass(routes, Request::from_parts(parts, body)).await
        } else {
            ApiError::NoRoute.into_response()
        };
    }
    if app.journal.is_watched()
        && let Some(token) = bearer(&parts.headers)
    {
        app.journal.hide(token);
    }
    let (response, body) = versioned(&app, routes, parts, body).await;
    app.journal.request(&asked.0, &asked.1, &body, response.status(), started);
    response
}

/// The outermost layers of the real API: versions, then cross-origin rules. An answer from outside
/// of a layer does not carry its headers, nor does one that breaks inside of all of them.
async fn versioned(app: &App, routes: Router, parts: Parts, body: Body) -> (Response, Bytes) {
    let Some(version) = version(&parts.headers) else {
        return (bare_json(StatusCode::NOT_FOUND, &json!({"detail": "Not Found"})), Bytes::new());
    };
    let origin = parts.headers.get(ORIGIN).cloned();
    let named = parts.headers.get(VERSION).is_some_and(|version| !version.is_empty());
    let (mut response, body) = match cors::preflight(&parts) {
        Some(answer) => (answer, Bytes::new()),
        None => rewritten(app, routes, parts, body).await,
    };
    if named {
        response = with_later_fields(response).await;
    }
    if response.status() != StatusCode::INTERNAL_SERVER_ERROR
        || response.headers().contains_key(SANDBOX)
    {
        response.headers_mut().insert(VERSION, version);
        if let Some(origin) = origin {
            cors::allow(&origin, &mut response);
        }
    }
    (response, body)
}

/// The version that is asked for, or the default; `None` for an unknown one.
fn version(headers: &HeaderMap) -> Option<HeaderValue> {
    match headers.get(VERSION) {
        None => Some(HeaderValue::from_static(VERSIONS[0])),
        Some(empty) if empty.is_empty() => Some(HeaderValue::from_static(VERSIONS[0])),
        Some(asked) => VERSIONS.iter().any(|known| asked == known).then(|| asked.clone()),
    }
}

/// The same answer with the fields that clients of today read.
async fn with_later_fields(response: Response) -> Response {
    let is_json = response.headers().get(CONTENT_TYPE).is_some_and(|kind| kind == JSON);
    if !is_json || !response.status().is_success() {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    parts.headers.remove(CONTENT_LENGTH);
    let bytes = to_bytes(body, usize::MAX).await.unwrap_or_default();
    let body = match serde_json::from_slice(&bytes) {
        Ok(mut value) => {
            add_later_fields(&mut value);
            Body::from(value.to_string())
        }
        Err(_) => Body::from(bytes),
    };
    Response::from_parts(parts, body)
}

/// `/api/v1` is the old name of `/v1`.
async fn rewritten(app: &App, routes: Router, mut parts: Parts, body: Body) -> (Response, Bytes) {
    let path = parts.uri.path_and_query().map_or("", PathAndQuery::as_str);
    let renamed = path.starts_with("/api/v1").then(|| path["/api".len()..].parse::<Uri>());
    let deprecated = renamed.is_some();
    if let Some(Ok(uri)) = renamed {
        parts.uri = uri;
    }
    let (mut response, body) = match checked(app, &parts, body).await {
        Ok(body) => {
            let request = Request::from_parts(parts, Body::from(body.clone()));
            (answer(app, routes, request).await, body)
        }
        Err(problem) => (problem.into_response(), Bytes::new()),
    };
    if deprecated {
        response.headers_mut().insert(NOTICE, HeaderValue::from_static(MOVED));
    }
    (response, body)
}

/// The checks of the real API's middleware. Returns the body.
async fn checked(app: &App, parts: &Parts, body: Body) -> Result<Bytes, ApiError> {
    let length = parts
        .headers
        .get(CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    let has_body = parts.method == Method::POST || parts.method == Method::PATCH;
    if length.is_none() && has_body {
        return Err(ApiError::LengthRequired);
    }
    if length.is_some_and(|length| length > LARGEST_BODY) {
        return Err(ApiError::TooLarge);
    }
    if let Some(limiter) = &app.limiter
        && parts.uri.path().starts_with("/v1/")
        && !limiter.passes(caller(&app.tokens, &parts.headers).is_ok(), Instant::now())
    {
        return Err(ApiError::RateLimited);
    }
    match length {
        None | Some(0) => Ok(Bytes::new()),
        Some(_) => to_bytes(body, LARGEST_BODY).await.map_err(|_| ApiError::UnreadableBody),
    }
}

/// Faults first, then the routes.
async fn answer(app: &App, routes: Router, request: Request) -> Response {
    // An unknown token is refused before a route is looked for, as by the real API's middleware.
    if request.uri().path() != "/healthz"
        && let Err(problem) = caller(&app.tokens, request.headers())
    {
        return problem.into_response();
    }
    if request.uri().path().starts_with("/v1/") {
        let occasion = Occasion::Request(request.method().as_str(), request.uri().path());
        if let Some(wait) = app.faults.fires(Fault::Slow, occasion) {
            tokio::time::sleep(wait).await;
        }
        if app.faults.fires(Fault::RateLimited, occasion).is_some() {
            return ApiError::RateLimited.into_response();
        }
        if app.faults.fires(Fault::ServerError, occasion).is_some() {
            return ApiError::Internal("a fault was armed".to_owned()).into_response();
        }
        if app.faults.fires(Fault::Dropped, occasion).is_some() {
            return dropped();
        }
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        let response = pass(routes, request).await;
        app.faults.hold(Occasion::Request(method.as_str(), &path)).await;
        return response;
    }
    pass(routes, request).await
}

async fn pass(routes: Router, request: Request) -> Response {
    match routes.oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

/// An answer whose body breaks before its first byte: the connection closes with nothing on it.
fn dropped() -> Response {
    let broken =
        futures_util::stream::once(async { Err::<Bytes, _>(std::io::Error::other("dropped")) });
    let mut response = Response::new(Body::from_stream(broken));
    response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from_static("1"));
    response
}

/// What has to stay encoded in a path.
const ENCODED: &AsciiSet =
    &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'%').add(b'<').add(b'>').add(b'?').add(b'`');

/// The real API looks for a route after decoding the path: an id with a `/` in it is two segments,
/// however it was written, and invalid UTF-8 is replaced. `None` where nothing is encoded.
fn decoded(uri: &Uri) -> Option<Uri> {
    let path = uri.path();
    if !path.contains('%') {
        return None;
    }
    let plain = percent_decode_str(path).decode_utf8_lossy();
    let mut plain = utf8_percent_encode(&plain, ENCODED).to_string();
    if let Some(query) = uri.query() {
        plain = format!("{plain}?{query}");
    }
    plain.parse().ok()
}

/// A page in a browser could reach a loopback port under a name of its own (DNS rebinding).
fn is_known_host(parts: &Parts, hosts: &[String]) -> bool {
    let host = match parts.uri.host() {
        Some(host) => host,
        None => match parts.headers.get(HOST).and_then(|host| host.to_str().ok()) {
            Some(host) => without_port(host),
            None => return true,
        },
    };
    is_loopback_name(host) || hosts.iter().any(|known| known.eq_ignore_ascii_case(host))
}

/// Whether a host name, without its port, means this machine.
pub(crate) fn is_loopback_name(host: &str) -> bool {
    let host = host
        .trim_start_matches('[')
        .trim_end_matches(']')
        .trim_end_matches('.')
        .to_ascii_lowercase();
    host == "localhost"
        || host.ends_with(".localhost")
        || host.parse::<IpAddr>().is_ok_and(|address| address.to_canonical().is_loopback())
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port))
            if port.bytes().all(|byte| byte.is_ascii_digit()) && !name.ends_with(':') =>
        {
            name
        }
        _ => host,
    }
}

/// Whether the other end is this machine. A router called without a port has no other end.
fn is_loopback_peer(parts: &Parts) -> bool {
    parts
        .extensions
        .get::<ConnectInfo<SocketAddr>>()
        .is_none_or(|ConnectInfo(peer)| peer.ip().to_canonical().is_loopback())
}
