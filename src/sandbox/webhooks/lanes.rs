//! Deliveries under way, and the back-off of those whose outcome could not be recorded.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::Instant;
use uuid::Uuid;

use super::retry::Retries;
use crate::sandbox::http::Problem;

/// What is sent one after the other: the first attempts of an endpoint, or one webhook again.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Lane {
    Endpoint(Uuid),
    Again(i64),
}

/// The lanes that run, and those that wait.
pub(super) struct Lanes {
    retries: Retries,
    running: JoinSet<(Lane, Result<(), Problem>)>,
    busy: HashSet<Lane>,
    /// An attempt that the state knows nothing about is still owed there, and due at once: without a
    /// wait that is kept here it would be sent again without end.
    held: HashMap<Lane, Hold>,
}

#[derive(Debug, Clone, Copy)]
struct Hold {
    failures: u32,
    until: Instant,
}

impl Lanes {
    pub(super) fn new(retries: Retries) -> Self {
        Self { retries, running: JoinSet::new(), busy: HashSet::new(), held: HashMap::new() }
    }

    /// Takes note of which lanes have something to send; the holds of all others are over.
    pub(super) fn keep(&mut self, waiting: &[Lane]) {
        if !self.held.is_empty() {
            let waiting: HashSet<_> = waiting.iter().collect();
            let busy = &self.busy;
            self.held.retain(|lane, _| waiting.contains(lane) || busy.contains(lane));
        }
    }

    /// Runs a lane, unless it runs already or has to wait.
    pub(super) fn start<F>(&mut self, lane: Lane, send: impl FnOnce(Lane) -> F)
    where
        F: Future<Output = (Lane, Result<(), Problem>)> + Send + 'static,
    {
        let held = self.held.get(&lane).is_some_and(|hold| hold.until > Instant::now());
        if !held && self.busy.insert(lane.clone()) {
            self.running.spawn(send(lane));
        }
    }

    /// Waits until one of the lanes has ended; for ever where none runs.
    pub(super) async fn ended(&mut self) {
        let Some(done) = self.running.join_next().await else {
            return std::future::pending().await;
        };
        let Ok((lane, outcome)) = done else { return };
        self.busy.remove(&lane);
        match outcome {
            Ok(()) => drop(self.held.remove(&lane)),
            Err(_) => self.hold(lane),
        }
    }

    fn hold(&mut self, lane: Lane) {
        let failures = self.held.get(&lane).map_or(0, |hold| hold.failures).saturating_add(1);
        let until = Instant::now() + self.retries.wait_unrecorded(failures);
        self.held.insert(lane, Hold { failures, until });
    }

    /// How long until the next of those that wait may be tried again.
    pub(super) fn next(&self) -> Option<Duration> {
        let now = Instant::now();
        self.held
            .values()
            .filter_map(|hold| hold.until.checked_duration_since(now))
            .filter(|wait| !wait.is_zero())
            .min()
    }
}
