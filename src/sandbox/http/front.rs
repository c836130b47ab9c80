//! What stands before all routes: who may talk to the sandbox, limits, armed faults, the journal.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{ConnectInfo, Request};
use axum::http::header::{CONTENT_LENGTH, HOST};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, Uri, request::Parts};
use axum::response::{IntoResponse as _, Response};
use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};
use serde_json::json;
use tower::ServiceExt as _;

use super::auth::caller;
use super::problem::Problem;
use super::reply::bare_json;
use crate::sandbox::App;
use crate::sandbox::fault::Fault;

/// Measured on the real API.
pub(super) const LARGEST_BODY: usize = 10 * 1024 * 1024;
const VERSION: HeaderName = HeaderName::from_static("polar-version");
const VERSIONS: [&str; 2] = ["2026-04", "2026-10"];
/// Where the sandbox itself is controlled.
const CONTROL: &str = "/_sandbox";

/// Answers a request out of `routes`, if nothing speaks against it.
pub(crate) async fn front(app: Arc<App>, routes: Router, request: Request) -> Response {
    let started = Instant::now();
    let (parts, body) = request.into_parts();
    if !is_loopback_host(&parts) {
        let detail = "This sandbox answers to loopback host names only.";
        return bare_json(StatusCode::MISDIRECTED_REQUEST, &json!({"detail": detail}));
    }
    let control = parts.uri.path() == CONTROL || parts.uri.path().starts_with("/_sandbox/");
    if control {
        return if is_loopback_peer(&parts) {
            pass(routes, Request::from_parts(parts, body)).await
        } else {
            Problem::NoRoute.into_response()
        };
    }
    let version = parts.headers.get(VERSION).cloned();
    let (method, uri) = (parts.method.clone(), parts.uri.clone());
    let (mut response, body) = match checked(&app, &parts, body).await {
        Ok(body) => {
            let request = Request::from_parts(parts, Body::from(body.clone()));
            (answer(&app, routes, request).await, body)
        }
        Err(problem) => (problem.into_response(), Bytes::new()),
    };
    response.headers_mut().insert(VERSION, version.unwrap_or(const { HeaderValue::from_static("2026-04") }));
    app.journal.request(&method, &uri, &body, response.status(), started);
    response
}

/// The checks of the real API's middleware. Returns the body.
async fn checked(app: &App, parts: &Parts, body: Body) -> Result<Bytes, Problem> {
    if let Some(version) = parts.headers.get(VERSION)
        && !VERSIONS.iter().any(|known| version == known)
    {
        return Err(Problem::NoRoute);
    }
    if let Some(limiter) = &app.limiter
        && parts.uri.path().starts_with("/v1/")
        && !limiter.passes(caller(&app.tokens, &parts.headers).is_ok(), Instant::now())
    {
        return Err(Problem::RateLimited);
    }
    let length = parts.headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    let has_body = parts.method == Method::POST || parts.method == Method::PATCH;
    match length {
        None if has_body => Err(Problem::LengthRequired),
        Some(length) if length > LARGEST_BODY => Err(Problem::TooLarge),
        None | Some(0) => Ok(Bytes::new()),
        Some(_) => to_bytes(body, LARGEST_BODY).await.map_err(|_| Problem::UnreadableBody),
    }
}

/// Faults first, then the routes.
async fn answer(app: &App, routes: Router, request: Request) -> Response {
    // A token that nobody knows is refused before a route is looked for, as by the real API's middleware.
    if request.uri().path() != "/healthz"
        && let Err(problem) = caller(&app.tokens, request.headers())
    {
        return problem.into_response();
    }
    if request.uri().path().starts_with("/v1/") {
        if let Some(wait) = app.faults.fires(Fault::Slow) {
            tokio::time::sleep(wait).await;
        }
        if app.faults.fires(Fault::RateLimited).is_some() {
            return Problem::RateLimited.into_response();
        }
        if app.faults.fires(Fault::ServerError).is_some() {
            return Problem::Internal("a fault was armed".to_owned()).into_response();
        }
        if app.faults.fires(Fault::Dropped).is_some() {
            return dropped();
        }
    }
    pass(routes, decoded(request)).await
}

async fn pass(routes: Router, request: Request) -> Response {
    match routes.oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

/// An answer whose body breaks before its first byte: the connection closes with nothing on it.
fn dropped() -> Response {
    let broken = futures_util::stream::once(async { Err::<Bytes, _>(std::io::Error::other("dropped")) });
    let mut response = Response::new(Body::from_stream(broken));
    response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from_static("1"));
    response
}

/// What has to stay encoded in a path.
const ENCODED: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'%').add(b'<').add(b'>').add(b'?').add(b'`');

/// The real API looks for a route after decoding the path: an id with a `/` in it is two segments,
/// however it was written, and bytes that are no UTF-8 are replaced.
fn decoded(mut request: Request) -> Request {
    let path = request.uri().path();
    if !path.contains('%') {
        return request;
    }
    let plain = percent_decode_str(path).decode_utf8_lossy();
    let mut plain = utf8_percent_encode(&plain, ENCODED).to_string();
    if let Some(query) = request.uri().query() {
        plain = format!("{plain}?{query}");
    }
    if let Ok(uri) = plain.parse::<Uri>() {
        *request.uri_mut() = uri;
    }
    request
}

/// A page in a browser could reach a loopback port under a name of its own (DNS rebinding).
fn is_loopback_host(parts: &Parts) -> bool {
    let host = match parts.uri.host() {
        Some(host) => host,
        None => match parts.headers.get(HOST).and_then(|host| host.to_str().ok()) {
            Some(host) => without_port(host),
            None => return true,
        },
    };
    let host = host.trim_start_matches('[').trim_end_matches(']').trim_end_matches('.').to_ascii_lowercase();
    host == "localhost"
        || host.ends_with(".localhost")
        || host.parse::<IpAddr>().is_ok_and(|address| address.to_canonical().is_loopback())
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) && !name.ends_with(':') => name,
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
