//! Webhooks that are on hand to be delivered to the app.

use serde_json::Value as Json;
use uuid::Uuid;

use crate::webhook::Delivery;

/// A webhook that can be delivered.
#[derive(Debug, Clone)]
pub(super) struct Kept {
    /// The event's id.
    pub(super) id: String,
    pub(super) event_type: String,
    /// The body as it came, or as the API would write it.
    pub(super) body: Vec<u8>,
    pub(super) payload: Json,
}

impl Kept {
    pub(super) fn of(delivery: &Delivery) -> Self {
        Self {
            id: delivery.id.clone(),
            event_type: delivery.event_type.clone(),
            body: delivery.body().into_owned(),
            payload: delivery.payload.clone(),
        }
    }

    /// One that is made here.
    pub(super) fn new(event_type: &str, payload: Json) -> Self {
        Self {
            id: Uuid::new_v4().to_string(),
            event_type: event_type.to_owned(),
            body: payload.to_string().into_bytes(),
            payload,
        }
    }
}
