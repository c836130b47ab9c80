//! The webhooks that a delivery step names.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value as Json;
use uuid::Uuid;

use super::context::Context;
use super::kept::Kept;
use super::state::State;
use crate::scenario::{Deliver, EVERY, REFUSED, Word};
use crate::variables::{FillError, Variables};

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
    if let Some((_, kept)) = state.kept.iter().rev().find(|(known, _)| known == name) {
        return Ok(vec![kept.clone()]);
    }
    if name == REFUSED {
        return Ok(state.refused_by_app.clone());
    }
    if name == EVERY {
        let example = |kind: &&str| {
            let about = About::new(&state.variables);
            Some(Kept::new(kind, (facts.example)(kind, &|name| about.value(name))?))
        };
        // A customer that is gone has no other events.
        let types = facts.event_types.iter().filter(|kind| **kind != facts.customer_deleted);
        return Ok(types.filter_map(example).collect());
    }
    if !name.contains('.') {
        // A step before this was to keep it, and could not.
        return Err(FillError::Unknown(name.to_owned()));
    }
    let payload = if let Some(payload) = &deliver.payload {
        state.variables.value(payload)?
    } else {
        let about = About::new(&state.variables);
        (facts.example)(name, &|name| about.value(name))
            .ok_or_else(|| FillError::Unknown(name.to_owned()))?
    };
    Ok(vec![Kept::new(name, payload)])
}

/// What an example is about: the scenario's customer, at this moment, with ids of its own.
struct About<'a> {
    variables: &'a Variables,
    id: Uuid,
    now: Timestamp,
}

impl<'a> About<'a> {
    fn new(variables: &'a Variables) -> Self {
        Self { variables, id: Uuid::new_v4(), now: Timestamp::now() }
    }

    /// The value of a name in an example.
    fn value(&self, name: &str) -> Option<String> {
        if let Some(kind) = name.strip_prefix("id.") {
            return Some(Uuid::new_v5(&self.id, kind.as_bytes()).to_string());
        }
        match name {
            "now" => Some(self.now.to_string()),
            "later" => Some((self.now + SignedDuration::from_hours(24 * 30)).to_string()),
            _ => match self.variables.get(name).ok()? {
                Json::String(text) => Some(text.clone()),
                other => Some(other.to_string()),
            },
        }
    }
}

/// Merges `change` into `value`: mappings key by key, everything else in place of what is there. An
/// empty mapping empties.
fn merge(value: &mut Json, change: &Json) {
    match (value, change) {
        (Json::Object(value), Json::Object(change)) if !change.is_empty() => {
            for (key, change) in change {
                merge(value.entry(key.clone()).or_insert(Json::Null), change);
            }
        }
        (value, change) => *value = change.clone(),
    }
}
