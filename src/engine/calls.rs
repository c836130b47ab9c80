//! What a step sends, noted as it goes: each request with its time, and the waits for rate limits.

use std::cell::RefCell;
use std::time::{Duration, Instant};

use crate::event::{Call, RateLimitWait, StepResult};
use crate::http::Next;

/// The most of them that a report has of one step; a poll sends as many as it takes.
const MOST: usize = 500;

/// The requests of one step.
pub(super) struct Calls {
    began: Instant,
    noted: RefCell<Noted>,
}

#[derive(Default)]
struct Noted {
    sent: u32,
    calls: Vec<Call>,
    waits: Vec<RateLimitWait>,
    open: Option<(String, Instant)>,
    waiting: Option<Instant>,
}

impl Calls {
    /// Counts from the beginning of the run.
    pub(super) fn since(began: Instant) -> Self {
        Self { began, noted: RefCell::default() }
    }

    /// A request is about to wait or to be sent.
    pub(super) fn about_to(&self, next: Next, what: impl FnOnce() -> String) {
        // Only a refusal by a rate limit sends a request again.
        self.answered(Some(429));
        let (now, mut noted) = (Instant::now(), self.noted.borrow_mut());
        if let Some(since) = noted.waiting.take()
            && noted.waits.len() < MOST
        {
            noted.waits.push(RateLimitWait { at: since - self.began, duration: now - since });
        }
        match next {
            Next::Wait(_) => noted.waiting = Some(now),
            Next::Attempt => {
                noted.sent += 1;
                noted.open = Some((what(), now));
            }
        }
    }

    /// The answer to the last request came, or `None` did.
    pub(super) fn answered(&self, status: Option<u16>) {
        let open = self.noted.borrow_mut().open.take();
        if let Some((what, at)) = open {
            self.add(what, at, at.elapsed(), status);
        }
    }

    /// A request with its answer; several may go side by side.
    pub(super) fn add(&self, what: String, at: Instant, took: Duration, status: Option<u16>) {
        let mut noted = self.noted.borrow_mut();
        if noted.calls.len() < MOST {
            noted.calls.push(Call { what, at: at - self.began, duration: took, status });
        }
    }

    /// How often something was sent.
    pub(super) fn sent(&self) -> u32 {
        self.noted.borrow().sent
    }

    /// Hands over what was noted.
    pub(super) fn report(self, result: &mut StepResult) {
        self.answered(None);
        let Noted { mut calls, mut waits, waiting, .. } = self.noted.into_inner();
        // Given up by the end of the run.
        waits.extend(
            waiting.map(|at| RateLimitWait { at: at - self.began, duration: at.elapsed() }),
        );
        calls.sort_by_key(|call| call.at);
        (result.calls, result.rate_limited) = (calls, waits);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::StepKind;

    #[test]
    fn a_request_that_is_refused_and_sent_again_is_two_calls_and_a_wait() {
        let calls = Calls::since(Instant::now());
        let what = || "GET /".to_owned();
        calls.about_to(Next::Attempt, what);
        calls.about_to(Next::Wait(Duration::from_secs(1)), what);
        calls.about_to(Next::Attempt, what);
        calls.answered(Some(200));
        calls.about_to(Next::Attempt, what);
        assert_eq!(calls.sent(), 3);
        let mut result = crate::engine::scenario::nothing("a step", StepKind::Request, 1);
        calls.report(&mut result);
        let statuses: Vec<_> = result.calls.iter().map(|call| call.status).collect();
        assert_eq!((statuses, result.rate_limited.len()), (vec![Some(429), Some(200), None], 1));
        assert!(result.calls.is_sorted_by_key(|call| call.at));
    }

    #[test]
    fn a_report_has_no_more_than_a_bound() {
        let (began, mut result) =
            (Instant::now(), crate::engine::scenario::nothing("a step", StepKind::Request, 1));
        let calls = Calls::since(began);
        (0..MOST + 5).for_each(|_| calls.add("GET /".to_owned(), began, Duration::ZERO, None));
        calls.report(&mut result);
        assert_eq!(result.calls.len(), MOST);
    }
}
