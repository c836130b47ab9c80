//! What arrived, and who waits for it. A wait wakes up when a delivery arrives; nothing polls.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};

use super::Delivery;
use super::coverage::Coverage;
use super::delivery_store::DeliveryStore;

/// The notice where a delivery had no room.
pub(super) const TOO_MANY: &str =
    "more webhooks came than a run keeps, and later ones were dropped";

/// The deliveries of a run, in the order of arrival.
#[derive(Debug)]
pub struct Inbox {
    deliveries: Mutex<DeliveryStore>,
    arrivals: watch::Sender<usize>,
    waiters: watch::Sender<Waiters>,
    /// Where the source has to ask for deliveries: how many of the last looks that were called for
    /// it has ended.
    looks: Option<watch::Receiver<u64>>,
    /// Whether everything that was sent has been seen.
    pub coverage: Coverage,
}

/// Who waits for a delivery: a source that has to ask for them asks only then.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Waiters {
    /// How many wait now.
    pub now: usize,
    /// How many ever began to.
    pub ever: u64,
    /// How often the source was called on to look once more.
    pub calls: u64,
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
            looks: None,
            coverage: Coverage::default(),
        }
    }
}

impl Inbox {
    /// An inbox whose source has to ask for what arrives. After each time it asks, the source sends
    /// the [`Waiters::calls`] from before.
    #[must_use]
    pub fn asking() -> (Self, watch::Sender<u64>) {
        let (looked, looks) = watch::channel(0);
        (Self { looks: Some(looks), ..Self::default() }, looked)
    }

    /// Adds a delivery and wakes everybody who waits for one that may be believed. False when the
    /// inbox is full and dropped it: from then on, a missing event is inconclusive.
    pub fn push(&self, delivery: Delivery) -> bool {
        let (kept, count) = {
            let mut deliveries = self.lock();
            (deliveries.put(delivery), deliveries.believable())
        };
        if !kept {
            self.coverage.lose_for_good(TOO_MANY);
        }
        self.arrivals.send_if_modified(|known| std::mem::replace(known, count) != count);
        kept
    }

    /// The first delivery that may be believed and `fits`, those that are there already included;
    /// `None` when none has come by the deadline. Each delivery is looked at once.
    pub async fn wait(
        &self,
        deadline: Instant,
        mut fits: impl FnMut(&Delivery) -> bool,
    ) -> Option<Arc<Delivery>> {
        let _waiting = Waiting::begin(&self.waiters);
        let mut arrivals = self.arrivals.subscribe();
        let mut seen = 0;
        loop {
            arrivals.mark_unchanged();
            let fresh: Vec<_> = self.lock().believable_from(seen);
            seen += fresh.len();
            if let Some(found) = fresh.into_iter().find(|delivery| fits(delivery)) {
                return Some(found);
            }
            timeout_at(deadline, arrivals.changed()).await.ok()?.ok()?;
        }
    }

    /// Has a source that has to ask do so once more, and resolves when it has. One that is told of
    /// deliveries has told already.
    pub async fn last_look(&self) {
        let Some(mut looks) = self.looks.clone() else { return };
        let mut call = 0;
        self.waiters.send_modify(|waiters| {
            waiters.calls += 1;
            call = waiters.calls;
        });
        // Fails where the source is gone, and then nothing more comes.
        let _ = looks.wait_for(|looked| *looked >= call).await;
    }

    /// Tells who waits, and when that changes.
    #[must_use]
    pub fn waiters(&self) -> watch::Receiver<Waiters> {
        self.waiters.subscribe()
    }

    /// What has arrived so far; of what is to be rejected, the newest.
    #[must_use]
    pub fn all(&self) -> Vec<Arc<Delivery>> {
        self.lock().all()
    }

    fn lock(&self) -> MutexGuard<'_, DeliveryStore> {
        self.deliveries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use futures_util::FutureExt as _;

    use super::*;
    use crate::provider::POLAR;
    use crate::webhook::delivery_store::CAPACITY;
    use crate::webhook::signature::{Rejection, Scheme};
    use crate::webhook::{RejectReason, Verification};

    fn delivery(id: &str) -> Delivery {
        let verification = Ok(Verification::Signed(Scheme::Legacy));
        Delivery {
            verification,
            weight: 1,
            ..Delivery::logged(&POLAR.webhook, id, "customer.created", b"{}")
        }
    }

