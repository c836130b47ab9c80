//! The servers that a run talks to.

use tokio_util::sync::CancellationToken;

use crate::http::{Client, FailureKind};
use crate::scenario::TargetName;

/// The servers that a run talks to, by name. A client carries what belongs to its target alone: the
/// base URL, the credentials and what may be printed of them.
#[derive(Debug, Clone)]
pub struct Targets {
    api: Client,
}

impl Targets {
    /// The billing API, and no other server.
    #[must_use]
    pub fn api(api: Client) -> Self {
        Self { api }
    }

    /// The client of one target.
    #[must_use]
    pub fn client(&self, name: TargetName) -> &Client {
        match name {
            TargetName::Api => &self.api,
        }
    }

    /// The same targets, whose requests wait for no rate limit once `stop` is cancelled.
    pub(super) fn until(&self, stop: &CancellationToken) -> Self {
        Self { api: self.api.until(stop) }
    }
}

/// Why nothing more can be sent to a target after a failure, if that is so.
pub(super) fn down(kind: FailureKind) -> Option<&'static str> {
    match kind {
        FailureKind::Unreachable | FailureKind::Tls => Some("the target cannot be reached"),
        FailureKind::Unauthorized => Some("the target answers 401"),
        FailureKind::RateLimited => Some("the target's rate limit does not pass"),
        FailureKind::TimedOut | FailureKind::ConnectionLost | FailureKind::Undecodable => None,
    }
}
