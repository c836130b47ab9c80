//! Making the tables, and how each kind of connection is set up.

use rusqlite::Connection;

/// Raised whenever the tables change; a file of another version is refused.
const VERSION: i64 = 6;

const TABLES: &str = include_str!("schema.sql");

/// Makes the tables where there are none.
pub(super) fn prepare(connection: &Connection) -> rusqlite::Result<()> {
    connection.set_prepared_statement_cache_capacity(64);
    let version: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    match version {
        0 => connection
            .execute_batch(&format!("BEGIN; {TABLES} PRAGMA user_version = {VERSION}; COMMIT;")),
        VERSION => Ok(()),
        other => Err(rusqlite::Error::SqliteFailure(
            rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_MISMATCH),
            Some(format!(
                "it was written by another version of tieback (tables {other}, these are {VERSION})"
            )),
        )),
    }
}

/// What was committed is on the disk: nothing acknowledged is lost, whatever happens to the process
/// or the machine.
pub(super) fn make_durable(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")
}

/// What is in memory is never committed: one transaction for good, with savepoints in it.
pub(super) fn make_fleeting(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update_and_check(None, "journal_mode", "MEMORY", |_| Ok(()))?;
    connection.execute_batch("BEGIN")
}

/// The connection that only reads.
pub(super) fn read_only(connection: &Connection) -> rusqlite::Result<()> {
    connection.set_prepared_statement_cache_capacity(64);
    connection.pragma_update(None, "query_only", true)
}
