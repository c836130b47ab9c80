//! The sandbox's state, in SQLite: in memory, or in a file where it outlives the process.
//!
//! In memory, one connection behind a lock serves everybody; nothing waits for a disk. With a file,
//! one thread owns the writing connection and commits whatever is waiting together, so that many
//! requests share one `fsync` and none is answered before it.

mod committer;
mod lock;
mod schema;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::Connection;

use committer::Committer;
use lock::FileLock;

/// Why the state could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has the file.
    #[error("{} is in use by another tieback sandbox; stop that one, or take another file", .0.display())]
    InUse(PathBuf),
    /// The lock could not be taken for another reason.
    #[error("cannot lock {}: {source}", path.display())]
    Lock {
        /// The file that holds the lock.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// SQLite refused the file.
    #[error("cannot open {} as the sandbox's state: {source}", path.display())]
    Database {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        source: rusqlite::Error,
    },
}

/// The state. Clones share it.
#[derive(Clone)]
pub(crate) struct Store {
    reading: Arc<Mutex<Connection>>,
    writing: Writing,
}

#[derive(Clone)]
enum Writing {
    /// Through the connection that is read from.
    Shared,
    /// Through the thread that commits in groups.
    Grouped(Committer),
}

impl Store {
    /// Opens the state in `file`, or in memory where there is none.
    pub(crate) fn open(file: Option<&Path>) -> Result<Self, OpenError> {
        let Some(path) = file else {
            let wrap = |source| OpenError::Database { path: PathBuf::from(":memory:"), source };
            let connection = Connection::open_in_memory().map_err(wrap)?;
            schema::prepare(&connection).map_err(wrap)?;
            return Ok(Self { reading: Arc::new(Mutex::new(connection)), writing: Writing::Shared });
        };
        let lock = FileLock::take(path)?;
        let wrap = |source| OpenError::Database { path: path.to_owned(), source };
        let writer = Connection::open(path).map_err(wrap)?;
        schema::make_durable(&writer).map_err(wrap)?;
        schema::prepare(&writer).map_err(wrap)?;
        let reader = Connection::open(path).map_err(wrap)?;
        schema::read_only(&reader).map_err(wrap)?;
        let committer = Committer::start(writer, lock);
        Ok(Self { reading: Arc::new(Mutex::new(reader)), writing: Writing::Grouped(committer) })
    }

    /// Reads what is committed.
    pub(crate) fn read<T, E>(&self, read: impl FnOnce(&Connection) -> Result<T, E>) -> Result<T, E> {
        read(&self.connection())
    }

    /// Runs `change` in a transaction and returns once it is durable. An error undoes it.
    pub(crate) async fn write<T, E>(
        &self,
        change: impl FnOnce(&Connection) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<rusqlite::Error> + Send + 'static,
    {
        match &self.writing {
            Writing::Shared => in_transaction(&self.connection(), change),
            Writing::Grouped(committer) => committer.run(change).await,
        }
    }

    /// Waits until everything is written and the file is let go. Nothing can be written afterwards.
    pub(crate) async fn close(&self) {
        if let Writing::Grouped(committer) = &self.writing {
            committer.close().await;
        }
    }

    fn connection(&self) -> MutexGuard<'_, Connection> {
        // A panic elsewhere leaves at most an open transaction, which `in_transaction` ends.
        self.reading.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn in_transaction<T, E: From<rusqlite::Error>>(
    connection: &Connection,
    change: impl FnOnce(&Connection) -> Result<T, E>,
) -> Result<T, E> {
    let run = |sql| connection.prepare_cached(sql)?.execute([]);
    run("BEGIN")?;
    match change(connection) {
        Ok(value) => {
            run("COMMIT")?;
            Ok(value)
        }
        Err(error) => {
            run("ROLLBACK")?;
            Err(error)
        }
    }
}
