//! Sending, until somebody interrupts.

use tokio_util::sync::CancellationToken;

use crate::event::Code;
use crate::http::{Client, Failure, Request, Response};

/// Whoever looks for leftovers and removes them.
pub struct Caller<'a> {
    /// The target.
    pub client: &'a Client,
    /// No further request; the one in flight ends.
    pub soon: &'a CancellationToken,
    /// The request in flight is not waited for either.
    pub now: &'a CancellationToken,
    /// Is told when an interruption has to wait for the request in flight.
    pub last: &'a dyn Fn(),
}

/// A request that brought no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Unanswered {
    /// Somebody interrupted.
    Interrupted,
    /// It failed.
    Failed(Failure),
}

impl Caller<'_> {
    /// Sends a request and waits rate limits out. After an interruption a request in flight is waited
    /// for, a rate limit is not.
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
                Err(failure) if self.soon.is_cancelled() && failure.code == Code::RateLimited => {
                    Err(Unanswered::Interrupted)
                }
                answer => answer.map_err(Unanswered::Failed),
            },
            () = interrupted => Err(Unanswered::Interrupted),
        }
    }
}

/// Whether nothing else will be answered either.
pub(super) fn is_hopeless(failure: &Failure) -> bool {
    matches!(failure.code, Code::TargetUnreachable | Code::TlsFailed | Code::RateLimited)
}

/// Why an answer that is no success is none, as it stands after the name of the request.
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
