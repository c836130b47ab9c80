//! Webhooks that are on hand to be delivered to the app.

use serde_json::Value as Json;
use uuid::Uuid;

use super::context::Context;
use super::state::State;
use crate::scenario::{Deliver, EVERY, REFUSED, Word};
use crate::variables::FillError;
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
    fn new(event_type: &str, payload: Json) -> Self {
        Self {
            id: Uuid::new_v4().to_string(),
            event_type: event_type.to_owned(),
            body: payload.to_string().into_bytes(),
            payload,
        }
    }
}

/// The webhooks that a step delivers, changed as it says.
pub(super) fn find(
    context: &Context<'_>,
    state: &State,
    deliver: &Deliver,
) -> Result<Vec<Kept>, FillError> {
    let mut found = Vec::new();
    for word in &deliver.what {
        found.extend(named(context, state, deliver, word)?);
    }
    let change = deliver.change.as_ref().map(|change| state.variables.value(change)).transpose()?;
    for kept in &mut found {
        if let Some(change) = &change {
            merge(&mut kept.payload, change);
            kept.body = kept.payload.to_string().into_bytes();
        }
        if deliver.new_id {
            kept.id = Uuid::new_v4().to_string();
        }
    }
    Ok(found)
}

fn named(
    context: &Context<'_>,
    state: &State,
    deliver: &Deliver,
    word: &Word,
) -> Result<Vec<Kept>, FillError> {
    let name = word.value.as_str();
    let facts = &context.shared.provider.webhook;
    if let Some((_, kept)) = state.kept.iter().rev().find(|(known, _)| known == name) {
        return Ok(vec![kept.clone()]);
    }
    if name == REFUSED {
        return Ok(state.refused_by_app.clone());
    }
    if name == EVERY {
        let example = |kind: &&str| Some(Kept::new(kind, (facts.example)(kind, &state.variables)?));
        return Ok(facts.event_types.iter().filter_map(example).collect());
    }
    if !name.contains('.') {
        // A step before this was to keep it, and could not.
        return Err(FillError::Unknown(name.to_owned()));
    }
    let payload = match &deliver.payload {
        Some(payload) => state.variables.value(payload)?,
        None => (facts.example)(name, &state.variables)
            .ok_or_else(|| FillError::Unknown(name.to_owned()))?,
    };
    Ok(vec![Kept::new(name, payload)])
}

/// Merges `change` into `value`: mappings key by key, everything else in place of what is there.
fn merge(value: &mut Json, change: &Json) {
    match (value, change) {
        (Json::Object(value), Json::Object(change)) => {
            for (key, change) in change {
                merge(value.entry(key.clone()).or_insert(Json::Null), change);
            }
        }
        (value, change) => *value = change.clone(),
    }
}
