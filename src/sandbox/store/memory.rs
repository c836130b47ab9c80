//! State in memory: one connection behind a lock, and no thread of its own.
//!
//! Whoever has the lock makes the changes of everybody who waits: waking each other up would cost
//! more than the changes. And as nothing here outlives the process, a commit makes nothing safer; it
//! comes only now and then, to keep the journal of the open transaction short.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};

use rusqlite::Connection;

use super::group::{self, Change};

/// So many changes are made between two commits.
const BETWEEN_COMMITS: usize = 512;

/// The connection and the changes that wait for it. Clones share them.
#[derive(Clone)]
pub(crate) struct Memory {
    shared: Arc<Shared>,
}

struct Shared {
    open: Mutex<Open>,
    waiting: Mutex<Vec<Change>>,
}

struct Open {
    connection: Connection,
    since_commit: usize,
}

impl Memory {
    pub(super) fn new(connection: Connection) -> Self {
        let open = Mutex::new(Open { connection, since_commit: 0 });
        Self { shared: Arc::new(Shared { open, waiting: Mutex::default() }) }
    }

    pub(super) fn read<T>(&self, read: impl FnOnce(&Connection) -> T) -> T {
        let value = read(&self.shared.open.lock().unwrap_or_else(PoisonError::into_inner).connection);
        // Changes may have come while the lock was held here.
        if !self.waiting().is_empty() {
            self.make_changes();
        }
        value
    }

    pub(super) fn order(&self, change: Change) {
        self.waiting().push(change);
        self.make_changes();
    }

    /// Makes the changes that wait, unless somebody has the lock: they look here once they let it go.
    fn make_changes(&self) {
        loop {
            let mut open = match self.shared.open.try_lock() {
                Ok(open) => open,
                Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
                Err(TryLockError::WouldBlock) => return,
            };
            let changes = std::mem::take(&mut *self.waiting());
            if !changes.is_empty() {
                open.make(changes);
                continue;
            }
            drop(open);
            // One may have come between the look and the release.
            if self.waiting().is_empty() {
                return;
            }
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Vec<Change>> {
        self.shared.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Open {
    fn make(&mut self, changes: Vec<Change>) {
        if self.connection.is_autocommit() && group::execute(&self.connection, "BEGIN").is_err() {
            // Dropped unmade: whoever waits for one learns that its answer is gone.
            return;
        }
        self.since_commit += changes.len();
        let (answers, broken) = group::make(&self.connection, changes);
        if broken || self.since_commit >= BETWEEN_COMMITS {
            self.since_commit = 0;
            let _ = group::execute(&self.connection, "COMMIT");
        }
        for answer in answers {
            answer(None);
        }
    }
}
