//! Sends requests until the user interrupts.

use tokio_util::sync::CancellationToken;

use crate::http::{Client, Failure, FailureKind, Request, Response};
use crate::provider::Provider;

/// Sends what finds and removes leftovers.
pub struct Caller<'a> {
    /// The target.
    pub client: &'a Client,
    /// The provider that it speaks like.
    pub provider: &'a Provider,
    /// No further request; the one in flight ends.
    pub soon: &'a CancellationToken,
    /// The request in flight is not waited for either.
    pub now: &'a CancellationToken,
    /// Called when an interruption waits for the request in flight.
    pub last: &'a dyn Fn(),
}

/// A request that brought no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Unanswered {
    /// The user interrupted.
    Interrupted,
    /// It failed.
    Failed(Failure),
}

impl Caller<'_> {
    /// Sends a request and waits rate limits out. After an interruption a request in flight is
    /// waited for, a rate limit is not.
    pub(super) async fn send(&self, request: &Request) -> Result<Response, Unanswered> {
        if self.soon.is_cancelled() {
            return Err(Unanswered::Interrupted);
        }
        let client = self.client.until(self.soon);
        let interrupted = async {
            self.soon.cancelled().await;
            (self.last)();
            self.now.cancelled().await;
        };
        tokio::select! {
            // First: a wait for a rate limit has ended already, and nothing is in flight.
            biased;
            answer = client.send(request) => match answer {
                Err(failure) if self.soon.is_cancelled() && failure.kind == FailureKind::RateLimited => {
                    Err(Unanswered::Interrupted)
                }
                answer => answer.map_err(Unanswered::Failed),
            },
            () = interrupted => Err(Unanswered::Interrupted),
        }
    }
}

/// Whether every other request would fail as well.
pub(super) fn is_hopeless(failure: &Failure) -> bool {
    matches!(failure.kind, FailureKind::Unreachable | FailureKind::Tls | FailureKind::RateLimited)
}

/// Why the API refuses, as it reads after the name of the request.
pub(super) fn refusal(response: &Response) -> String {
    let (status, scopes) = (response.status, response.needed_scopes());
    match (status, response.in_front()) {
        (401 | 403 | 503, Some(seen)) => {
            format!("is {status} from something in front of the API ({seen})")
        }
        (401, _) => {
            "is 401: the API refuses the token; give a valid one with --token-file".to_owned()
        }
        (403, _) if !scopes.is_empty() => {
            format!("is 403: the token needs the scope {}", scopes.join(" or "))
        }
        _ => format!("is {status}"),
    }
}
