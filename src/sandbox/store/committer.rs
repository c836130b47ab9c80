//! The thread that writes to a file: it commits, and waits for the disk, so that no request's
//! thread has to.

use std::sync::mpsc::{Receiver, Sender, channel};

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::group::{self, Change};
use super::lock::FileLock;

/// So many changes share a commit at most, which bounds how long the first of them waits.
const GROUP: usize = 256;

enum Order {
    Change(Change),
    Close(oneshot::Sender<()>),
}

/// Hands changes to the thread. The thread ends, and the lock with it, with the last clone.
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

    /// Has a change made, and returns once it is durable.
    pub(super) async fn write<T, E>(
        &self,
        change: impl FnOnce(&Connection) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<rusqlite::Error> + Send + 'static,
    {
        let (change, outcome) = group::change(change);
        // Where the thread is gone the change is dropped, and its answer with it.
        let _ = self.orders.send(Order::Change(change));
        outcome.await.unwrap_or_else(|_| Err(E::from(group::gone())))
    }

    pub(super) async fn close(&self) {
        let (closed, wait) = oneshot::channel();
        if self.orders.send(Order::Close(closed)).is_ok() {
            let _ = wait.await;
        }
    }
}

/// Commits what waits, until told to close or until the last sender is gone.
fn commit_groups(
    connection: &Connection,
    waiting: &Receiver<Order>,
) -> Option<oneshot::Sender<()>> {
    loop {
        let mut next = Some(waiting.recv().ok()?);
        let mut changes = Vec::new();
        let mut closing = None;
        while let Some(order) = next.take() {
            match order {
                Order::Change(change) => changes.push(change),
                Order::Close(closed) => closing = Some(closed),
            }
            if closing.is_none() && changes.len() < GROUP {
                next = waiting.try_recv().ok();
            }
        }
        if !changes.is_empty() {
            group::commit(connection, changes);
        }
        if closing.is_some() {
            return closing;
        }
    }
}
