//! Changes that wait are made together.
//!
//! A change looks first and writes then, so that one that is refused has written nothing. One that
//! fails after it has begun to write takes the whole group back with it: a savepoint for each
//! change would cost as much as the change.

use rusqlite::Connection;
use tokio::sync::oneshot;

/// Makes its change, tells whether it failed, and returns what to do once it is known whether the
/// group was committed.
pub(super) type Change = Box<dyn FnOnce(&Connection) -> (bool, Answer) + Send>;
pub(super) type Answer = Box<dyn FnOnce(Option<&str>) + Send>;

/// A change that a request wants, and where its outcome will arrive: after the commit.
pub(super) fn change<T, E>(
    change: impl FnOnce(&Connection) -> Result<T, E> + Send + 'static,
) -> (Change, oneshot::Receiver<Result<T, E>>)
where
    T: Send + 'static,
    E: From<rusqlite::Error> + Send + 'static,
{
    let (reply, receiver) = oneshot::channel();
    let boxed: Change = Box::new(move |connection| {
        let outcome = change(connection);
        let failed = outcome.is_err();
        let answer = Box::new(move |rolled_back: Option<&str>| {
            let _ = reply.send(match rolled_back {
                Some(reason) if !failed => Err(E::from(failure(reason))),
                _ => outcome,
            });
        });
        (failed, answer)
    });
    (boxed, receiver)
}

/// What a request gets whose store is closed.
pub(super) fn gone() -> rusqlite::Error {
    failure("the state is closed")
}

/// Makes the changes in one transaction, commits it, and answers them.
pub(super) fn commit(connection: &Connection, changes: Vec<Change>) {
    if execute(connection, "BEGIN IMMEDIATE").is_err() {
        // Dropped unmade: a waiting request learns that its answer is gone.
        return drop(changes);
    }
    let (answers, broken) = make(connection, changes);
    let committed = if broken {
        Err("a change failed after it had begun to write".to_owned())
    } else {
        execute(connection, "COMMIT").map_err(|error| error.to_string())
    };
    if committed.is_err() && !connection.is_autocommit() {
        let _ = execute(connection, "ROLLBACK");
    }
    let reason = committed.err();
    for answer in answers {
        answer(reason.as_deref());
    }
}

/// Makes the changes. Returns their answers, and whether one of them failed half-way.
fn make(connection: &Connection, changes: Vec<Change>) -> (Vec<Answer>, bool) {
    let mut broken = false;
    let mut answers = Vec::with_capacity(changes.len());
    for change in changes {
        let before = connection.total_changes();
        let (failed, answer) = change(connection);
        broken |= failed && connection.total_changes() != before;
        answers.push(answer);
    }
    (answers, broken)
}

fn execute(connection: &Connection, sql: &str) -> rusqlite::Result<()> {
    connection.prepare_cached(sql)?.execute([]).map(drop)
}

fn failure(reason: &str) -> rusqlite::Error {
    rusqlite::Error::SqliteFailure(
        rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_IOERR),
        Some(reason.to_owned()),
    )
}
