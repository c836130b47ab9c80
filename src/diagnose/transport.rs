//! Targets that gave no usable answer.

use super::finding::Finding;
use crate::event::Code;
use crate::http::{Failure, FailureKind};
use crate::provider::Token;

/// What to check where a token is refused, up to the end of the sentence.
pub(super) const TOKEN: &str = "Check that the token belongs to this environment (a sandbox token \
    does not work in production, nor the other way round) and has not expired";

/// Explains a request without an answer.
pub(super) fn explain(failure: &Failure, token: &Token) -> Finding {
    let detail = &failure.detail;
    let bad_token = format!("{TOKEN}; set {} or give --token-file FILE.", token.variable);
    let (message, hint) = match failure.kind {
        FailureKind::Unreachable => (
            format!("No connection to the target could be made: {detail}."),
            "Check --base-url, and that the server is running and reachable from here.",
        ),
        FailureKind::TimedOut => (
            format!("The target did not answer in time: {detail}."),
            "Try again, or give it longer with --timeout 30s; a server that serves one connection \
             at a time wants --jobs 1. If it stays like this, look at what the target waits for.",
        ),
        FailureKind::Tls => (
            format!("No secure connection to the target could be agreed on: {detail}."),
            "Check the host name and the certificate of the target; one of a private authority \
             needs --cacert FILE, and a server on this machine without TLS wants http://.",
        ),
        FailureKind::Unauthorized => {
            (format!("The target wants a valid token: {detail}."), &*bad_token)
        }
        FailureKind::RateLimited => (
            format!("The target limits requests, and the limit did not pass: {detail}."),
            "Run again when that is over, or let requests wait longer with --rate-limit-wait; \
             fewer scenarios (`tieback run NAME`) need fewer requests.",
        ),
        FailureKind::Undecodable => (
            format!("The answer is not compressed as its content-encoding says: {detail}."),
            "Check what compresses the answer, or labels it as compressed, on its way here.",
        ),
        FailureKind::ConnectionLost => (
            format!("The target gave no whole answer: {detail}."),
            "Look at the target's log; a crash of its handler looks like this.",
        ),
    };
    Finding::new(failure.kind.into(), message, failure.hint.unwrap_or(hint))
}

impl From<FailureKind> for Code {
    fn from(kind: FailureKind) -> Self {
        match kind {
            FailureKind::Unreachable => Self::TargetUnreachable,
            FailureKind::Tls => Self::TlsFailed,
            FailureKind::TimedOut => Self::TimedOut,
            FailureKind::ConnectionLost => Self::ConnectionLost,
            FailureKind::RateLimited => Self::RateLimited,
            FailureKind::Unauthorized => Self::Unauthorized,
            FailureKind::Undecodable => Self::NotJson,
        }
    }
}
