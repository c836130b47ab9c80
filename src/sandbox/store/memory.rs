//! State in memory: one connection behind a lock, and no thread of its own.
//!
//! Nothing here outlives the process, so a commit would make nothing safer: one transaction stays
//! open for as long as the state does, without a journal.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};

use rusqlite::Connection;

use super::schema;

/// A request that finds the connection taken lets others go first so often, then waits for it.
/// A change takes microseconds, less than to put a thread to sleep and to wake it up.
const TURNS: usize = 64;

/// The connection. Clones share it.
#[derive(Clone)]
pub(crate) struct Memory {
    connection: Arc<Mutex<Connection>>,
}

impl Memory {
    pub(super) fn new(connection: Connection) -> rusqlite::Result<Self> {
        schema::prepare(&connection)?;
        schema::make_fleeting(&connection)?;
        Ok(Self { connection: Arc::new(Mutex::new(connection)) })
    }

    pub(super) fn read<T>(&self, read: impl FnOnce(&Connection) -> T) -> T {
        read(&self.lock())
    }

    pub(super) async fn write<T>(&self, change: impl FnOnce(&Connection) -> T) -> T {
        for _ in 0..TURNS {
            if let Some(connection) = self.try_lock() {
                return change(&connection);
            }
            tokio::task::yield_now().await;
        }
        change(&self.lock())
    }

    fn try_lock(&self) -> Option<MutexGuard<'_, Connection>> {
        match self.connection.try_lock() {
            Ok(connection) => Some(connection),
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
