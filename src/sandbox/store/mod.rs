//! The sandbox's state, in SQLite: in memory, or in a file where it outlives the process.
//!
//! With a file one thread makes the changes that wait together, so that many requests share one
//! `fsync` and none is answered before it.

mod committer;
mod group;
mod lock;
mod memory;
mod metadata;
mod schema;
mod select;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;

use committer::Committer;
use lock::FileLock;
use memory::Memory;
pub(crate) use metadata::metadata_is;
pub(crate) use select::Select;

/// Why the state could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has the file.
    #[error(
        "{} is in use by another tieback sandbox; stop that one, or take another file",
        .0.display()
    )]
    InUse(PathBuf),
    /// The lock could not be taken for another reason.
    #[error("cannot lock {}; name a file in a folder that exists and is writable", path.display())]
    Lock {
        /// The file that holds the lock.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// SQLite refused the file.
    #[error("cannot open {} as the sandbox's state: {reason}; name another file, or none to keep \
        it in memory", path.display())]
    Database {
        /// The file.
        path: PathBuf,
        /// What SQLite said. (It names a source that says the same again.)
        reason: rusqlite::Error,
    },
}

/// The state. Clones share it.
#[derive(Clone)]
pub(crate) enum Store {
    /// In memory.
    Memory(Memory),
    /// In a file.
    File(DataFile),
}

/// A connection to read from, and the thread that writes.
#[derive(Clone)]
pub(crate) struct DataFile {
    reader: Arc<Mutex<Connection>>,
    writer: Committer,
}

impl Store {
    /// Opens the state in `file`, or in memory where there is none.
    pub(crate) fn open(file: Option<&Path>) -> Result<Self, OpenError> {
        let Some(path) = file else {
            let wrap = |reason| OpenError::Database { path: PathBuf::from(":memory:"), reason };
            return Connection::open_in_memory()
                .and_then(Memory::new)
                .map(Self::Memory)
                .map_err(wrap);
        };
        let lock = FileLock::take(path)?;
        let wrap = |reason| OpenError::Database { path: path.to_owned(), reason };
        let writer = Connection::open(path).map_err(wrap)?;
        schema::make_durable(&writer).map_err(wrap)?;
        schema::prepare(&writer).map_err(wrap)?;
        let reader = Connection::open(path).map_err(wrap)?;
        schema::read_only(&reader).map_err(wrap)?;
        Ok(Self::File(DataFile {
            reader: Arc::new(Mutex::new(reader)),
            writer: Committer::start(writer, lock),
        }))
    }

    /// Reads what is committed.
    pub(crate) fn read<T, E>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T, E>,
    ) -> Result<T, E> {
        match self {
            Self::Memory(memory) => memory.read(read),
            Self::File(file) => read(&file.reader.lock().unwrap_or_else(PoisonError::into_inner)),
        }
    }

    /// Runs `change` in a transaction and returns once it is durable. In memory an error undoes it.
    /// In a file changes share a commit: one that fails before it has written leaves nothing, one
    /// that fails afterwards undoes the whole group, and each of the group gets an error.
    pub(crate) async fn write<T, E>(
        &self,
        change: impl FnOnce(&Connection) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<rusqlite::Error> + Send + 'static,
    {
        match self {
            Self::Memory(memory) => memory.write(change).await,
            Self::File(file) => file.writer.write(change).await,
        }
    }

    /// Waits until everything is written and the file is let go. Nothing can be written afterwards.
    pub(crate) async fn close(&self) {
        if let Self::File(file) = self {
            file.writer.close().await;
        }
    }
}
