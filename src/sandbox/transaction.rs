//! Changes: one transaction, the events that it puts into the outbox, and what is to be done later.

use std::cell::Cell;
use std::ops::Deref;
use std::sync::Arc;

use rusqlite::Connection;
use serde::Serialize;
use uuid::Uuid;

use super::App;
use super::clock::Micros;
use super::http::ApiError;
use super::jobs::{self, Job};
use super::webhooks::{Subject, put_into_outbox};

/// A change under way.
pub(crate) struct Transaction<'c> {
    connection: &'c Connection,
    /// What all requests share.
    pub(crate) app: Arc<App>,
    /// When the change happens.
    pub(crate) now: Micros,
    /// When webhooks about it are due; `None` where nothing receives any.
    due: Option<Micros>,
    /// Whether there is something for the dispatcher.
    wakes: Cell<bool>,
}

impl Deref for Transaction<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.connection
    }
}

impl<'c> Transaction<'c> {
    /// A change of which events have receivers or not, at this moment.
    pub(crate) fn new(connection: &'c Connection, app: Arc<App>, now: Micros) -> Self {
        let due = app.events_wanted().then(|| app.due(now));
        Self { connection, app, now, due, wakes: Cell::new(false) }
    }

    /// Whether events have a receiver.
    pub(crate) fn is_heard(&self) -> bool {
        self.due.is_some()
    }

    /// An event about a record as it is now.
    pub(crate) fn emit(&self, kind: &str, data: &impl Serialize) -> Result<(), ApiError> {
        let Some(due) = self.due else { return Ok(()) };
        let data = serde_json::to_string(data)?;
        self.wakes.set(true);
        put_into_outbox(self.connection, kind, &Subject::Rendered(data), due)
    }

    /// An event about a customer, who is rendered when the webhook is made.
    pub(crate) fn emit_customer(&self, kind: &str, customer: Uuid) -> Result<(), ApiError> {
        let Some(due) = self.due else { return Ok(()) };
        self.wakes.set(true);
        put_into_outbox(self.connection, kind, &Subject::Customer(customer), due)
    }

    /// Has a job done at `due`; one that waits for the same subject already is put off until then.
    pub(crate) fn schedule(&self, job: Job, subject: Uuid, due: Micros) -> Result<(), ApiError> {
        self.wakes.set(true);
        jobs::put(self.connection, job, subject, due)
    }
}

impl App {
    /// Makes a change and returns once it is durable; what it emits is sent then.
    pub(crate) async fn change<T>(
        self: &Arc<Self>,
        now: Micros,
        change: impl FnOnce(&Transaction<'_>) -> Result<T, ApiError> + Send + 'static,
    ) -> Result<T, ApiError>
    where
        T: Send + 'static,
    {
        let app = Arc::clone(self);
        let (value, wakes) = self
            .store
            .write(move |connection| {
                let transaction = Transaction::new(connection, app, now);
                let value = change(&transaction)?;
                Ok::<_, ApiError>((value, transaction.wakes.get()))
            })
            .await?;
        if wakes {
            self.announce().await;
        }
        Ok(value)
    }
}
