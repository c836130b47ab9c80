//! What is kept of the deliveries that arrived, within bounds.
//!
//! Unsigned deliveries can come from anywhere. So what a handler must reject is kept apart from
//! what it may believe, and each reason to reject from the others: a flood of one never evicts what
//! another diagnosis needs.

use std::collections::VecDeque;
use std::sync::Arc;

use super::signature::Rejection;
use super::{Delivery, RejectReason};

/// The most believable deliveries that are kept, and what they may take in memory. A run of every
/// built-in scenario causes a few dozen of some kilobytes.
pub const CAPACITY: usize = 10_000;
const CAPACITY_BYTES: usize = 64 * 1024 * 1024;

/// The same for each reason to reject one: the newest are kept.
const REJECTED: usize = 1_000;
const REJECTED_BYTES: usize = 8 * 1024 * 1024;

/// Deliveries of one sort, in the order of arrival.
#[derive(Debug, Default)]
struct Bucket {
    deliveries: VecDeque<Arc<Delivery>>,
    weight: usize,
}

impl Bucket {
    fn put(&mut self, delivery: Arc<Delivery>) {
        self.weight += delivery.weight;
        self.deliveries.push_back(delivery);
    }

    /// Puts one more and lets the oldest go that have no room then.
    fn push_through(&mut self, delivery: Arc<Delivery>) {
        self.put(delivery);
        while self.deliveries.len() > REJECTED
            || self.weight > REJECTED_BYTES && self.deliveries.len() > 1
        {
            let oldest = self.deliveries.pop_front();
            self.weight -= oldest.map_or(0, |oldest| oldest.weight);
        }
    }
}

/// Everything that is kept.
#[derive(Debug, Default)]
pub(super) struct DeliveryStore {
    believable: Bucket,
    unsigned: Bucket,
    badly_signed: Bucket,
    stale: Bucket,
    malformed: Bucket,
}

impl DeliveryStore {
    /// Keeps a delivery. False where a believable one had no room.
    pub(super) fn put(&mut self, delivery: Delivery) -> bool {
        let rejected = match &delivery.verification {
            Ok(_) => {
                let full = self.believable.weight + delivery.weight > CAPACITY_BYTES;
                if full || self.believable.deliveries.len() >= CAPACITY {
                    return false;
                }
                self.believable.put(Arc::new(delivery));
                return true;
            }
            Err(RejectReason::Signature(Rejection::Unsigned, _) | RejectReason::OtherScheme(_)) => {
                &mut self.unsigned
            }
            Err(RejectReason::Signature(Rejection::BadSignature, _)) => &mut self.badly_signed,
            Err(RejectReason::Signature(Rejection::Stale, _)) => &mut self.stale,
            Err(RejectReason::Malformed(_)) => &mut self.malformed,
        };
        rejected.push_through(Arc::new(delivery));
        true
    }

    /// How many may be believed.
    pub(super) fn believable(&self) -> usize {
        self.believable.deliveries.len()
    }

    /// Those that may be believed, from the `first` on, as counted by arrival.
    pub(super) fn believable_from(&self, first: usize) -> Vec<Arc<Delivery>> {
        self.believable.deliveries.iter().skip(first).cloned().collect()
    }

    /// Everything, in the order of arrival.
    pub(super) fn all(&self) -> Vec<Arc<Delivery>> {
        let store =
            [&self.believable, &self.unsigned, &self.badly_signed, &self.stale, &self.malformed];
        let mut all: Vec<_> =
            store.into_iter().flat_map(|bucket| bucket.deliveries.iter().cloned()).collect();
        all.sort_by_key(|delivery| delivery.arrived);
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::POLAR;
    use crate::webhook::Verification;

    fn delivery(
        id: usize,
        weight: usize,
        verification: Result<Verification, RejectReason>,
    ) -> Delivery {
        Delivery {
            verification,
            weight,
            ..Delivery::logged(&POLAR.webhook, &id.to_string(), "customer.created", b"{}")
        }
    }

    fn unsigned() -> Result<Verification, RejectReason> {
        Err(RejectReason::Signature(Rejection::Unsigned, None))
    }

    #[test]
    fn junk_pushes_out_junk_of_its_own_kind_only() {
        let mut store = DeliveryStore::default();
        store.put(delivery(0, 1, Ok(Verification::NotSigned)));
        store.put(delivery(1, 1, Err(RejectReason::Signature(Rejection::BadSignature, None))));
        for id in 2..20_000 {
            assert!(store.put(delivery(id, 1, unsigned())));
        }
        let ids: Vec<_> = store.all().iter().map(|delivery| delivery.id.clone()).collect();
        assert_eq!(ids.len(), REJECTED + 2);
        assert_eq!((ids[0].as_str(), ids[1].as_str(), ids[2].as_str()), ("0", "1", "19000"));
        assert!(store.put(delivery(20_000, 1, Ok(Verification::NotSigned))));
        assert_eq!(store.believable_from(1).len(), 1);
    }

    #[test]
    fn what_is_kept_has_a_bound_in_bytes() {
        let mut store = DeliveryStore::default();
        let third = REJECTED_BYTES / 3;
        for id in 0..10 {
            store.put(delivery(id, third, unsigned()));
        }
        assert_eq!(store.all().len(), 3);
        store.put(delivery(10, REJECTED_BYTES * 2, unsigned()));
        assert_eq!((store.all().len(), store.unsigned.weight), (1, REJECTED_BYTES * 2));
        let half = CAPACITY_BYTES / 2;
        let kept =
            (0..5).filter(|id| store.put(delivery(*id, half, Ok(Verification::NotSigned)))).count();
        assert_eq!(kept, 2);
    }
}
