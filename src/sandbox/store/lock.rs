//! One process per file. The operating system's own lock, so that a killed process leaves none.

use std::ffi::OsString;
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use super::OpenError;

/// Held for as long as the value lives.
pub(super) struct FileLock {
    _file: File,
}

impl FileLock {
    /// Takes the lock that belongs to `data`.
    ///
    /// It is on a file beside it: SQLite's own locks are given up when any handle of the data file
    /// is closed in the process.
    pub(super) fn take(data: &Path) -> Result<Self, OpenError> {
        let path = beside(data);
        let wrap = |source| OpenError::Lock { path: path.clone(), source };
        let file =
            File::options().create(true).truncate(false).write(true).open(&path).map_err(wrap)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(OpenError::InUse(data.to_owned())),
            Err(TryLockError::Error(source)) => Err(wrap(source)),
        }
    }
}

/// `state.db.lock` for `state.db`, wherever a link to it may stand.
fn beside(data: &Path) -> PathBuf {
    let mut name = OsString::from(data.canonicalize().unwrap_or_else(|_| data.to_owned()));
    name.push(".lock");
    PathBuf::from(name)
}
