//! The task that makes webhooks of the outbox and sends them.
//!
//! First attempts to one endpoint go out one after the other, oldest first. Retries and
//! redeliveries do not hold up what comes after them, on the real API either.

use std::sync::Arc;
use std::time::Duration;

use rusqlite::{OptionalExtension as _, params};
use tokio::sync::Notify;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::attempt::attempt;
use super::outbox::make_webhooks;
use super::queues::{Queue, Queues};
use super::retry::Retries;
use crate::sandbox::App;
use crate::sandbox::clock::Micros;
use crate::sandbox::fault::Fault;
use crate::sandbox::http::ApiError;
use crate::sandbox::jobs::{next_until, run_next};
use crate::sandbox::transaction::Transaction;

/// How long a request waits at most for the webhooks that are to come before its answer.
const LONGEST_EARLY: Duration = Duration::from_secs(5);

/// Wakes the task, and is told when it has nothing left to do.
#[derive(Debug, Default)]
pub(crate) struct Dispatcher {
    wake: Notify,
    settled: Notify,
}

impl Dispatcher {
    /// Looks at the outbox and at pending webhooks again.
    pub(crate) fn wake(&self) {
        self.wake.notify_one();
    }

    /// Waits until everything that is due was sent once.
    pub(crate) async fn settled(&self, app: &App) {
        let wait = async {
            loop {
                let settled = self.settled.notified();
                if !app
                    .store
                    .read(|connection| is_busy(connection, app.clock.now()))
                    .unwrap_or(false)
                {
                    return;
                }
                settled.await;
            }
        };
        // The receiver may be slow or gone; the answer must not hang on it.
        let _ = tokio::time::timeout(LONGEST_EARLY, wait).await;
    }

    /// Runs until cancelled. A webhook on its way then is sent again by the next process, if the
    /// state outlives this one.
    pub(crate) async fn run(app: Arc<App>, cancelled: CancellationToken) {
        let mut queues = Queues::new(app.retries);
        loop {
            let next = match turn(&app, &mut queues).await {
                Ok(next) => next.map(|due| micros(due - app.clock.now())),
                Err(_) => Some(Retries::PAUSE),
            };
            let next = [next, queues.next()].into_iter().flatten().min();
            app.dispatcher.settled.notify_waiters();
            tokio::select! {
                () = cancelled.cancelled() => return,
                () = app.dispatcher.wake.notified() => {}
                () = sleep(next.unwrap_or_default()), if next.is_some() => {}
                () = queues.ended() => {}
            }
        }
    }
}

fn micros(wait: Micros) -> Duration {
    Duration::from_micros(u64::try_from(wait).unwrap_or(0))
}

fn is_busy(connection: &rusqlite::Connection, now: Micros) -> rusqlite::Result<bool> {
    connection
        .prepare_cached(
            "SELECT 1 FROM outbox WHERE due <= ?1
             UNION ALL SELECT 1 FROM job WHERE due <= ?1
             UNION ALL SELECT 1 FROM webhook WHERE pending = 1 AND attempts = 0 AND due <= ?1",
        )?
        .exists([now])
}

/// Makes webhooks, starts the queues that have something to send, and returns when the next is due.
async fn turn(app: &Arc<App>, queues: &mut Queues) -> Result<Option<Micros>, ApiError> {
    let now = app.clock.now();
    loop {
        empty_outbox(app, now).await?;
        if !run_job(app, now).await? {
            break;
        }
    }
    let now = app.clock.now();
    let waiting = app.store.read(|connection| waiting(connection, now))?;
    queues.keep(&waiting);
    for queue in waiting {
        let app = Arc::clone(app);
        queues.start(queue, |queue| async move {
            let outcome = drive(&app, &queue).await;
            (queue, outcome)
        });
    }
    app.store.read(|connection| {
        let next = connection
            .prepare_cached(
                // Events and jobs that became due meanwhile count as well: no turn has seen them.
                "SELECT min(due) FROM (SELECT min(due) AS due FROM outbox
                 UNION ALL SELECT min(due) FROM job
                 UNION ALL SELECT min(due) FROM webhook WHERE pending = 1 AND due > ?1)",
            )?
            .query_row([now], |row| row.get(0))?;
        Ok(next)
    })
}

/// Makes webhooks of what is due.
async fn empty_outbox(app: &Arc<App>, now: Micros) -> Result<(), ApiError> {
    loop {
        let waiting = app.store.read(|connection| {
            connection.prepare_cached("SELECT 1 FROM outbox WHERE due <= ?")?.exists([now])
        })?;
        if !waiting {
            return Ok(());
        }
        let shared = Arc::clone(app);
        let (messages, more) =
            app.store.write(move |connection| make_webhooks(connection, &shared, now)).await?;
        for message in messages {
            app.stream.publish(&message);
        }
        if !more {
            return Ok(());
        }
    }
}

/// Does one job that is due; false where there is none.
async fn run_job(app: &Arc<App>, now: Micros) -> Result<bool, ApiError> {
    let Some(due) = app.store.read(|connection| next_until(connection, now))? else {
        return Ok(false);
    };
    // It is done at its time, however late that is: what it causes keeps its order on a busy
    // machine.
    let shared = Arc::clone(app);
    let run = move |connection: &_| run_next(&Transaction::new(connection, shared, due));
    app.store.write(run).await
}

fn waiting(connection: &rusqlite::Connection, now: Micros) -> rusqlite::Result<Vec<Queue>> {
    let mut queues = connection
        .prepare_cached(
            "SELECT DISTINCT endpoint FROM webhook WHERE pending = 1 AND attempts = 0 AND again = \
             0 AND due <= ?",
        )?
        .query_map([now], |row| Ok(Queue::Endpoint(Uuid::from_bytes(row.get(0)?))))?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    let again = connection
        .prepare_cached(
            "SELECT seq FROM webhook WHERE pending = 1 AND (attempts > 0 OR again > 0) AND due <= \
             ?",
        )?
        .query_map([now], |row| row.get(0).map(Queue::Again))?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    queues.extend(again);
    Ok(queues)
}

async fn drive(app: &App, queue: &Queue) -> Result<(), ApiError> {
    match queue {
        Queue::Again(seq) => attempt(app, *seq).await,
        Queue::Endpoint(endpoint) => {
            while let Some(seq) = first(app, *endpoint)? {
                attempt(app, seq).await?;
            }
            Ok(())
        }
    }
}

/// The oldest webhook for an endpoint that was not tried yet.
fn first(app: &App, endpoint: Uuid) -> Result<Option<i64>, ApiError> {
    let order = if app.faults.armed(Fault::WebhookOutOfOrder).is_some() { "DESC" } else { "ASC" };
    app.store.read(|connection| {
        let seq = connection
            .prepare_cached(&format!(
                "SELECT seq FROM webhook WHERE pending = 1 AND endpoint = ? AND attempts = 0 AND \
                 again = 0 AND due <= ?
                 ORDER BY seq {order} LIMIT 1"
            ))?
            .query_row(params![endpoint.as_bytes().as_slice(), app.clock.now()], |row| row.get(0))
            .optional()?;
        Ok(seq)
    })
}
