//! Cross-origin requests of browsers. The real API allows every origin; here only pages of this
//! machine may read answers, because a sandbox takes any token and sends webhooks into the local
//! network.

use axum::body::Body;
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS,
    ACCESS_CONTROL_REQUEST_METHOD, CONTENT_TYPE, ORIGIN, VARY,
};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode};
use axum::response::Response;
use url::Url;

use super::front::is_loopback_name;

const METHODS: [&str; 7] = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"];
const HEADERS: [&str; 6] = [
    "Accept",
    "Accept-Language",
    "Authorization",
    "Content-Language",
    "Content-Type",
    "Polar-Version",
];

/// The answer to a preflight; `None` for every other request.
pub(super) fn preflight(parts: &Parts) -> Option<Response> {
    if parts.method != Method::OPTIONS || !parts.headers.contains_key(ORIGIN) {
        return None;
    }
    let method = parts.headers.get(ACCESS_CONTROL_REQUEST_METHOD)?;
    let mut refused = Vec::new();
    if !METHODS.iter().any(|known| method == known) {
        refused.push("method");
    }
    let wanted = parts.headers.get(ACCESS_CONTROL_REQUEST_HEADERS);
    if wanted.is_some_and(|wanted| !wanted.to_str().is_ok_and(all_known)) {
        refused.push("headers");
    }
    let (status, text) = match refused.as_slice() {
        [] => (StatusCode::OK, "OK".to_owned()),
        refused => (StatusCode::BAD_REQUEST, format!("Disallowed CORS {}", refused.join(", "))),
    };
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    for (name, values) in [
        (ACCESS_CONTROL_ALLOW_METHODS, METHODS.join(", ")),
        (ACCESS_CONTROL_ALLOW_HEADERS, HEADERS.join(", ")),
    ] {
        if let Ok(values) = HeaderValue::try_from(values) {
            headers.insert(name, values);
        }
    }
    Some(response)
}

fn all_known(wanted: &str) -> bool {
    wanted
        .split(',')
        .all(|name| HEADERS.iter().any(|known| known.eq_ignore_ascii_case(name.trim())))
}

/// Lets a page of this machine read an answer.
pub(super) fn allow(origin: &HeaderValue, response: &mut Response) {
    let headers = response.headers_mut();
    headers.append(VARY, HeaderValue::from_static("Origin"));
    if is_local(origin) {
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
        headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("Polar-Version"));
    }
}

/// Whether a page of another site sends it.
pub(super) fn is_foreign(parts: &Parts) -> bool {
    parts.method == Method::POST
        && parts.headers.get(ORIGIN).is_some_and(|origin| !is_local(origin))
}

fn is_local(origin: &HeaderValue) -> bool {
    let origin = origin.to_str().ok().and_then(|origin| Url::parse(origin).ok());
    origin.is_some_and(|origin| origin.host_str().is_some_and(is_loopback_name))
}
