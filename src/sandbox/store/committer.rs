//! The thread that writes to a file: changes that wait are committed together.

use std::sync::mpsc::{Receiver, Sender, channel};

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::lock::FileLock;

/// So many changes share a commit at most, which bounds how long the first of them waits.
const GROUP: usize = 256;

/// Makes its change and returns what to do once it is known whether the group was committed.
type Change = Box<dyn FnOnce(&Connection) -> Answer + Send>;
type Answer = Box<dyn FnOnce(Option<rusqlite::Error>) + Send>;

enum Order {
    Change(Change),
    Close(oneshot::Sender<()>),
}

/// Hands changes to the thread. The thread ends, and the lock with it, once nobody holds one.
#[derive(Clone)]
pub(super) struct Committer {
    orders: Sender<Order>,
}

impl Committer {
    pub(super) fn start(connection: Connection, lock: FileLock) -> Self {
        let (orders, waiting) = channel();
        std::thread::spawn(move || {
            let closing = commit_groups(&connection, &waiting);
            drop(connection);
            drop(lock);
            if let Some(closed) = closing {
                let _ = closed.send(());
            }
        });
        Self { orders }
    }

    pub(super) async fn run<T, E>(
        &self,
        change: impl FnOnce(&Connection) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<rusqlite::Error> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let change: Change = Box::new(move |connection| {
            let outcome = in_savepoint(connection, change);
            Box::new(move |failed| {
                let _ = reply.send(match failed {
                    Some(error) => Err(E::from(error)),
                    None => outcome,
                });
            })
        });
        // A closed store answers like a database that is gone.
        let gone = || E::from(rusqlite::Error::InvalidQuery);
        self.orders.send(Order::Change(change)).map_err(|_| gone())?;
        answer.await.map_err(|_| gone())?
    }

    pub(super) async fn close(&self) {
        let (closed, wait) = oneshot::channel();
        if self.orders.send(Order::Close(closed)).is_ok() {
            let _ = wait.await;
        }
    }
}

/// Commits what waits until told to close, or until nobody is left to tell it.
fn commit_groups(connection: &Connection, waiting: &Receiver<Order>) -> Option<oneshot::Sender<()>> {
    loop {
        let mut next = Some(waiting.recv().ok()?);
        let mut closing = None;
        let mut answers: Vec<Answer> = Vec::new();
        let mut failed = connection.execute_batch("BEGIN IMMEDIATE").err();
        while let Some(order) = next.take() {
            match order {
                Order::Change(change) => answers.push(change(connection)),
                Order::Close(closed) => closing = Some(closed),
            }
            if closing.is_none() && answers.len() < GROUP {
                next = waiting.try_recv().ok();
            }
        }
        if failed.is_none() {
            failed = connection.execute_batch("COMMIT").err();
        }
        if failed.is_some() && !connection.is_autocommit() {
            let _ = connection.execute_batch("ROLLBACK");
        }
        let reason = failed.map(|error| error.to_string());
        for answer in answers {
            answer(reason.clone().map(|reason| {
                rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_IOERR), Some(reason))
            }));
        }
        if closing.is_some() {
            return closing;
        }
    }
}

/// One change of a group fails alone.
fn in_savepoint<T, E: From<rusqlite::Error>>(
    connection: &Connection,
    change: impl FnOnce(&Connection) -> Result<T, E>,
) -> Result<T, E> {
    let run = |sql| connection.prepare_cached(sql)?.execute([]);
    run("SAVEPOINT change")?;
    let outcome = change(connection);
    if outcome.is_err() {
        run("ROLLBACK TO change")?;
    }
    run("RELEASE change")?;
    outcome
}
