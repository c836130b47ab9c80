//! What arrived, and who waits for it. A wait wakes up when a delivery arrives; nothing polls.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};

use super::Delivery;
use super::sight::Sight;

/// The most deliveries that are kept. A run of every built-in scenario causes a few dozen; a target
/// that floods must not fill the memory.
pub const CAPACITY: usize = 10_000;

/// Every delivery of a run, in the order of arrival.
#[derive(Debug)]
pub struct Inbox {
    deliveries: Mutex<Vec<Arc<Delivery>>>,
    arrivals: watch::Sender<usize>,
    waiters: watch::Sender<Waiters>,
    /// Whether everything that was sent has been seen.
    pub sight: Sight,
}

/// Who waits for a delivery: a source that has to ask for them asks only then.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Waiters {
    /// How many wait now.
    pub now: usize,
    /// How many ever began to.
    pub ever: u64,
}

/// One who waits, for as long as it lives.
struct Waiting<'a>(&'a watch::Sender<Waiters>);

impl<'a> Waiting<'a> {
    fn begin(waiters: &'a watch::Sender<Waiters>) -> Self {
        waiters.send_modify(|waiters| {
            waiters.now += 1;
            waiters.ever += 1;
        });
        Self(waiters)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|waiters| waiters.now = waiters.now.saturating_sub(1));
    }
}

impl Default for Inbox {
    fn default() -> Self {
        Self {
            deliveries: Mutex::default(),
            arrivals: watch::Sender::new(0),
            waiters: watch::Sender::default(),
            sight: Sight::default(),
        }
    }
}

impl Inbox {
    /// Adds a delivery and wakes everybody who waits. False when the inbox is full and dropped it.
    pub fn push(&self, delivery: Delivery) -> bool {
        let count = {
            let mut deliveries = self.lock();
            if deliveries.len() >= CAPACITY {
                return false;
            }
            deliveries.push(Arc::new(delivery));
            deliveries.len()
        };
        self.arrivals.send_replace(count);
        true
    }

    /// The first delivery that `fits`, those that are there already included; `None` when none has
    /// come by the deadline. Each delivery is looked at once.
    pub async fn wait(&self, deadline: Instant, mut fits: impl FnMut(&Delivery) -> bool) -> Option<Arc<Delivery>> {
        let _waiting = Waiting::begin(&self.waiters);
        let mut arrivals = self.arrivals.subscribe();
        let mut seen = 0;
        loop {
            arrivals.mark_unchanged();
            let fresh: Vec<_> = self.lock()[seen..].to_vec();
            seen += fresh.len();
            if let Some(found) = fresh.into_iter().find(|delivery| fits(delivery)) {
                return Some(found);
            }
            timeout_at(deadline, arrivals.changed()).await.ok()?.ok()?;
        }
    }

    /// Tells who waits, and when that changes.
    #[must_use]
    pub fn waiters(&self) -> watch::Receiver<Waiters> {
        self.waiters.subscribe()
    }

    /// Everything that has arrived so far.
    #[must_use]
    pub fn all(&self) -> Vec<Arc<Delivery>> {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Arc<Delivery>>> {
        self.deliveries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
