//! A provider's API as a target: live or sandbox, its rate limits, its tokens.

use crate::event::TargetKind;
use crate::http::{BaseUrl, Request, Response};

/// Telling a live API from everything else, so that nothing is written to it by accident.
#[derive(Debug, Clone, Copy)]
pub struct Live {
    /// The host of the live API.
    pub host: &'static str,
    /// The hosts of the API, live and sandbox, that apps and client libraries name.
    pub hosts: &'static [&'static str],
    /// The base URL of the provider's own sandbox, for messages.
    pub sandbox: &'static str,
    /// The one harmless read that tells what a target is.
    pub probe: &'static str,
    /// What the answer to the probe says of a target that is not on this machine. `None` where it
    /// may be live and cannot tell.
    pub kind_of: fn(&Response) -> Option<TargetKind>,
    /// How many requests a minute to send at most; `None` where no limit is known.
    pub requests_a_minute: fn(TargetKind) -> Option<usize>,
}

impl Live {
    /// Whether a base URL names the live API. URL parsing has undone every other spelling: case,
    /// port, escapes, full-width letters, a final dot.
    #[must_use]
    pub fn is_host(&self, base: &BaseUrl) -> bool {
        base.host().eq_ignore_ascii_case(self.host)
    }

    /// The request that tells what a target is.
    #[must_use]
    pub fn probe(&self) -> Request {
        Request::new("GET", self.probe, None)
    }
}

/// What requests authenticate with.
#[derive(Debug, Clone, Copy)]
pub struct Token {
    /// The environment variable that holds the token.
    pub variable: &'static str,
    /// What tokens of every kind begin with.
    pub family: &'static str,
    /// What tokens of an organization begin with.
    pub prefix: &'static str,
}
