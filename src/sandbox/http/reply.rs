//! Answers.

use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, LOCATION};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use serde::Serialize;
use serde_json::value::RawValue;

use super::{ApiError, Call};
use crate::sandbox::store::Select;
use crate::sandbox::validate::Page;

/// Told on answers that reached a handler of the real sandbox; production never sends it.
pub(super) const SANDBOX: HeaderName = HeaderName::from_static("x-polar-sandbox");
pub(super) const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// JSON without the headers of a handler.
pub(super) fn bare_json(status: StatusCode, value: &impl Serialize) -> Response {
    let mut response = Response::new(Body::from(serde_json::to_vec(value).unwrap_or_default()));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, JSON);
    response
}

/// JSON that is text already.
pub(crate) fn json_text(status: StatusCode, text: impl Into<Body>) -> Response {
    let mut response = handled(status, text.into());
    response.headers_mut().insert(CONTENT_TYPE, JSON);
    response
}

/// 307 to another path.
pub(crate) fn passed_on(location: &str) -> Response {
    let mut response = handled(StatusCode::TEMPORARY_REDIRECT, Body::empty());
    let headers = response.headers_mut();
    headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
    if let Ok(location) = HeaderValue::try_from(location) {
        headers.insert(LOCATION, location);
    }
    response
}

/// An answer of the real API's innermost layer, with the headers that show it.
fn handled(status: StatusCode, body: Body) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(SANDBOX, HeaderValue::from_static("1"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    response
}

/// JSON out of a value.
pub(crate) fn json_value(status: StatusCode, value: &impl Serialize) -> Response {
    json_text(status, serde_json::to_vec(value).unwrap_or_default())
}

/// 201 with what was made.
pub(crate) fn created(value: &impl Serialize) -> Response {
    json_value(StatusCode::CREATED, value)
}

/// 200 with a document as it is stored.
pub(crate) fn rendered(doc: String) -> Response {
    json_text(StatusCode::OK, doc)
}

/// 204.
pub(crate) fn empty() -> Response {
    json_text(StatusCode::NO_CONTENT, Body::empty())
}

/// 404 for a path without a route.
pub(crate) fn route_not_found() -> Response {
    ApiError::NoRoute.into_response()
}

/// A document that is part of an answer as it is stored.
#[derive(Debug, Serialize)]
#[serde(transparent)]
struct StoredDoc(Box<RawValue>);

impl StoredDoc {
    /// Takes a stored document over without reading it.
    fn new(doc: String) -> Result<Self, ApiError> {
        Ok(Self(RawValue::from_string(doc)?))
    }
}

/// A page of a list of documents as they are stored; `order` with its ORDER BY.
pub(crate) fn listed_docs(
    call: &Call,
    select: &Select,
    order: &str,
    page: Page,
) -> Result<Response, ApiError> {
    if select.has_nul() {
        return Err(ApiError::nul());
    }
    let (docs, total) = call.app.store.read(|connection| {
        let docs = select.rows(connection, "doc", order, page.bounds(), |row| row.get(0))?;
        Ok::<_, ApiError>((docs, select.count(connection)?))
    })?;
    let docs = docs.into_iter().map(StoredDoc::new).collect::<Result<Vec<_>, _>>()?;
    Ok(listed(&docs, total, page))
}

/// A page of a list.
pub(crate) fn listed<T: Serialize>(items: &[T], total: i64, page: Page) -> Response {
    #[derive(Serialize)]
    struct List<'i, T> {
        items: &'i [T],
        pagination: Pagination,
    }
    #[derive(Serialize)]
    struct Pagination {
        total_count: i64,
        max_page: i64,
    }
    let max_page = (total + page.limit - 1) / page.limit;
    json_value(
        StatusCode::OK,
        &List { items, pagination: Pagination { total_count: total, max_page } },
    )
}