    fn soon() -> Instant {
        Instant::now() + Duration::from_mins(1)
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_there_before_the_wait_counts() {
        let inbox = Inbox::default();
        inbox.push(delivery("a"));
        inbox.push(delivery("b"));
        let found = inbox.wait(soon(), |delivery| delivery.id == "b").await;
        assert_eq!(found.unwrap().id, "b");
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_wakes_when_something_that_fits_arrives() {
        let inbox = Arc::new(Inbox::default());
        let waiting = {
            let inbox = inbox.clone();
            tokio::spawn(async move { inbox.wait(soon(), |delivery| delivery.id == "c").await })
        };
        for id in ["a", "b", "c", "d"] {
            tokio::task::yield_now().await;
            inbox.push(delivery(id));
        }
        assert_eq!(waiting.await.unwrap().unwrap().id, "c");
        assert_eq!(inbox.all().len(), 4);
    }

    #[tokio::test(start_paused = true)]
    async fn each_delivery_is_looked_at_once() {
        let inbox = Inbox::default();
        inbox.push(delivery("a"));
        let mut looked = 0;
        let started = Instant::now();
        let deadline = started + Duration::from_secs(5);
        let found = inbox
            .wait(deadline, |_| {
                looked += 1;
                false
            })
            .await;
        assert!(found.is_none());
        assert_eq!((looked, started.elapsed()), (1, Duration::from_secs(5)));
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_was_looked_at_is_not_looked_at_again_when_another_comes() {
        let inbox = Arc::new(Inbox::default());
        inbox.push(delivery("a"));
        let waiting = {
            let inbox = inbox.clone();
            tokio::spawn(async move {
                let mut looked = Vec::new();
                inbox
                    .wait(soon(), |delivery| {
                        looked.push(delivery.id.clone());
                        delivery.id == "c"
                    })
                    .await;
                looked
            })
        };
        for id in ["b", "c"] {
            tokio::task::yield_now().await;
            inbox.push(delivery(id));
        }
        assert_eq!(waiting.await.unwrap(), ["a", "b", "c"]);
    }

    #[tokio::test(start_paused = true)]
    async fn who_waits_is_counted_for_as_long_as_it_waits() {
        let inbox = Inbox::default();
        let waiters = inbox.waiters();
        let counted = || *waiters.borrow();
        let past = Instant::now();
        for ever in 1..=2 {
            let wait = inbox.wait(past, |_| {
                assert_eq!(counted(), Waiters { now: 1, ever, calls: 0 });
                true
            });
            inbox.push(delivery("a"));
            assert!(wait.await.is_some());
            assert_eq!(counted(), Waiters { now: 0, ever, calls: 0 });
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_deadline_in_the_past_still_sees_what_is_there() {
        let inbox = Inbox::default();
        inbox.push(delivery("a"));
        let past = Instant::now();
        tokio::time::advance(Duration::from_secs(1)).await;
        assert!(inbox.wait(past, |_| true).await.is_some());
        assert!(inbox.wait(past, |_| false).await.is_none());
    }

    /// A look that was under way when it was called for may have missed what came meanwhile.
    #[tokio::test(start_paused = true)]
    async fn a_last_look_is_one_that_began_after_it_was_called_for() {
        let (inbox, looked) = Inbox::asking();
        let mut look = Box::pin(inbox.last_look());
        assert_eq!((&mut look).now_or_never(), None);
        looked.send_replace(0);
        assert_eq!((&mut look).now_or_never(), None);
        looked.send_replace(inbox.waiters().borrow().calls);
        assert_eq!(look.now_or_never(), Some(()));
        assert_eq!(Inbox::default().last_look().now_or_never(), Some(()));
        drop(looked);
        assert_eq!(inbox.last_look().now_or_never(), Some(()));
    }

    #[tokio::test(start_paused = true)]
    async fn a_flood_is_cut_off_and_leaves_nothing_to_be_called_missing() {
        let inbox = Inbox::default();
        let start = std::time::Instant::now();
        assert!((0..CAPACITY).all(|_| inbox.push(delivery("a"))));
        assert_eq!(inbox.coverage.gap_since(start), None);
        assert!(!inbox.push(delivery("b")));
        assert_eq!(inbox.all().len(), CAPACITY);
        assert_eq!(inbox.coverage.gap_since(start).as_deref(), Some(TOO_MANY));
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_to_be_rejected_takes_no_room_from_the_rest() {
        let inbox = Inbox::default();
        let unsigned = || Err(RejectReason::Signature(Rejection::Unsigned, None));
        assert!(
            (0..CAPACITY)
                .all(|_| inbox.push(Delivery { verification: unsigned(), ..delivery("a") }))
        );
        assert!(inbox.push(delivery("b")));
        assert_eq!(inbox.wait(soon(), |_| true).await.unwrap().id, "b");
    }
}
