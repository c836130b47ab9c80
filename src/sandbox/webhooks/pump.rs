//! The task that makes webhooks of what happened and sees that they are sent.
//!
//! First attempts to one endpoint go out one after the other, oldest first. Retries and redeliveries
//! do not hold up what comes after them, on the real API either.

use std::sync::Arc;
use std::time::Duration;

use rusqlite::{OptionalExtension as _, params};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::attempt::attempt;
use super::happened::make_webhooks;
use super::lanes::{Lane, Lanes};
use super::retry::Retries;
use crate::sandbox::App;
use crate::sandbox::clock::Micros;
use crate::sandbox::fault::Fault;
use crate::sandbox::http::Problem;

/// How long a request waits at most for the webhooks that are to come before its answer.
const LONGEST_EARLY: Duration = Duration::from_secs(5);

/// Wakes the task, and is told when it has nothing left to do.
#[derive(Debug, Default)]
pub(crate) struct Pump {
    wake: Notify,
    settled: Notify,
}

impl Pump {
    /// Something happened, or is owed again.
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
        // Whoever listens may be slow or gone; the answer must not hang on it.
        let _ = tokio::time::timeout(LONGEST_EARLY, wait).await;
    }

    /// Runs until cancelled. What is on its way then is sent again by the next process, if the state
    /// outlives this one.
    pub(crate) async fn run(app: Arc<App>, cancelled: CancellationToken) {
        let mut lanes = Lanes::new(app.retries);
        loop {
            let next = match turn(&app, &mut lanes).await {
                Ok(next) => next.map(|due| micros(due - app.clock.now())),
                Err(_) => Some(Retries::PAUSE),
            };
            let next = [next, lanes.next()].into_iter().flatten().min();
            app.pump.settled.notify_waiters();
            tokio::select! {
                () = cancelled.cancelled() => return,
                () = app.pump.wake.notified() => {}
                () = async { tokio::time::sleep(next.unwrap_or_default()).await }, if next.is_some() => {}
                () = lanes.ended() => {}
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
            "SELECT 1 FROM happened WHERE due <= ?1
             UNION ALL SELECT 1 FROM webhook WHERE owed = 1 AND attempts = 0 AND due <= ?1",
        )?
        .exists([now])
}

/// Makes webhooks, starts the lanes that have something to send, and returns when the next is due.
async fn turn(app: &Arc<App>, lanes: &mut Lanes) -> Result<Option<Micros>, Problem> {
    let now = app.clock.now();
    loop {
        let waiting = app.store.read(|connection| {
            connection.prepare_cached("SELECT 1 FROM happened WHERE due <= ?")?.exists([now])
        })?;
        if !waiting {
            break;
        }
        let shared = Arc::clone(app);
        let (messages, more) =
            app.store.write(move |connection| make_webhooks(connection, &shared, now)).await?;
        for message in messages {
            app.stream.publish(&message);
        }
        if !more {
            break;
        }
    }
    let now = app.clock.now();
    let waiting = app.store.read(|connection| waiting(connection, now))?;
    lanes.keep(&waiting);
    for lane in waiting {
        let app = Arc::clone(app);
        lanes.start(lane, |lane| async move {
            let outcome = drive(&app, &lane).await;
            (lane, outcome)
        });
    }
    app.store.read(|connection| {
        let next = connection
            .prepare_cached(
                "SELECT min(due) FROM (SELECT min(due) AS due FROM happened WHERE due > ?1
                 UNION ALL SELECT min(due) FROM webhook WHERE owed = 1 AND due > ?1)",
            )?
            .query_row([now], |row| row.get(0))?;
        Ok(next)
    })
}

fn waiting(connection: &rusqlite::Connection, now: Micros) -> rusqlite::Result<Vec<Lane>> {
    let mut lanes = connection
        .prepare_cached(
            "SELECT DISTINCT endpoint FROM webhook WHERE owed = 1 AND attempts = 0 AND again = 0 AND due <= ?",
        )?
        .query_map([now], |row| Ok(Lane::Endpoint(Uuid::from_bytes(row.get(0)?))))?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    let again = connection
        .prepare_cached(
            "SELECT seq FROM webhook WHERE owed = 1 AND (attempts > 0 OR again = 1) AND due <= ?",
        )?
        .query_map([now], |row| row.get(0).map(Lane::Again))?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    lanes.extend(again);
    Ok(lanes)
}

async fn drive(app: &App, lane: &Lane) -> Result<(), Problem> {
    match lane {
        Lane::Again(seq) => attempt(app, *seq).await,
        Lane::Endpoint(endpoint) => {
            while let Some(seq) = first(app, *endpoint)? {
                attempt(app, seq).await?;
            }
            Ok(())
        }
    }
}

/// The oldest webhook that an endpoint is owed and was not tried yet.
fn first(app: &App, endpoint: Uuid) -> Result<Option<i64>, Problem> {
    let order = if app.faults.armed(Fault::WebhookOutOfOrder).is_some() { "DESC" } else { "ASC" };
    app.store.read(|connection| {
        let seq = connection
            .prepare_cached(&format!(
                "SELECT seq FROM webhook WHERE owed = 1 AND endpoint = ? AND attempts = 0 AND again = 0 AND due <= ?
                 ORDER BY seq {order} LIMIT 1"
            ))?
            .query_row(params![endpoint.as_bytes().as_slice(), app.clock.now()], |row| row.get(0))
            .optional()?;
        Ok(seq)
    })
}
