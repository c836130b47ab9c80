//! Reading deliveries' bodies, within bounds for each and for all of them together.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::body::Body;
use futures_util::StreamExt as _;

use crate::http::MAX_BODY;

/// What every delivery may take. Those of the real API have a few kilobytes, and must find a place
/// however many large ones there are.
const FREE: usize = 64 * 1024;

/// What all deliveries may take beyond that, at the same time.
const SHARED: usize = 6 * MAX_BODY;

/// The memory that deliveries under way take together.
#[derive(Debug, Clone, Default)]
pub(super) struct BodyLimit {
    taken: Arc<AtomicUsize>,
}

/// A body, and what it takes of the memory for all until it is dropped.
#[derive(Debug)]
pub(super) struct LimitedBody {
    limit: BodyLimit,
    shared: usize,
    /// Everything that was read.
    pub(super) bytes: Vec<u8>,
}

/// Why a body was not read to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DropReason {
    /// It is over [`MAX_BODY`].
    TooLarge,
    /// There is no room beside the others.
    NoRoom,
    /// The sender broke it off, or sent a malformed one.
    CutShort,
}

impl BodyLimit {
    /// Reads a body to its end.
    pub(super) async fn read(&self, body: Body) -> Result<LimitedBody, DropReason> {
        let mut taken = LimitedBody { limit: self.clone(), shared: 0, bytes: Vec::new() };
        let mut pieces = body.into_data_stream();
        while let Some(piece) = pieces.next().await {
            taken.add(&piece.map_err(|_| DropReason::CutShort)?)?;
        }
        Ok(taken)
    }
}

impl LimitedBody {
    fn add(&mut self, piece: &[u8]) -> Result<(), DropReason> {
        let length = self.bytes.len() + piece.len();
        if length > MAX_BODY {
            return Err(DropReason::TooLarge);
        }
        let more = length.saturating_sub(FREE) - self.shared;
        self.shared += more;
        if self.limit.taken.fetch_add(more, Ordering::Relaxed) + more > SHARED {
            return Err(DropReason::NoRoom);
        }
        self.bytes.extend_from_slice(piece);
        Ok(())
    }
}

impl Drop for LimitedBody {
    fn drop(&mut self) {
        self.limit.taken.fetch_sub(self.shared, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn large_ones_leave_room_for_small_ones() {
        let limit = BodyLimit::default();
        let mut held = Vec::new();
        for _ in 0..6 {
            held.push(limit.read(Body::from(vec![0; MAX_BODY])).await.unwrap());
        }
        let large = || limit.read(Body::from(vec![0; MAX_BODY]));
        assert_eq!(large().await.unwrap_err(), DropReason::NoRoom);
        for _ in 0..100 {
            held.push(limit.read(Body::from(vec![0; FREE])).await.unwrap());
        }
        held.clear();
        assert!(large().await.is_ok());
        assert_eq!(limit.taken.load(Ordering::Relaxed), 0);
    }

    #[tokio::test]
    async fn one_byte_more_is_too_large() {
        let limit = BodyLimit::default();
        assert_eq!(limit.read(Body::from(vec![0; MAX_BODY])).await.unwrap().bytes.len(), MAX_BODY);
        assert_eq!(
            limit.read(Body::from(vec![0; MAX_BODY + 1])).await.unwrap_err(),
            DropReason::TooLarge
        );
    }
}
