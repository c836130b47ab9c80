//! The base URL of the API under test.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use thiserror::Error;
use url::{Host, Url};

/// What RFC 3986 never requires to be encoded.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// `text` as one segment of a path, or as one value of a query.
#[must_use]
pub fn encode(text: &str) -> String {
    utf8_percent_encode(text, ENCODED).to_string()
}

/// Whether a URL points at this machine: `localhost`, `*.localhost`, 127.0.0.0/8 or `::1`.
#[must_use]
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => {
            let name = name.trim_end_matches('.');
            name == "localhost" || name.ends_with(".localhost")
        }
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => {
            address.is_loopback()
                || address.to_ipv4_mapped().is_some_and(|mapped| mapped.is_loopback())
        }
        None => false,
    }
}

/// A checked base URL. Paths are appended to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseUrl {
    url: Url,
}

/// Why a URL cannot be a base URL. Each message follows the URL in a sentence, because the URL
/// itself may hold a secret.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BaseUrlError {
    /// It does not parse.
    #[error("is not a URL ({0})")]
    Unreadable(#[from] url::ParseError),
    /// Neither `http` nor `https`, or no host.
    #[error("is not an http or https URL")]
    NotHttp,
    /// A user name or a password in the URL.
    #[error("holds a user name or a password; leave it out, and give a token with --token-file")]
    Credentials,
    /// A query or a fragment.
    #[error("has a query or a fragment; leave out everything from `?` or `#` on")]
    Query,
    /// `http` to somewhere else.
    #[error(
        "is not encrypted, and the token would be readable on the way; use https, except to this \
        machine"
    )]
    Insecure,
}

impl BaseUrl {
    /// Reads and checks a base URL.
    pub fn parse(text: &str) -> Result<Self, BaseUrlError> {
        let url = Url::parse(text.trim())?;
        if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
            return Err(BaseUrlError::NotHttp);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(BaseUrlError::Credentials);
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(BaseUrlError::Query);
        }
        Ok(Self { url })
    }

    /// Whether it may be used at all: `https`, or this machine.
    pub fn require_secure(&self) -> Result<(), BaseUrlError> {
        if self.is_https() || self.is_loopback() {
            return Ok(());
        }
        Err(BaseUrlError::Insecure)
    }

    /// Whether connections are encrypted.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.url.scheme() == "https"
    }

    /// Whether it points at this machine: see [`is_loopback`].
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.url)
    }

    /// Scheme, host and port, as the header `origin` has them.
    #[must_use]
    pub fn origin(&self) -> String {
        self.url.origin().ascii_serialization()
    }

    /// What is below the base of a URL of this origin: its path with its query. `None` where it is
    /// not below.
    #[must_use]
    pub fn path_of(&self, url: &Url) -> Option<String> {
        let path = url.path().strip_prefix(self.url.path().trim_end_matches('/'))?;
        let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
        Some(format!("{path}{query}"))
    }

    /// The host as it is looked up, where it is a name.
    pub(super) fn name(&self) -> Option<&str> {
        self.url.domain()
    }

    /// The whole URL, with a slash at its end where one was given.
    #[must_use]
    pub fn as_given(&self) -> String {
        self.url.to_string()
    }

    /// The path, which starts with a slash.
    #[must_use]
    pub fn path(&self) -> &str {
        self.url.path()
    }

    /// The host in lower case without the dot that may end it.
    #[must_use]
    pub fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default().trim_end_matches('.')
    }

    /// The URL of `path`, which starts with exactly one `/`, or `None` where it would leave the
    /// origin.
    #[must_use]
    pub fn join(&self, path: &str) -> Option<Url> {
        if !path.starts_with('/') || path.starts_with("//") || path.starts_with("/\\") {
            return None;
        }
        let below = self.url.path().trim_end_matches('/');
        // Joining leaves out the host, which takes longest to read. A second slash would begin one.
        let url = if below.starts_with("//") {
            Url::parse(&format!("{self}{path}"))
        } else {
            self.url.join(&format!("{below}{path}"))
        };
        url.ok().filter(|url| self.owns(url))
    }

    /// Whether `url` is of this origin.
    #[must_use]
    pub fn owns(&self, url: &Url) -> bool {
        url.origin() == self.url.origin() && url.username().is_empty() && url.password().is_none()
    }
}

impl std::fmt::Display for BaseUrl {
    /// Without a trailing slash, so that a path can follow.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.url.as_str().trim_end_matches('/'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base(text: &str) -> BaseUrl {
        BaseUrl::parse(text).unwrap()
    }

    #[test]
    fn a_path_is_appended_whatever_the_slashes() {
        for text in
            ["http://localhost:1/api", "http://localhost:1/api/", "http://localhost:1/api//"]
        {
            assert_eq!(
                base(text).join("/v1/x/?a=b").unwrap().as_str(),
                "http://localhost:1/api/v1/x/?a=b",
                "{text}"
            );
        }
        assert_eq!(base("https://[::1]:8443").to_string(), "https://[::1]:8443");
    }

    #[test]
    fn a_joined_path_is_what_the_whole_url_would_be() {
        for text in [
            "https://api.example",
            "http://[::1]:8443/a/b/",
            "http://127.1:1//x//",
            "http://h/%2f/",
        ] {
            let base = base(text);
            for path in [
                "/",
                "/a/../../b/.",
                "/%2e%2E/x",
                "/a\\..\\b",
                "/é ü?q=é&r=/../x#f",
                "/a//b?",
                "/:80/@x",
            ] {
                let whole = Url::parse(&format!("{base}{path}")).unwrap();
                assert_eq!(base.join(path), Some(whole), "{text} {path}");
            }
        }
    }

    #[test]
    fn nothing_leaves_the_origin() {
        for path in [
            "",
            "x",
            "//evil.example/x",
            "/\\evil.example",
            "@evil.example/x",
            ".evil.example",
            ":80@evil.example",
        ] {
            assert_eq!(base("https://api.example").join(path), None, "{path}");
        }
    }

    #[test]
    fn loopback_is_this_machine_and_nothing_that_looks_like_it() {
        for text in [
            "http://127.0.0.1",
            "http://127.9.9.9:80",
            "http://[::1]",
            "http://LOCALHOST.",
            "http://0x7f.1",
            "http://[::ffff:127.0.0.1]",
            "http://a.localhost",
        ] {
            assert!(base(text).is_loopback(), "{text}");
            assert_eq!(base(text).require_secure(), Ok(()));
        }
        for text in [
            "http://localhost.evil.example",
            "http://127.0.0.1.evil.example",
            "http://10.0.0.1",
            "http://0.0.0.0",
            "http://[::]",
        ] {
            assert!(!base(text).is_loopback(), "{text}");
            assert!(matches!(base(text).require_secure(), Err(BaseUrlError::Insecure)), "{text}");
        }
    }

    #[test]
    fn what_is_no_base_url_is_refused() {
        assert!(matches!(BaseUrl::parse("sandbox-api.polar.sh"), Err(BaseUrlError::Unreadable(_))));
        assert!(matches!(BaseUrl::parse("localhost:4010"), Err(BaseUrlError::NotHttp)));
        assert!(matches!(BaseUrl::parse("ftp://x"), Err(BaseUrlError::NotHttp)));
        assert!(matches!(BaseUrl::parse("https://a:b@c"), Err(BaseUrlError::Credentials)));
        assert!(matches!(BaseUrl::parse("https://c/?x"), Err(BaseUrlError::Query)));
    }
}
