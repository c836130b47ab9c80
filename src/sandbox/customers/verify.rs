//! Marking an e-mail as verified. On the real API a customer does that by signing in to the portal;
//! here nothing else can.

use uuid::Uuid;

use super::store::{By, find, save};
use crate::sandbox::App;
use crate::sandbox::http::ApiError;

/// Marks a customer's e-mail as verified and returns the customer.
pub(crate) async fn verify(app: &App, id: Uuid) -> Result<String, ApiError> {
    app.store
        .write(move |connection| {
            let mut customer = find(connection, &By::Id(id))?;
            customer.email_verified = true;
            save(connection, &mut customer)
        })
        .await
}
