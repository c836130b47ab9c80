//! What is to be done later: refreshing a state, renewing a subscription, trying a charge again.
//!
//! The dispatcher does what is due, in order of time, each job in a transaction of its own.

use rusqlite::{Connection, OptionalExtension as _, params};
use uuid::Uuid;

use super::clock::Micros;
use super::http::ApiError;
use super::transaction::Transaction;
use super::{benefits, checkouts, customers, meters, orders, subscriptions};

/// A kind of job; its subject is the id of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Job {
    /// Grants what a subscription or an order gives access to, and revokes what it does not.
    Grants,
    /// Renders a customer's state anew, and says so.
    State,
    /// Measures what a customer has used.
    Meters,
    /// Completes a confirmed checkout.
    Checkout,
    /// Lets an open checkout expire.
    Expire,
    /// Says what the payment of an order cost.
    Fee,
    /// Renews a subscription at the end of its period.
    Cycle,
    /// Charges the card for a renewal.
    Charge,
}

const NAMES: [(Job, &str); 8] = [
    (Job::Grants, "grants"),
    (Job::State, "state"),
    (Job::Meters, "meters"),
    (Job::Checkout, "checkout"),
    (Job::Expire, "expire"),
    (Job::Fee, "fee"),
    (Job::Cycle, "cycle"),
    (Job::Charge, "charge"),
];

impl Job {
    fn name(self) -> &'static str {
        NAMES.iter().find(|(job, _)| *job == self).map_or("", |(_, name)| name)
    }

    fn run(self, tx: &Transaction<'_>, subject: Uuid) -> Result<(), ApiError> {
        match self {
            Self::Grants => benefits::settle(tx, subject),
            Self::State => customers::refresh_state(tx, subject),
            Self::Meters => meters::refresh(tx, subject),
            Self::Checkout => checkouts::complete(tx, subject),
            Self::Expire => checkouts::expire(tx, subject),
            Self::Fee => orders::settle_fee(tx, subject),
            Self::Cycle => subscriptions::cycle(tx, subject),
            Self::Charge => subscriptions::charge(tx, subject),
        }
    }
}

/// How far what follows a change lags behind it: on the real API 0.5 to 1 s, here short.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lag {
    state: Micros,
}

impl Default for Lag {
    fn default() -> Self {
        Self { state: 12_000 }
    }
}

impl Lag {
    /// Until benefits are granted and revoked.
    pub(crate) fn grants(self) -> Micros {
        self.state / 4
    }

    /// Until a state shows it.
    pub(crate) fn state(self) -> Micros {
        self.state
    }
}

/// Keeps a job until `due`.
pub(super) fn put(
    connection: &Connection,
    job: Job,
    subject: Uuid,
    due: Micros,
) -> Result<(), ApiError> {
    connection
        .prepare_cached(
            "INSERT INTO job (kind, subject, due) VALUES (?, ?, ?)
             ON CONFLICT (kind, subject) DO UPDATE SET due = excluded.due",
        )?
        .execute(params![job.name(), subject.to_string(), due])?;
    Ok(())
}

/// When the next job that is due by `end` is due.
pub(super) fn next_until(connection: &Connection, end: Micros) -> rusqlite::Result<Option<Micros>> {
    let sql = "SELECT min(due) FROM job WHERE due <= ?";
    connection.prepare_cached(sql)?.query_row([end], |row| row.get(0))
}

/// Does the oldest job that is due; false where there is none.
pub(super) fn run_next(tx: &Transaction<'_>) -> Result<bool, ApiError> {
    let next: Option<(i64, String, String)> = tx
        .prepare_cached("SELECT seq, kind, subject FROM job WHERE due <= ? ORDER BY due, seq")?
        .query_row([tx.now], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    let Some((seq, kind, subject)) = next else { return Ok(false) };
    tx.prepare_cached("DELETE FROM job WHERE seq = ?")?.execute([seq])?;
    if let Some((job, _)) = NAMES.iter().find(|(_, name)| *name == kind)
        && let Ok(subject) = subject.parse()
    {
        job.run(tx, subject)?;
    }
    Ok(true)
}
