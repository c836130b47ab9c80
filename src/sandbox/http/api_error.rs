//! Every way in which a request fails, and the answer that the real API gives to it.

use axum::body::Body;
use axum::http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_TYPE, PRAGMA, RETRY_AFTER, WWW_AUTHENTICATE,
};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use uuid::Uuid;

use super::auth::Scope;
use super::reply::{bare_json, json_value};
use crate::sandbox::validate::Flaw;

/// Why the sandbox failed; the real API says nothing.
const REASON: HeaderName = HeaderName::from_static("x-sandbox-reason");
const REALM: &str = "Bearer realm=\"polar\"";
const INVALID_TOKEN: &str =
    "The access token provided is expired, revoked, malformed, or invalid for other reasons.";
const INSUFFICIENT_SCOPE: &str =
    "The request requires higher privileges than provided by the access token.";

/// Why a request is not answered with what it asked for.
#[derive(Debug)]
pub(crate) enum ApiError {
    /// No bearer token.
    Unauthorized,
    /// An unknown token.
    InvalidToken,
    /// A token without any of the scopes that would do.
    InsufficientScope(Scope),
    /// The thing is not there; the text differs by resource.
    NotFound(&'static str),
    /// Refused for what it is, not for how it is written.
    NotPermitted(&'static str),
    /// An error with a name of its own.
    Named(StatusCode, &'static str, String),
    /// Something that the real API has and this sandbox does not.
    NotImitated(&'static str),
    /// The schema's flaws.
    Schema(Vec<Flaw>),
    /// The flaws that the rules behind the schema found.
    Rules(Vec<Flaw>),
    /// Words to look for among events, without an organization: a check with a shape of its own.
    QueryWithoutOrganization,
    /// Ingested events of which one is its own ancestor.
    CircularEvents,
    /// The body is not text.
    UnreadableBody,
    /// No such path.
    NoRoute,
    /// The path is there, the method is not.
    NoMethod(HeaderValue),
    /// A body without `content-length`.
    LengthRequired,
    /// A body above the limit.
    TooLarge,
    /// Too many requests in this minute.
    RateLimited,
    /// What makes the real API's database fail, or ours.
    Internal(String),
}

impl ApiError {
    /// The resource is not there.
    pub(crate) const MISSING: Self = Self::NotFound("Not found");

    /// An error with a name of its own.
    pub(crate) fn named(status: StatusCode, name: &'static str, detail: impl Into<String>) -> Self {
        Self::Named(status, name, detail.into())
    }

    /// A list of events names a meter that is not there.
    pub(crate) fn no_meter(id: Uuid) -> Self {
        let loc = vec!["query".into(), "meter_id".into()];
        Self::Rules(vec![Flaw {
            kind: "meter_id",
            loc,
            msg: "Meter not found.".to_owned(),
            input: json!(id),
            ctx: None,
        }])
    }

    /// The real API's database does not survive a NUL byte (measured for queries).
    pub(crate) fn nul() -> Self {
        Self::Internal("a NUL byte for the database".to_owned())
    }
}

/// A reader that finds no flaw and no value has met a page beyond what a database can count.
impl From<Vec<Flaw>> for ApiError {
    fn from(flaws: Vec<Flaw>) -> Self {
        if flaws.is_empty() {
            return Self::Internal("the page is out of range".to_owned());
        }
        Self::Schema(flaws)
    }
}

impl From<rusqlite::Error> for ApiError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Internal(error.to_string())
    }
}

impl From<serde_json::Error> for ApiError {
    fn from(error: serde_json::Error) -> Self {
        Self::Internal(error.to_string())
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        match self {
            Self::Unauthorized => {
                let body = json!({"error": "Unauthorized", "detail": "Unauthorized"});
                let mut response = json_value(StatusCode::UNAUTHORIZED, &body);
                response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static(REALM));
                response
            }
            Self::InvalidToken => {
                let challenge = format!(
                    "{REALM}, error=\"invalid_token\", error_description=\"{INVALID_TOKEN}\""
                );
                let body = json!({"error": "invalid_token", "error_description": INVALID_TOKEN});
                // The real one answers this before it adds `x-polar-sandbox`.
                challenged(bare_json(StatusCode::UNAUTHORIZED, &body), &challenge)
            }
            Self::InsufficientScope(scope) => {
                let challenge = format!(
                    "{REALM}, scope=\"{}\", error=\"insufficient_scope\", \
                     error_description=\"{INSUFFICIENT_SCOPE}\"",
                    scope.0.join(" ")
                );
                let body =
                    json!({"error": "insufficient_scope", "error_description": INSUFFICIENT_SCOPE});
                challenged(json_value(StatusCode::FORBIDDEN, &body), &challenge)
            }
            Self::NotFound(detail) => {
                error(StatusCode::NOT_FOUND, "ResourceNotFound", &json!(detail))
            }
            Self::NotPermitted(detail) => {
                error(StatusCode::FORBIDDEN, "NotPermitted", &json!(detail))
            }
            Self::Named(status, name, detail) => error(status, name, &json!(detail)),
            Self::NotImitated(what) => {
                let detail = format!("This sandbox does not imitate {what}.");
                let body = json!({"error": "NotImitated", "detail": detail});
                let mut response = json_value(StatusCode::NOT_IMPLEMENTED, &body);
                if let Ok(reason) = HeaderValue::try_from(detail) {
                    response.headers_mut().insert(REASON, reason);
                }
                response
            }
            Self::Schema(flaws) if flaws.iter().any(|flaw| flaw.kind == Flaw::UNWRITABLE) => {
                Self::Internal("half of a surrogate pair, or no number".to_owned()).into_response()
            }
            Self::Schema(flaws) => flawed("RequestValidationError", &flaws),
            Self::Rules(flaws) => flawed("PolarRequestValidationError", &flaws),
            Self::QueryWithoutOrganization => {
                let msg = "Query is only supported when organization_id is provided.";
                let detail = json!([{"type": "query", "msg": msg}]);
                error(StatusCode::UNPROCESSABLE_ENTITY, "RequestValidationError", &detail)
            }
            Self::CircularEvents => {
                let detail = json!("Circular dependency detected in event parent relationships");
                error(StatusCode::INTERNAL_SERVER_ERROR, "EventError", &detail)
            }
            Self::UnreadableBody => json_value(
                StatusCode::BAD_REQUEST,
                &json!({"detail": "There was an error parsing the body"}),
            ),
            Self::NoRoute => json_value(StatusCode::NOT_FOUND, &json!({"detail": "Not Found"})),
            Self::NoMethod(allowed) => {
                let body = json!({"detail": "Method Not Allowed"});
                let mut response = json_value(StatusCode::METHOD_NOT_ALLOWED, &body);
                response.headers_mut().insert(ALLOW, allowed);
                response
            }
            Self::LengthRequired => bare_json(
                StatusCode::LENGTH_REQUIRED,
                &json!({
                    "error": "LengthRequired",
                    "detail": "A Content-Length header is required.",
                }),
            ),
            Self::TooLarge => bare_json(
                StatusCode::PAYLOAD_TOO_LARGE,
                &json!({"error": "RequestBodyTooLarge", "detail": "Request body too large."}),
            ),
            Self::RateLimited => {
                let mut response = Response::new(Body::empty());
                *response.status_mut() = StatusCode::TOO_MANY_REQUESTS;
                response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("60"));
                response
            }
            Self::Internal(reason) => {
                let mut response = Response::new(Body::from("Internal Server Error"));
                *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
                let headers = response.headers_mut();
                if let Ok(reason) = HeaderValue::try_from(reason) {
                    headers.insert(REASON, reason);
                }
                headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
                response
            }
        }
    }
}

fn error(status: StatusCode, name: &str, detail: &Value) -> Response {
    json_value(status, &json!({"error": name, "detail": detail}))
}

fn flawed(name: &str, flaws: &[Flaw]) -> Response {
    json_value(StatusCode::UNPROCESSABLE_ENTITY, &json!({"error": name, "detail": flaws}))
}

fn challenged(mut response: Response, challenge: &str) -> Response {
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(PRAGMA, HeaderValue::from_static("no-cache"));
    if let Ok(challenge) = HeaderValue::from_str(challenge) {
        headers.insert(WWW_AUTHENTICATE, challenge);
    }
    response
}
