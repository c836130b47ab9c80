//! One attempt to deliver one webhook.

use rusqlite::{OptionalExtension as _, params};
use uuid::Uuid;

use super::client::Answer;
use super::outcome::{record, skip};
use crate::provider::POLAR;
use crate::sandbox::App;
use crate::sandbox::clock::wall;
use crate::sandbox::fault::{Fault, Occasion};
use crate::sandbox::http::ApiError;
use crate::sandbox::journal::Attempt;
use crate::secret::Secret;
use crate::webhook::signature::{Scheme, sign};

const HOUR: i64 = 60 * 60;

/// A webhook and where it goes.
pub(super) struct PendingWebhook {
    pub(super) seq: i64,
    pub(super) id: Uuid,
    pub(super) kind: String,
    pub(super) payload: String,
    pub(super) attempts: u32,
    /// How often it was asked for again by then.
    pub(super) again: i64,
    pub(super) endpoint: Uuid,
    url: String,
    secret: Secret,
    scheme: Scheme,
    enabled: bool,
}

/// Sends the webhook with this number, and writes down what came of it. An error leaves it pending:
/// the caller must not come back at once.
pub(super) async fn attempt(app: &App, seq: i64) -> Result<(), ApiError> {
    let pending = load(app, seq)?
        .ok_or_else(|| ApiError::Internal("a pending webhook has no endpoint".to_owned()))?;
    if !pending.enabled {
        let now = app.clock.now();
        return app.store.write(move |connection| skip(connection, seq, now)).await;
    }
    let occasion = Occasion::Webhook(&pending.kind, pending.endpoint);
    if app.faults.fires(Fault::WebhookTwice, occasion).is_some() {
        send(app, &pending).await;
    }
    let answer = send(app, &pending).await;
    let retries = app.retries;
    let (now, at) = (app.clock.now(), app.clock.now());
    let disabled = app
        .store
        .write(move |connection| record(connection, &pending, &answer, retries, now, at))
        .await?;
    if disabled {
        app.recount_endpoints()?;
    }
    Ok(())
}

fn load(app: &App, seq: i64) -> Result<Option<PendingWebhook>, ApiError> {
    app.store.read(|connection| {
        let pending = connection
            .prepare_cached(
                "SELECT webhook.id, type, payload, attempts, endpoint, url, secret, standard, \
                 enabled, again
                 FROM webhook JOIN endpoint ON endpoint.id = webhook.endpoint
                 WHERE webhook.seq = ? AND pending = 1",
            )?
            .query_row(params![seq], |row| {
                Ok(PendingWebhook {
                    seq,
                    id: Uuid::from_bytes(row.get(0)?),
                    kind: row.get(1)?,
                    payload: row.get(2)?,
                    attempts: row.get(3)?,
                    endpoint: Uuid::from_bytes(row.get(4)?),
                    url: row.get(5)?,
                    secret: Secret::new(row.get::<_, String>(6)?),
                    scheme: if row.get(7)? { Scheme::Standard } else { Scheme::Legacy },
                    enabled: row.get(8)?,
                    again: row.get(9)?,
                })
            })
            .optional()?;
        Ok(pending)
    })
}

async fn send(app: &App, pending: &PendingWebhook) -> Answer {
    let started = std::time::Instant::now();
    let occasion = Occasion::Webhook(&pending.kind, pending.endpoint);
    let at = app.clock.now();
    let mut timestamp = wall() / 1_000_000;
    if app.faults.fires(Fault::WebhookStale, occasion).is_some() {
        timestamp -= HOUR;
    }
    let mut body = pending.payload.clone();
    if app.faults.fires(Fault::WebhookMalformed, occasion).is_some() {
        body.truncate(body.floor_char_boundary(body.len() / 2));
    }
    let id = pending.id.to_string();
    let signature = if app.faults.fires(Fault::WebhookBadSignature, occasion).is_some() {
        sign(
            &POLAR.webhook,
            &Secret::new("another secret altogether, of no endpoint"),
            Scheme::Legacy,
            &id,
            timestamp,
            body.as_bytes(),
        )
    } else {
        sign(&POLAR.webhook, &pending.secret, pending.scheme, &id, timestamp, body.as_bytes())
    };
    let mut headers = vec![
        ("user-agent", "polar.sh webhooks".to_owned()),
        ("content-type", "application/json".to_owned()),
        ("webhook-id", id),
        ("webhook-timestamp", timestamp.to_string()),
    ];
    headers.extend(signature.map(|signature| ("webhook-signature", signature)));
    if app.faults.fires(Fault::WebhookUnsigned, occasion).is_some() {
        headers.retain(|(name, _)| !name.starts_with("webhook-"));
    }
    let answer = app.client.post(&pending.url, &headers, body, app.retries.timeout).await;
    app.journal.delivery(&Attempt {
        at,
        kind: &pending.kind,
        webhook: pending.id,
        endpoint: pending.endpoint,
        url: &pending.url,
        number: pending.attempts + 1,
        status: answer.status,
        answer: &answer.text,
        payload: &pending.payload,
        started,
    });
    answer
}
