//! The cookies of one scenario: answers set them, and the requests after them carry them.

use cookie_store::{CookieStore, RawCookie};
use url::Url;

use crate::http::{BaseUrl, Request, Response, is_loopback};

/// The cookies of one scenario. The store knows whose they are and how long they last.
#[derive(Debug, Default, Clone)]
pub(super) struct Cookies(CookieStore);

impl Cookies {
    /// Keeps what an answer sets.
    pub(super) fn keep(&mut self, answer: &Response) {
        for header in set_by(answer) {
            // What is not a cookie, or not one of this host, sets nothing.
            let _ = self.0.parse(header, &secure(&answer.url));
        }
    }

    /// Adds the cookies for a request that does not have its own.
    pub(super) fn add(&self, request: &mut Request, base: &BaseUrl) {
        if self.0.iter_any().next().is_none() || request.headers.contains_key("cookie") {
            return;
        }
        let Some(url) = base.join(&request.path) else { return };
        let url = secure(&url);
        let pairs = self.0.get_request_values(&url).map(|(name, value)| format!("{name}={value}"));
        let pairs = pairs.collect::<Vec<_>>().join("; ");
        if !pairs.is_empty() {
            // A value that no header can carry came in one, so there is none.
            let _ = request.set_header("cookie", &pairs);
        }
    }
}

/// The URL by which cookies are looked up. This machine counts as secure, as it does for browsers:
/// `Secure` cookies go there over plain http as well.
fn secure(url: &Url) -> Url {
    let mut secure = url.clone();
    if url.scheme() == "http" && is_loopback(url) {
        // From http to https is a change that a URL allows.
        let _ = secure.set_scheme("https");
    }
    secure
}

/// Every `set-cookie` header of an answer.
fn set_by(answer: &Response) -> impl Iterator<Item = &str> {
    answer.all("set-cookie")
}

/// The value that an answer gives to a cookie last.
pub(super) fn set(answer: &Response, name: &str) -> Option<String> {
    let cookies = set_by(answer).filter_map(|header| RawCookie::parse(header).ok());
    cookies.filter(|cookie| cookie.name() == name).last().map(|cookie| cookie.value().to_owned())
}
