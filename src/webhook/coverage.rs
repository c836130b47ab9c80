//! Tracks coverage gaps: what is sent during a gap may be lost, so an event that is missing then is
//! inconclusive.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// The gaps of a source, and their reasons.
#[derive(Debug, Default)]
pub struct Coverage {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Why there is a gap now.
    gap_now: Option<String>,
    /// When the last gap ended, and why there was one.
    gap: Option<(Instant, String)>,
    /// Why the gap lasts to the end of the run.
    lost: Option<String>,
}

impl Coverage {
    /// Begins a gap; `why` is a sentence fragment.
    pub fn lose(&self, why: String) {
        self.lock().gap_now = Some(why);
    }

    /// Begins a gap that lasts to the end of the run; `why` is a sentence fragment.
    pub fn lose_for_good(&self, why: &str) {
        self.lock().lost.get_or_insert_with(|| why.to_owned());
    }

    /// Notes a gap of this moment only; `why` is a sentence fragment.
    pub fn miss(&self, why: impl Into<String>) {
        self.lock().gap = Some((Instant::now(), why.into()));
    }

    /// Ends a gap. `caught_up` where nothing was lost in between.
    pub fn regain(&self, caught_up: bool) {
        let mut state = self.lock();
        if let Some(why) = state.gap_now.take().filter(|_| !caught_up) {
            state.gap = Some((Instant::now(), why));
        }
    }

    /// Why something that was sent after `start` may have been missed, if there was a gap.
    #[must_use]
    pub fn gap_since(&self, start: Instant) -> Option<String> {
        let state = self.lock();
        let gap =
            || state.gap.as_ref().filter(|(end, _)| *end >= start).map(|(_, why)| why.clone());
        state.gap_now.clone().or_else(|| state.lost.clone()).or_else(gap)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_sent_during_a_gap_may_be_lost_and_nothing_else() {
        let coverage = Coverage::default();
        let before = Instant::now();
        assert_eq!(coverage.gap_since(before), None);
        coverage.lose("it broke off".to_owned());
        assert_eq!(coverage.gap_since(Instant::now()).as_deref(), Some("it broke off"));
        coverage.regain(false);
        assert_eq!(coverage.gap_since(before).as_deref(), Some("it broke off"));
        assert_eq!(coverage.gap_since(Instant::now() + std::time::Duration::from_secs(1)), None);
    }

    #[test]
    fn what_is_lost_for_good_does_not_come_back() {
        let coverage = Coverage::default();
        coverage.lose_for_good("too many");
        coverage.lose("it failed".to_owned());
        coverage.regain(true);
        assert_eq!(coverage.gap_since(Instant::now()).as_deref(), Some("too many"));
    }

    #[test]
    fn what_was_lost_once_may_be_of_those_who_had_begun_and_of_no_others() {
        let coverage = Coverage::default();
        let before = Instant::now();
        coverage.miss("it was too large");
        coverage.regain(true);
        assert_eq!(coverage.gap_since(before).as_deref(), Some("it was too large"));
        assert_eq!(coverage.gap_since(Instant::now() + std::time::Duration::from_secs(1)), None);
    }

    #[test]
    fn a_source_that_caught_up_lost_nothing() {
        let coverage = Coverage::default();
        let before = Instant::now();
        coverage.lose("it failed".to_owned());
        coverage.regain(true);
        assert_eq!(coverage.gap_since(before), None);
    }
}
