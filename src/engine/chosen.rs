//! The webhooks that a delivery step names.

use serde_json::Value as Json;
use uuid::Uuid;

use super::context::Context;
use super::kept::Kept;
use super::state::State;
use crate::scenario::{Deliver, EVERY, REFUSED, Word};
use crate::variables::FillError;

/// The webhooks that a step delivers, changed as it says.
pub(super) fn chosen(
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
    let about = |name: &str| state.variables.get(name).ok()?.as_str().map(str::to_owned);
    if let Some((_, kept)) = state.kept.iter().rev().find(|(known, _)| known == name) {
        return Ok(vec![kept.clone()]);
    }
    if name == REFUSED {
        return Ok(state.refused_by_app.clone());
    }
    if name == EVERY {
        let example = |kind: &&str| Some(Kept::new(kind, (facts.example)(kind, &about)?));
        return Ok(facts.event_types.iter().filter_map(example).collect());
    }
    if !name.contains('.') {
        // A step before this was to keep it, and could not.
        return Err(FillError::Unknown(name.to_owned()));
    }
    let payload = match &deliver.payload {
        Some(payload) => state.variables.value(payload)?,
        None => (facts.example)(name, &about).ok_or_else(|| FillError::Unknown(name.to_owned()))?,
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
