//! How an exchange can fail before there is an answer to check.

use std::error::Error as StdError;
use std::io;

/// The most that is read of a body, in bytes.
pub const MAX_BODY: usize = 10 * 1024 * 1024;

/// Why an exchange brought no usable answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureKind {
    /// No connection was made.
    Unreachable,
    /// No secure connection could be agreed on.
    Tls,
    /// No whole answer came in time.
    TimedOut,
    /// The connection ended early, or carried something other than HTTP.
    ConnectionLost,
    /// The rate limit outlasted the wait.
    RateLimited,
    /// The target refuses the token.
    Unauthorized,
    /// The whole body came, and is not compressed as its header says.
    Undecodable,
}

/// An exchange that brought no usable answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What kind of failure this is.
    pub kind: FailureKind,
    /// What happened, as a fragment that fits after the kind's name.
    pub detail: String,
    /// What to try, where the kind alone does not say it.
    pub hint: Option<&'static str>,
    /// Whether the request may have reached the target, and may have been carried out.
    pub maybe_done: bool,
}

impl Failure {
    /// A request that did not end in time.
    #[must_use]
    pub fn timed_out(detail: String) -> Self {
        Self { maybe_done: true, ..Self::new(FailureKind::TimedOut, detail) }
    }

    /// A body that goes on after [`MAX_BODY`].
    #[must_use]
    pub fn too_large() -> Self {
        let detail = format!("the answer is larger than {} MiB", MAX_BODY / 1024 / 1024);
        let failure = Self { maybe_done: true, ..Self::new(FailureKind::ConnectionLost, detail) };
        failure.with_hint("No real answer is that long: look at what the target writes there.")
    }

    /// A request of which nothing was done.
    #[must_use]
    pub fn new(kind: FailureKind, detail: impl Into<String>) -> Self {
        Self { kind, detail: detail.into(), hint: None, maybe_done: false }
    }

    /// The same, with what to try.
    #[must_use]
    pub fn with_hint(self, hint: &'static str) -> Self {
        Self { hint: Some(hint), ..self }
    }
}

impl From<reqwest::Error> for Failure {
    fn from(error: reqwest::Error) -> Self {
        if let Some(detail) = chain(&error).find_map(no_tunnel) {
            return Self::new(FailureKind::Unreachable, detail)
                .with_hint("Check the proxy that the environment names, or put the target's host into NO_PROXY.");
        }
        let kind = if chain(&error).any(is_tls)
            || error.is_connect() && chain(&error).any(ends_a_handshake)
        {
            FailureKind::Tls
        } else if error.is_connect() {
            FailureKind::Unreachable
        } else if error.is_timeout() {
            FailureKind::TimedOut
        } else {
            FailureKind::ConnectionLost
        };
        let maybe_done = matches!(kind, FailureKind::TimedOut | FailureKind::ConnectionLost);
        let (detail, hint) = in_plain_words(kind, &root_cause(&error));
        Self { kind, detail, hint, maybe_done }
    }
}

/// The error and everything that caused it.
fn chain<'a>(
    error: &'a (dyn StdError + 'static),
) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    let mut next = Some(error);
    std::iter::from_fn(move || {
        let this = next?;
        next = this.source();
        Some(this)
    })
}

/// What the libraries say, for people who do not know their words, and what to try.
fn in_plain_words(kind: FailureKind, said: &str) -> (String, Option<&'static str>) {
    let closed = |what: &str| format!("the connection was closed before {what} had come");
    match kind {
        FailureKind::Tls if said.contains("InvalidContentType") => (
            format!("what answers there speaks no TLS ({said})"),
            Some(
                "Write http:// for a server on this machine; elsewhere the port has to be the one \
                 for https.",
            ),
        ),
        FailureKind::Tls if said.contains("UnknownIssuer") => (
            format!("the certificate was issued by an authority that is not trusted here ({said})"),
            Some(
                "Give that authority's certificate, or a self-signed one itself, with --cacert \
                 FILE (PEM).",
            ),
        ),
        FailureKind::Tls if said.contains("CaUsedAsEndEntity") => (
            format!(
                "the certificate is one of an authority, and no server may show that itself \
                 ({said})"
            ),
            Some(
                "Have the authority issue a certificate for the host name (a self-signed one with \
                 CA:FALSE does as \
                 well), and give the issuer's with --cacert FILE.",
            ),
        ),
        FailureKind::ConnectionLost
            if said.starts_with("end of file before message")
                || said.starts_with("unexpected EOF") =>
        {
            (closed("all of the answer"), None)
        }
        FailureKind::ConnectionLost if said.starts_with("connection closed before message") => (
            closed("an answer"),
            Some(
                "Look at the target's log; a crash of its handler looks like this. So does http:// \
                 to a port that \
                 wants https://.",
            ),
        ),
        FailureKind::ConnectionLost if said.starts_with("invalid HTTP") => (
            format!("the answer is not HTTP ({said})"),
            Some(
                "Check the port of --base-url: something else answers there, or it wants https:// \
                 for http://.",
            ),
        ),
        _ => (said.to_owned(), None),
    }
}

