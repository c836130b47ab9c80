//! What came of an attempt, in the database.

use rusqlite::{Connection, params};
use uuid::Uuid;

use super::attempt::PendingWebhook;
use super::client::Answer;
use super::endpoints::disable;
use super::retry::Retries;
use crate::sandbox::clock::Micros;
use crate::sandbox::http::ApiError;

/// So many webhooks and deliveries are kept.
const KEPT: i64 = 10_000;
/// Looking for old ones is not worth it every time.
const FORGET_EVERY: i64 = 256;

/// Writes an attempt down: done, to be tried again, or failed for good. After ten failed webhooks
/// in a row the endpoint is disabled and what is pending for it is skipped (measured on the real
/// API); returns whether that outbox.
pub(super) fn record(
    connection: &Connection,
    pending: &PendingWebhook,
    answer: &Answer,
    retries: Retries,
    now: Micros,
    at: Micros,
) -> Result<bool, ApiError> {
    let succeeded = answer.status.is_some_and(|status| (200..300).contains(&status));
    connection
        .prepare_cached(
            "INSERT INTO delivery (id, webhook, endpoint, created_at, succeeded, http_code, \
             response)
             VALUES (?, ?, ?, ?, ?, ?, ?)",
        )?
        .execute(params![
            Uuid::new_v4().as_bytes().as_slice(),
            pending.seq,
            pending.endpoint.as_bytes().as_slice(),
            at,
            succeeded,
            answer.status,
            answer.text,
        ])?;
    forget_old(connection)?;
    let attempts = pending.attempts + 1;
    let again = if succeeded { None } else { retries.wait(attempts) };
    let verdict = if succeeded { Some(true) } else { again.is_none().then_some(false) };
    // An attempt without an answer leaves the webhook unmodified, on the real API too.
    let modified_at = (answer.status.is_some() || verdict.is_some()).then_some(now);
    connection
        .prepare_cached(
            // One that was asked for again meanwhile is as due as before.
            "UPDATE webhook SET last_http_code = coalesce(?2, last_http_code),
             modified_at = coalesce(?3, modified_at), succeeded = coalesce(?4, succeeded),
             attempts = CASE again WHEN ?8 THEN ?1 ELSE attempts END,
             pending = CASE again WHEN ?8 THEN ?5 ELSE pending END,
             due = CASE again WHEN ?8 THEN ?6 ELSE due END
             WHERE seq = ?7",
        )?
        .execute(params![
            attempts,
            answer.status,
            modified_at,
            verdict,
            again.is_some(),
            now.saturating_add(again.unwrap_or(0)),
            pending.seq,
            pending.again
        ])?;
    let endpoint = pending.endpoint.as_bytes().as_slice();
    match verdict {
        Some(true) => {
            connection
                .prepare_cached("UPDATE endpoint SET failures = 0 WHERE id = ? AND failures > 0")?
                .execute([endpoint])?;
            Ok(false)
        }
        Some(false) => {
            let failures: u32 = connection
                .prepare_cached(
                    "UPDATE endpoint SET failures = failures + 1 WHERE id = ? RETURNING failures",
                )?
                .query_row([endpoint], |row| row.get(0))?;
            if failures < Retries::FAILURES {
                return Ok(false);
            }
            disable(connection, pending.endpoint, now)?;
            Ok(true)
        }
        None => Ok(false),
    }
}

/// Bounds the memory.
fn forget_old(connection: &Connection) -> Result<(), ApiError> {
    let last = connection.last_insert_rowid();
    if last % FORGET_EVERY != 0 {
        return Ok(());
    }
    connection.prepare_cached("DELETE FROM delivery WHERE seq <= ?")?.execute([last - KEPT])?;
    connection
        .prepare_cached(
            "DELETE FROM webhook WHERE pending = 0 AND seq <= (SELECT max(seq) FROM webhook) - ?",
        )?
        .execute([KEPT])?;
    Ok(())
}

/// A webhook whose endpoint is disabled is not sent any more.
pub(super) fn skip(connection: &Connection, seq: i64, now: Micros) -> Result<(), ApiError> {
    connection
        .prepare_cached(
            "UPDATE webhook SET skipped = 1, pending = 0, modified_at = ? WHERE seq = ?",
        )?
        .execute([now, seq])?;
    Ok(())
}
