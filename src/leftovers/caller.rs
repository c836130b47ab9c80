//! Sending, until somebody interrupts.

use std::cell::Cell;
use std::time::{Duration, Instant};

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
    /// Is told what holds things up.
    pub tell: &'a dyn Fn(Wait),
}

/// What is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wait {
    /// The rate limit, for so long.
    Limit(Duration),
    /// The request in flight, after an interruption.
    Last,
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
        let (resting, answered) = (Cell::new(None), CancellationToken::new());
        let on_wait = |wait: Duration| {
            resting.set(Instant::now().checked_add(wait));
            if self.soon.is_cancelled() {
                answered.cancel();
            } else {
                (self.tell)(Wait::Limit(wait));
            }
        };
        let interrupted = async {
            self.soon.cancelled().await;
            // In flight, unless the rate limit is waited out; and then it is not sent again.
            if resting.get().is_none_or(|until| until <= Instant::now()) {
                (self.tell)(Wait::Last);
                tokio::select! {
                    () = answered.cancelled() => {}
                    () = self.now.cancelled() => {}
                }
            }
        };
        tokio::select! {
            answer = self.client.send(request, on_wait) => answer.map_err(Unanswered::Failed),
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
    match (response.status, response.needed_scopes()) {
        (401, _) => "is 401: the API refuses the token; give a valid one with --token-file".to_owned(),
        (403, Some(scopes)) => {
            let scopes = scopes.split_whitespace().collect::<Vec<_>>().join(" or ");
            format!("is 403: the token needs the scope {scopes}")
        }
        (status, _) => format!("is {status}"),
    }
}
