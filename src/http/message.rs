//! Requests and answers.

use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use thiserror::Error;
use url::Url;

use super::{challenge, json};

/// A request that is ready to be sent.
#[derive(Debug, Clone)]
pub struct Request {
    /// Upper case.
    pub method: String,
    /// Starts with exactly one `/`; encoded, with its query.
    pub path: String,
    /// In place of what the client would send under the same names.
    pub headers: HeaderMap,
    /// Sent as it is; `None` sends no body.
    pub body: Option<Vec<u8>>,
    /// Whether the token goes with it.
    pub with_token: bool,
    /// Whether a 307 or 308 within the origin is followed.
    pub redirects: bool,
}

impl Request {
    /// A request with the token, and `body` as JSON where there is one.
    #[must_use]
    pub fn new(method: &str, path: impl Into<String>, body: Option<&serde_json::Value>) -> Self {
        let json = body.map(|_| (CONTENT_TYPE, HeaderValue::from_static("application/json")));
        let body = body.map(|body| body.to_string().into_bytes());
        let (method, path, headers) = (method.to_owned(), path.into(), json.into_iter().collect());
        Self { method, path, headers, body, with_token: true, redirects: true }
    }

    /// Adds a header, in place of one with the same name.
    pub fn set_header(&mut self, name: &str, value: &str) -> Result<(), BadHeader> {
        let (name, value) = header(name, value)?;
        self.headers.insert(name, value);
        Ok(())
    }

    /// Whether sending it twice does nothing twice.
    pub(super) fn is_safe(&self) -> bool {
        matches!(self.method.as_str(), "GET" | "HEAD" | "OPTIONS")
    }
}

/// What follows from a request itself, so that it stays well-formed and goes where it should.
const OWN: [&str; 4] = ["host", "content-length", "transfer-encoding", "connection"];

/// A header that can be sent.
pub fn header(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), BadHeader> {
    let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| BadHeader::Name)?;
    if OWN.contains(&name.as_str()) {
        return Err(BadHeader::Own(name.to_string()));
    }
    let value = HeaderValue::from_str(value).map_err(|_| BadHeader::of(value))?;
    Ok((name, value))
}

/// Why a header cannot be sent. The value is never shown: it may be a secret.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BadHeader {
    /// The name is none.
    #[error("this is not the name of a header, which has letters, digits and `-`")]
    Name,
    /// It follows from the request.
    #[error("`{0}` follows from the request itself: leave it out")]
    Own(String),
    /// A value with this in it.
    #[error("its value holds {0}, which no header can carry")]
    Value(String),
}

impl BadHeader {
    /// What is wrong with `value`. What is beyond ASCII is sent as UTF-8.
    fn of(value: &str) -> Self {
        Self::Value(match value.chars().find(|char| char.is_ascii_control() && *char != '\t') {
            Some('\r' | '\n') => "a line break".to_owned(),
            Some(char) => format!("the control character U+{:04X}", u32::from(char)),
            None => "a character".to_owned(),
        })
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

    /// The values of every header called `name`, which is in lower case.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let named = self.headers.iter().filter(move |(known, _)| known == name);
        named.map(|(_, value)| value.as_str())
    }

    /// The body as JSON.
    #[must_use]
    pub fn json(&self) -> Option<serde_json::Value> {
        json::read(&self.body)
    }

    /// The scopes of which any one would do, as the API itself names them: in the bearer challenge
    /// of a 403 (RFC 6750, and measured on the real API), or in its body. Empty where it names
    /// none.
    #[must_use]
    pub fn needed_scopes(&self) -> Vec<String> {
        let words = |text: &str| {
            let words = text.split([' ', ',']).filter(|word| !word.is_empty());
            words.map(str::to_owned).collect::<Vec<_>>()
        };
        let challenges = challenge::challenges(self);
        let named = challenges
            .iter()
            .filter(|challenge| challenge.is_bearer())
            .find_map(|each| each.get("scope"));
        if let Some(scopes) = named {
            return words(scopes);
        }
        let body = self.json().unwrap_or_default();
        let list =
            ["required_scopes", "required_scope", "scopes", "scope"].iter().map(|key| &body[*key]);
        let found = list.map(|value| match value {
            serde_json::Value::String(text) => words(text),
            serde_json::Value::Array(items) => {
                items.iter().filter_map(|item| Some(item.as_str()?.to_owned())).collect()
            }
            _ => Vec::new(),
        });
        found.into_iter().find(|scopes| !scopes.is_empty()).unwrap_or_default()
    }

    /// Whether the status is 2xx.
    #[must_use]
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}
