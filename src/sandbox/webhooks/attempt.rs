//! One attempt to deliver one webhook.

use rusqlite::{OptionalExtension as _, params};
use uuid::Uuid;

use super::client::Answer;
use super::outcome::{record, skip};
use crate::provider::POLAR;
use crate::sandbox::App;
use crate::sandbox::fault::Fault;
use crate::sandbox::http::Problem;
use crate::sandbox::journal::Attempt;
use crate::secret::Secret;
use crate::webhook::signature::{Scheme, sign};

const HOUR: i64 = 60 * 60;

/// A webhook and where it goes.
pub(super) struct Owed {
    pub(super) seq: i64,
    pub(super) id: Uuid,
    pub(super) kind: String,
    pub(super) payload: String,
    pub(super) attempts: u32,
    pub(super) endpoint: Uuid,
    url: String,
    secret: Secret,
    scheme: Scheme,
    enabled: bool,
}

/// Sends the webhook with this number, and writes down what came of it. An error leaves it owed: the
/// caller must not come back at once.
pub(super) async fn attempt(app: &App, seq: i64) -> Result<(), Problem> {
    let owed = load(app, seq)?
        .ok_or_else(|| Problem::Internal("a webhook is owed to nobody".to_owned()))?;
    if !owed.enabled {
        let now = app.clock.now();
        return app.store.write(move |connection| skip(connection, seq, now)).await;
    }
    if app.faults.fires(Fault::WebhookTwice).is_some() {
        send(app, &owed).await;
    }
    let answer = send(app, &owed).await;
    let retries = app.retries;
    let (now, at) = (app.clock.now(), app.clock.now());
    let disabled = app
        .store
        .write(move |connection| record(connection, &owed, &answer, retries, now, at))
        .await?;
    if disabled {
        app.recount_endpoints()?;
    }
    Ok(())
}

fn load(app: &App, seq: i64) -> Result<Option<Owed>, Problem> {
    app.store.read(|connection| {
        let owed = connection
            .prepare_cached(
                "SELECT webhook.id, type, payload, attempts, endpoint, url, secret, standard, enabled
                 FROM webhook JOIN endpoint ON endpoint.id = webhook.endpoint WHERE webhook.seq = ? AND owed = 1",
            )?
            .query_row(params![seq], |row| {
                Ok(Owed {
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
                })
            })
            .optional()?;
        Ok(owed)
    })
}

async fn send(app: &App, owed: &Owed) -> Answer {
    let started = std::time::Instant::now();
    let at = app.clock.now();
    let mut timestamp = at / 1_000_000;
    if app.faults.fires(Fault::WebhookStale).is_some() {
        timestamp -= HOUR;
    }
    let mut body = owed.payload.clone();
    if app.faults.fires(Fault::WebhookMalformed).is_some() {
        body.truncate(body.floor_char_boundary(body.len() / 2));
    }
    let id = owed.id.to_string();
    let signature = if app.faults.fires(Fault::WebhookBadSignature).is_some() {
        sign(
            &POLAR.webhook,
            &Secret::new("another secret altogether, of no endpoint"),
            Scheme::Legacy,
            &id,
            timestamp,
            body.as_bytes(),
        )
    } else {
        sign(&POLAR.webhook, &owed.secret, owed.scheme, &id, timestamp, body.as_bytes())
    };
    let mut headers = vec![
        ("user-agent", "polar.sh webhooks".to_owned()),
        ("content-type", "application/json".to_owned()),
        ("webhook-id", id),
        ("webhook-timestamp", timestamp.to_string()),
    ];
    headers.extend(signature.map(|signature| ("webhook-signature", signature)));
    if app.faults.fires(Fault::WebhookUnsigned).is_some() {
        headers.retain(|(name, _)| !name.starts_with("webhook-"));
    }
    let answer = app.client.post(&owed.url, &headers, body, app.retries.timeout).await;
    app.journal.delivery(&Attempt {
        at,
        kind: &owed.kind,
        webhook: owed.id,
        endpoint: owed.endpoint,
        url: &owed.url,
        number: owed.attempts + 1,
        status: answer.status,
        answer: &answer.text,
        started,
    });
    answer
}
