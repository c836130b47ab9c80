//! Sending the clock ahead, with everything that is due on the way, and starting all over.

use std::sync::Arc;
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension as _};

use super::App;
use super::clock::Micros;
use super::http::ApiError;
use super::jobs::{next_until, run_next};
use super::transaction::Transaction;
use super::webhooks::make_webhooks;

/// How far the clock of this state is ahead.
pub(super) fn ahead(connection: &Connection) -> Result<Micros, ApiError> {
    let sql = "SELECT value FROM setting WHERE key = 'clock_ahead'";
    let ahead: Option<String> = connection.query_row(sql, [], |row| row.get(0)).optional()?;
    Ok(ahead.and_then(|ahead| ahead.parse().ok()).unwrap_or(0))
}

/// Sends the clock ahead. What is due until then is done in order of time, each at its own time,
/// and its webhooks say how things stood then.
pub(super) async fn advance(app: &Arc<App>, by: Duration) -> Result<Micros, ApiError> {
    let by = Micros::try_from(by.as_micros()).unwrap_or(Micros::MAX);
    let end = app.clock.now().saturating_add(by);
    while let Some(due) = app.store.read(|connection| next_until(connection, end))? {
        app.clock.advance_to(due);
        let shared = Arc::clone(app);
        let (messages, _) = app
            .store
            .write(move |connection| {
                run_next(&Transaction::new(connection, Arc::clone(&shared), due))?;
                make_webhooks(connection, &shared, due)
            })
            .await?;
        for message in messages {
            app.stream.publish(&message);
        }
    }
    let ahead = app.clock.advance_to(end);
    app.store
        .write(move |connection| {
            connection.execute(
                "INSERT INTO setting (key, value) VALUES ('clock_ahead', ?)
                 ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                [ahead.to_string()],
            )?;
            Ok::<_, ApiError>(())
        })
        .await?;
    app.announce().await;
    Ok(app.clock.now())
}

/// The tables of what may be forgotten: all but the organization and the webhook endpoints.
const FORGOTTEN: [&str; 18] = [
    "customer",
    "member",
    "outbox",
    "webhook",
    "delivery",
    "event",
    "job",
    "product",
    "benefit",
    "benefit_grant",
    "license_key",
    "discount",
    "meter",
    "customer_meter",
    "subscription",
    "purchase",
    "refund",
    "checkout",
];

/// Forgets everything but the organization and the webhook endpoints; the clock is the wall's
/// again.
pub(super) async fn reset(app: &Arc<App>) -> Result<(), ApiError> {
    app.faults.disarm(None);
    app.store
        .write(|connection| {
            for table in FORGOTTEN.iter().chain(&["checkout_link", "customer_session"]) {
                connection.execute(&format!("DELETE FROM {table}"), [])?;
            }
            connection.execute("DELETE FROM setting WHERE key = 'clock_ahead'", [])?;
            Ok::<_, ApiError>(())
        })
        .await?;
    app.clock.reset();
    Ok(())
}
