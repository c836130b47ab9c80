//! Pages: plain HTML that needs no script.

use axum::body::{Body, to_bytes};
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION, REFERRER_POLICY};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use serde_json::Value;

use super::ApiError;
use super::front::LARGEST_BODY;

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:40rem;margin:2rem auto;\
    padding:0 1rem;color:#111;background:#fff}h1{font-size:1.4rem}\
    .notice{background:#fff6d6;padding:.5rem .75rem;border-radius:.4rem}\
    label{display:block;margin:.6rem 0}input{font:inherit;width:100%;padding:.3rem}\
    button{font:inherit;padding:.4rem 1rem;margin:.5rem .5rem 0 0}\
    table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.2rem .6rem .2rem 0}\
    .error{color:#b00020}";

/// A page; `body` is HTML already.
pub(crate) fn page(status: StatusCode, title: &str, body: &str) -> Response {
    let title = escape(title);
    let text = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>{title}</title>\
         <style>{STYLE}</style></head><body><h1>{title}</h1>{body}</body></html>"
    );
    let mut response = (status, text).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    // Nothing but the page's own style; a secret in its address stays here.
    let policy = "default-src 'none'; style-src 'unsafe-inline'";
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

/// A page that says what went wrong.
pub(crate) fn error_page(error: ApiError) -> Response {
    let response = error.into_response();
    let status = response.status();
    page(status, "This did not work", &format!("<p>The API answers {status} here.</p>"))
}

/// 303 to an address.
pub(crate) fn see_other(url: &str) -> Response {
    let mut response = StatusCode::SEE_OTHER.into_response();
    if let Ok(url) = HeaderValue::try_from(url) {
        response.headers_mut().insert(LOCATION, url);
    }
    response
}

/// Text in HTML, and in an attribute in quotes.
pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}

/// The fields of a form that was sent.
pub(crate) async fn form(body: Body) -> Vec<(String, String)> {
    let bytes = to_bytes(body, LARGEST_BODY).await.unwrap_or_default();
    url::form_urlencoded::parse(&bytes).into_owned().collect()
}

/// An amount in cents, with its currency.
pub(crate) fn money(cents: &Value, currency: &Value) -> String {
    let cents = cents.as_i64().unwrap_or_default();
    let currency = currency.as_str().unwrap_or_default().to_uppercase();
    format!("{}.{:02} {}", cents / 100, cents % 100, escape(&currency))
}
