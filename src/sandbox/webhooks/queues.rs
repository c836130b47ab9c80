//! Deliveries under way, and the back-off of those whose outcome could not be recorded.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::Instant;
use uuid::Uuid;

use super::retry::Retries;
use crate::sandbox::http::ApiError;

/// What is sent one after the other: the first attempts of an endpoint, or one webhook again.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Queue {
    Endpoint(Uuid),
    Again(i64),
}

/// The queues that run, and those that wait.
pub(super) struct Queues {
    retries: Retries,
    running: JoinSet<(Queue, Result<(), ApiError>)>,
    busy: HashSet<Queue>,
    /// A webhook whose attempt could not be recorded is still pending, and due at once: without a
    /// wait that is kept here it would be sent again without end.
    held: HashMap<Queue, Hold>,
}

#[derive(Debug, Clone, Copy)]
struct Hold {
    failures: u32,
    until: Instant,
}

impl Queues {
    pub(super) fn new(retries: Retries) -> Self {
        Self { retries, running: JoinSet::new(), busy: HashSet::new(), held: HashMap::new() }
    }

    /// Takes note of which queues have something to send; the holds of all others are over.
    pub(super) fn keep(&mut self, waiting: &[Queue]) {
        if !self.held.is_empty() {
            let waiting: HashSet<_> = waiting.iter().collect();
            let busy = &self.busy;
            self.held.retain(|queue, _| waiting.contains(queue) || busy.contains(queue));
        }
    }

    /// Runs a queue, unless it runs already or has to wait.
    pub(super) fn start<F>(&mut self, queue: Queue, send: impl FnOnce(Queue) -> F)
    where
        F: Future<Output = (Queue, Result<(), ApiError>)> + Send + 'static,
    {
        let held = self.held.get(&queue).is_some_and(|hold| hold.until > Instant::now());
        if !held && self.busy.insert(queue.clone()) {
            self.running.spawn(send(queue));
        }
    }

    /// Waits until one of the queues has ended; for ever where none runs.
    pub(super) async fn ended(&mut self) {
        let Some(done) = self.running.join_next().await else {
            return std::future::pending().await;
        };
        let Ok((queue, outcome)) = done else { return };
        self.busy.remove(&queue);
        match outcome {
            Ok(()) => drop(self.held.remove(&queue)),
            Err(_) => self.hold(queue),
        }
    }

    fn hold(&mut self, queue: Queue) {
        let failures = self.held.get(&queue).map_or(0, |hold| hold.failures).saturating_add(1);
        let until = Instant::now() + self.retries.wait_unrecorded(failures);
        self.held.insert(queue, Hold { failures, until });
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
