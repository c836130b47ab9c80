//! Requests and answers.

use url::Url;

use super::json;

/// A request that is ready to be sent.
#[derive(Debug, Clone)]
pub struct Request {
    /// Upper case.
    pub method: String,
    /// Starts with exactly one `/`; encoded, with its query.
    pub path: String,
    /// Names in any case.
    pub headers: Vec<(String, String)>,
    /// Sent as it is; `None` sends no body.
    pub body: Option<Vec<u8>>,
    /// Whether the token goes with it.
    pub with_token: bool,
}

impl Request {
    /// A request with the token, and `body` as JSON where there is one.
    #[must_use]
    pub fn new(method: &str, path: impl Into<String>, body: Option<&serde_json::Value>) -> Self {
        let headers = body.map(|_| ("content-type".to_owned(), "application/json".to_owned())).into_iter().collect();
        let body = body.map(|body| body.to_string().into_bytes());
        Self { method: method.to_owned(), path: path.into(), headers, body, with_token: true }
    }

    /// Whether sending it twice does nothing twice.
    pub(super) fn is_safe(&self) -> bool {
        matches!(self.method.as_str(), "GET" | "HEAD")
    }
}

/// An answer, read to its end.
#[derive(Debug, Clone)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// Names in lower case; values that are no text have their odd bytes replaced.
    pub headers: Vec<(String, String)>,
    /// Decompressed, at most [`super::MAX_BODY`] bytes.
    pub body: Vec<u8>,
    /// The URL that answered in the end.
    pub url: Url,
}

impl Response {
    /// The first header called `name`, which is in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The body as JSON.
    #[must_use]
    pub fn json(&self) -> Option<serde_json::Value> {
        json::parse(&self.body).ok()
    }

    /// The scopes of which any one would do, as a 403 names them: the `scope="…"` of its
    /// `www-authenticate` (RFC 6750, and measured on the real API).
    #[must_use]
    pub fn needed_scopes(&self) -> Option<&str> {
        let scopes = self.header("www-authenticate")?.split_once("scope=\"")?.1.split_once('"')?.0;
        (!scopes.trim().is_empty()).then_some(scopes)
    }

    /// Whether the status is 2xx.
    #[must_use]
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}
