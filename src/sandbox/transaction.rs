//! Changes: one transaction, and the events that it puts into the outbox.

use std::cell::Cell;
use std::ops::Deref;

use rusqlite::Connection;
use serde::Serialize;
use uuid::Uuid;

use super::App;
use super::clock::Micros;
use super::http::ApiError;
use super::webhooks::{Subject, put_into_outbox};

/// A change under way.
pub(crate) struct Transaction<'c> {
    connection: &'c Connection,
    /// When webhooks about it are due; `None` where nothing receives any.
    due: Option<Micros>,
    emitted: Cell<bool>,
}

impl Deref for Transaction<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.connection
    }
}

impl Transaction<'_> {
    /// An event about a record as it is now.
    pub(crate) fn emit(&self, kind: &str, data: &impl Serialize) -> Result<(), ApiError> {
        let Some(due) = self.due else { return Ok(()) };
        let data = serde_json::to_string(data)?;
        self.emitted.set(true);
        put_into_outbox(self.connection, kind, &Subject::Rendered(data), due)
    }

    /// An event about a customer, who is rendered when the webhook is made.
    pub(crate) fn emit_customer(&self, kind: &str, customer: Uuid) -> Result<(), ApiError> {
        let Some(due) = self.due else { return Ok(()) };
        self.emitted.set(true);
        put_into_outbox(self.connection, kind, &Subject::Customer(customer), due)
    }
}

impl App {
    /// Makes a change and returns once it is durable; what it emits is sent then.
    pub(crate) async fn change<T>(
        &self,
        now: Micros,
        change: impl FnOnce(&Transaction<'_>) -> Result<T, ApiError> + Send + 'static,
    ) -> Result<T, ApiError>
    where
        T: Send + 'static,
    {
        let due = self.events_wanted().then(|| self.due(now));
        let (value, emitted) = self
            .store
            .write(move |connection| {
                let transaction = Transaction { connection, due, emitted: Cell::new(false) };
                let value = change(&transaction)?;
                Ok::<_, ApiError>((value, transaction.emitted.get()))
            })
            .await?;
        if emitted {
            self.announce().await;
        }
        Ok(value)
    }
}