/// Whether TLS itself failed. I/O errors wrap each other, and `source` skips over what they wrap.
fn is_tls(error: &(dyn StdError + 'static)) -> bool {
    error.is::<rustls::Error>() || io_inner(error).is_some_and(|inner| is_tls(inner))
}

/// Whether a connection was made, and ended before it was secure: a connection that is refused says
/// so in other ways.
fn ends_a_handshake(error: &(dyn StdError + 'static)) -> bool {
    io_kinds(error)
        .any(|kind| matches!(kind, io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset))
}

/// The kind of an I/O error, and of the one that it wraps.
fn io_kinds(error: &(dyn StdError + 'static)) -> impl Iterator<Item = io::ErrorKind> {
    let outer = error.downcast_ref::<io::Error>();
    let inner = io_inner(error).and_then(|inner| inner.downcast_ref::<io::Error>());
    outer.into_iter().chain(inner).map(io::Error::kind)
}

/// What an I/O error wraps: its `source` skips over the error it was made of.
fn io_inner<'a>(
    error: &'a (dyn StdError + 'static),
) -> Option<&'a (dyn StdError + Send + Sync + 'static)> {
    error.downcast_ref::<io::Error>()?.get_ref()
}

/// What a proxy did in place of making a way to the target. The type of such an error has no name
/// outside the crate that it comes from, but its text begins like no other.
fn no_tunnel(error: &(dyn StdError + 'static)) -> Option<String> {
    let text = error.to_string();
    let happened = text.strip_prefix("tunnel error: ")?;
    let why = error.source().map(|source| format!(": {}", root_cause(source))).unwrap_or_default();
    Some(match happened {
        "failed to create underlying connection" => {
            format!("the proxy ({NAMED_BY}) cannot be reached{why}")
        }
        "proxy authorization required" => {
            format!(
                "the proxy ({NAMED_BY}) wants another user name or password; write \
                 http://user:password@proxy:port"
            )
        }
        _ => format!("the proxy ({NAMED_BY}) makes no connection to the target: {happened}{why}"),
    })
}

/// Where people name a proxy.
const NAMED_BY: &str = "see HTTPS_PROXY and ALL_PROXY";

/// The innermost message: the outer ones only say that sending failed.
fn root_cause(outermost: &(dyn StdError + 'static)) -> String {
    let innermost = chain(outermost).last().unwrap_or(outermost);
    io_inner(innermost).map_or_else(|| innermost.to_string(), ToString::to_string)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_libraries_are_put_plainly() {
        for (kind, said, told, hint) in [
            (
                FailureKind::Tls,
                "received corrupt message of type InvalidContentType",
                "speaks no TLS",
                "http://",
            ),
            (
                FailureKind::Tls,
                "invalid peer certificate: UnknownIssuer",
                "is not trusted here",
                "--cacert",
            ),
            (
                FailureKind::Tls,
                "invalid peer certificate: Other(OtherError(CaUsedAsEndEntity))",
                "authority",
                "CA:FALSE",
            ),
            (
                FailureKind::ConnectionLost,
                "connection closed before message completed",
                "before an answer",
                "https://",
            ),
            (
                FailureKind::ConnectionLost,
                "invalid HTTP version parsed",
                "is not HTTP (invalid HTTP version",
                "port",
            ),
        ] {
            let (detail, found) = in_plain_words(kind, said);
            assert!(detail.contains(told), "{detail}");
            assert!(found.is_some_and(|found| found.contains(hint)), "{found:?}");
        }
        let (cut, hint) = in_plain_words(
            FailureKind::ConnectionLost,
            "end of file before message length reached",
        );
        assert_eq!(
            (cut.as_str(), hint),
            ("the connection was closed before all of the answer had come", None)
        );
        assert_eq!(
            in_plain_words(FailureKind::Unreachable, "Connection refused"),
            ("Connection refused".to_owned(), None)
        );
    }
}
