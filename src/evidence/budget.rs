//! How much a run keeps of what passed between, however many steps it has.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::event::{Body, Headers, KEPT, KEPT_PASSED, Status, StepResult};

/// What all steps together keep, in bytes: those that passed, and the others.
const PASSED: usize = 16 * 1024 * 1024;
const OTHERS: usize = 64 * 1024 * 1024;

/// What is left of it.
#[derive(Debug)]
pub struct Budget {
    passed: AtomicUsize,
    others: AtomicUsize,
}

impl Default for Budget {
    fn default() -> Self {
        Self { passed: PASSED.into(), others: OTHERS.into() }
    }
}

impl Budget {
    /// Cuts what a step keeps, which is over, to its share. More stays than is shown, so that a
    /// secret across the end is found.
    pub fn cut(&self, step: &mut StepResult) {
        let (left, limit) = match step.status {
            Status::Passed | Status::Skipped => (&self.passed, KEPT_PASSED),
            _ => (&self.others, KEPT),
        };
        let mut cost = 0;
        each(step, &mut |headers, body| {
            headers.cut(limit);
            cost += headers.len();
            if let Some(body) = body {
                body.cut(2 * limit);
                cost += body.text.len();
            }
        });
        let take = |left: usize| left.checked_sub(cost);
        if left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).is_err() {
            each(step, &mut |headers, body| {
                *headers = Headers::default();
                if let Some(body) = body.filter(|body| !body.text.is_empty()) {
                    *body = Body { text: String::new(), cut: true };
                }
            });
        }
    }
}

/// Calls `visit` with each message of a step.
fn each(step: &mut StepResult, visit: &mut impl FnMut(&mut Headers, Option<&mut Body>)) {
    if let Some(request) = &mut step.request {
        visit(&mut request.headers, request.body.as_mut());
    }
    if let Some(response) = &mut step.response {
        visit(&mut response.headers, Some(&mut response.body));
    }
    for event in step.event.iter_mut().chain(&mut step.arrived) {
        visit(&mut event.headers, Some(&mut event.payload));
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::event::{RequestSummary, ResponseSummary, StepKind};

    /// A step with a large request and a large answer.
    fn step(status: Status) -> StepResult {
        let headers = || Headers(vec![("x-long".to_owned(), "v".repeat(50_000)); 3]);
        let body = || Body::of(&vec![b'b'; 200_000]);
        let request = RequestSummary {
            method: "PUT".to_owned(),
            url: "http://x/".to_owned(),
            attempts: 1,
            headers: headers(),
            body: Some(body()),
            token: None,
        };
        StepResult {
            name: "step".to_owned(),
            kind: StepKind::Request,
            status,
            at: Duration::ZERO,
            duration: Duration::ZERO,
            line: 1,
            note: None,
            reason: None,
            calls: Vec::new(),
            rate_limited: Vec::new(),
            request: Some(request),
            response: Some(ResponseSummary { status: 200, headers: headers(), body: body() }),
            event: None,
            arrived: Vec::new(),
            checks: Vec::new(),
            diagnosis: None,
        }
    }

    fn kept(step: &mut StepResult) -> usize {
        let mut kept = 0;
        each(step, &mut |headers, body| {
            kept += headers.len() + body.map_or(0, |body| body.text.capacity());
        });
        kept
    }

    #[test]
    fn ten_thousand_steps_keep_no_more_than_the_budget() {
        let budget = Budget::default();
        for (status, most) in [(Status::Passed, PASSED), (Status::Failed, OTHERS)] {
            let mut all = 0;
            let kept = (0..10_000).map(|_| {
                let mut step = step(status);
                budget.cut(&mut step);
                all += kept(&mut step);
                kept(&mut step)
            });
            let kept: Vec<_> = kept.collect();
            assert!(kept[0] > 0 && all <= most && all > most / 2, "{status:?}: {all}");
            // A step that comes too late says that its bodies are cut.
            let mut late = step(status);
            budget.cut(&mut late);
            let body = late.response.as_ref().map(|response| response.body.clone());
            assert_eq!(body, Some(Body { text: String::new(), cut: true }));
        }
    }
}
