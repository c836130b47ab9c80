//! How an exchange can fail before there is an answer to check.

use std::error::Error as StdError;
use std::io;

use crate::event::Code;

/// An exchange that brought no usable answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// One of the codes for targets that could not be tested; `NotJson` where all of the body came
    /// and is not compressed as its header says.
    pub code: Code,
    /// What happened, as a fragment that fits after the code's name.
    pub detail: String,
    /// Whether the request may have reached the target, so that what it asks for may have been done.
    pub maybe_done: bool,
}

impl Failure {
    /// A request that did not end in time.
    #[must_use]
    pub fn timed_out(detail: String) -> Self {
        Self { code: Code::TimedOut, detail, maybe_done: true }
    }
}

impl From<reqwest::Error> for Failure {
    fn from(error: reqwest::Error) -> Self {
        if let Some(detail) = chain(&error).find_map(no_tunnel) {
            return Self { code: Code::TargetUnreachable, detail, maybe_done: false };
        }
        let code = if chain(&error).any(is_tls) || error.is_connect() && chain(&error).any(ends_a_handshake) {
            Code::TlsFailed
        } else if error.is_connect() {
            Code::TargetUnreachable
        } else if error.is_timeout() {
            Code::TimedOut
        } else {
            Code::ConnectionLost
        };
        let maybe_done = matches!(code, Code::TimedOut | Code::ConnectionLost);
        Self { code, detail: root_cause(&error), maybe_done }
    }
}

/// The error and everything that caused it.
fn chain<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    let mut next = Some(error);
    std::iter::from_fn(move || {
        let this = next?;
        next = this.source();
        Some(this)
    })
}

/// Whether TLS itself failed. I/O errors wrap each other, and `source` skips over what they wrap.
fn is_tls(error: &(dyn StdError + 'static)) -> bool {
    error.is::<rustls::Error>() || io_inner(error).is_some_and(|inner| is_tls(inner))
}

/// Whether a connection was made, and ended before it was secure: a connection that is refused says
/// so in other ways.
fn ends_a_handshake(error: &(dyn StdError + 'static)) -> bool {
    io_kinds(error).any(|kind| matches!(kind, io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset))
}

/// The kind of an I/O error, and of the one that it wraps.
fn io_kinds(error: &(dyn StdError + 'static)) -> impl Iterator<Item = io::ErrorKind> {
    let outer = error.downcast_ref::<io::Error>();
    let inner = io_inner(error).and_then(|inner| inner.downcast_ref::<io::Error>());
    outer.into_iter().chain(inner).map(io::Error::kind)
}

/// What an I/O error wraps: its `source` skips over the error it was made of.
fn io_inner<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a (dyn StdError + Send + Sync + 'static)> {
    error.downcast_ref::<io::Error>()?.get_ref()
}

/// What a proxy did in place of making a way to the target. The type of such an error has no name
/// outside the crate that it comes from, but its text begins like no other.
fn no_tunnel(error: &(dyn StdError + 'static)) -> Option<String> {
    let text = error.to_string();
    let happened = text.strip_prefix("tunnel error: ")?;
    let why = error.source().map(|source| format!(": {}", root_cause(source))).unwrap_or_default();
    Some(match happened {
        "failed to create underlying connection" => format!("the proxy ({NAMED_BY}) cannot be reached{why}"),
        "proxy authorization required" => {
            format!("the proxy ({NAMED_BY}) wants another user name or password; write http://user:password@proxy:port")
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
