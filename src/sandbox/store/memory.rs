//! State in memory: one connection behind a lock, and no thread of its own.
//!
//! Nothing here outlives the process, so a commit would make nothing safer: one transaction stays
//! open for as long as the state does, and a savepoint in it is what an error goes back to.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};

use rusqlite::Connection;

use super::schema;

/// A request that finds the connection taken lets others go first so often, then waits for it.
/// A change takes microseconds, less than to put a thread to sleep and to wake it up.
const TURNS: usize = 64;

/// Bytes. Half of SQLite's own, so that savepoints copy half as much.
const PAGE: u32 = 2048;

/// The connection. Clones share it.
#[derive(Clone)]
pub(crate) struct Memory {
    connection: Arc<Mutex<Connection>>,
}

impl Memory {
    pub(super) fn new(connection: Connection) -> rusqlite::Result<Self> {
        // A savepoint copies each page that a change touches.
        connection.pragma_update(None, "page_size", PAGE)?;
        schema::prepare(&connection)?;
        schema::make_fleeting(&connection)?;
        Ok(Self { connection: Arc::new(Mutex::new(connection)) })
    }

    pub(super) fn read<T>(&self, read: impl FnOnce(&Connection) -> T) -> T {
        read(&self.lock())
    }

    pub(super) async fn write<T, E>(
        &self,
        change: impl FnOnce(&Connection) -> Result<T, E>,
    ) -> Result<T, E>
    where
        E: From<rusqlite::Error>,
    {
        for _ in 0..TURNS {
            if let Some(connection) = self.try_lock() {
                return undone_by_an_error(&connection, change);
            }
            tokio::task::yield_now().await;
        }
        undone_by_an_error(&self.lock(), change)
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

fn undone_by_an_error<T, E>(
    connection: &Connection,
    change: impl FnOnce(&Connection) -> Result<T, E>,
) -> Result<T, E>
where
    E: From<rusqlite::Error>,
{
    let execute = |sql| connection.prepare_cached(sql)?.execute([]);
    execute("SAVEPOINT change")?;
    let outcome = change(connection);
    if outcome.is_err() {
        execute("ROLLBACK TO change")?;
    }
    execute("RELEASE change")?;
    outcome
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::Memory;

    fn count(memory: &Memory) -> i64 {
        memory
            .read(|connection| {
                connection.query_row("SELECT count(*) FROM setting", [], |row| row.get(0))
            })
            .expect("a count")
    }

    fn set(connection: &Connection, key: &str) -> rusqlite::Result<usize> {
        connection.execute("INSERT INTO setting (key, value) VALUES (?, 'v')", [key])
    }

    #[tokio::test]
    async fn an_error_undoes_all_of_its_change_and_nothing_else() {
        let memory = Memory::new(Connection::open_in_memory().expect("SQLite")).expect("tables");
        memory.write(|connection| set(connection, "before")).await.expect("a change");
        let failed = memory.write(|connection| {
            set(connection, "first")?;
            connection.execute("UPDATE setting SET value = 'other'", [])?;
            set(connection, "before")
        });
        assert!(failed.await.is_err());
        memory.write(|connection| set(connection, "after")).await.expect("a change");
        assert_eq!(count(&memory), 2);
        let same = memory.read(|connection| {
            connection.query_row("SELECT count(*) FROM setting WHERE value = 'v'", [], |row| {
                row.get::<_, i64>(0)
            })
        });
        assert_eq!(same, Ok(2));
    }
}
