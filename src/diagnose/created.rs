//! One customer that a scenario made, and what it is called.

use std::ops::Range;

use serde_json::Value as Json;

use super::asked::{Asked, Key};
use crate::evidence::Exchange;
use crate::provider::Customer;

/// A customer that the target said it had created.
#[derive(Debug)]
pub(super) struct Created {
    /// Index of the step.
    pub(super) step: usize,
    /// What the target calls it.
    pub(super) id: Option<String>,
    /// The request, as it reads: `POST /v1/customers/`.
    pub(super) line: String,
    /// What was sent, in the order of the steps: its creation first, then the updates that
    /// succeeded.
    pub(super) sent: Vec<(usize, Json)>,
    /// Index of the step that deleted it.
    pub(super) deleted: Option<usize>,
}

impl Created {
    pub(super) fn read(step: usize, exchange: &Exchange, fields: &Customer) -> Option<Self> {
        let sent = exchange.sent.clone()?;
        let id = exchange.json.as_ref().and_then(|record| fields.id_of(record));
        let line = exchange.line();
        Some(Self { step, id, line, sent: vec![(step, sent)], deleted: None })
    }

    /// The body that made it.
    pub(super) fn body(&self) -> &Json {
        self.sent.first().map_or(&Json::Null, |(_, body)| body)
    }

    /// The text under `key` that it was created with.
    pub(super) fn text(&self, key: &str) -> Option<&str> {
        self.body()[key].as_str()
    }

    /// What was sent last under `key` before `step`, a null included.
    pub(super) fn sent_before(&self, step: usize, key: &str) -> Option<&Json> {
        let mut before =
            self.sent.iter().rev().filter(|(sent, _)| *sent < step || *sent == self.step);
        before.find_map(|(_, body)| body.get(key))
    }

    /// Every text that was sent under `key`.
    pub(super) fn texts(&self, key: &str) -> impl Iterator<Item = &str> {
        self.sent.iter().filter_map(move |(_, body)| body[key].as_str())
    }

    /// Every text that was sent under `key`, with the steps after which it holds, up to the next.
    pub(super) fn texts_by_step(&self, key: &str) -> impl Iterator<Item = (Range<usize>, &str)> {
        let sent: Vec<_> =
            self.sent.iter().filter_map(|(step, body)| Some((*step, body.get(key)?))).collect();
        let ends: Vec<_> = sent.iter().skip(1).map(|(step, _)| *step).chain([usize::MAX]).collect();
        sent.into_iter()
            .zip(ends)
            .filter_map(|((step, value), end)| Some((step..end, value.as_str()?)))
    }

    /// Whether it is asked for: compared whole, as the API compares.
    pub(super) fn is(&self, asked: &Asked<'_>, fields: &Customer) -> bool {
        let meets = |key: &str| self.texts(key).any(|text| asked.is_met_by(key, text, fields));
        match asked.key {
            Key::Id => self.id.as_deref() == Some(asked.value),
            Key::ExternalId | Key::Email | Key::Search => {
                [fields.external_id, fields.email, fields.name].into_iter().any(meets)
            }
            Key::Metadata(key) => {
                let values = self.sent.iter().map(|(_, body)| &body[fields.metadata][key]);
                values.into_iter().any(|value| text(value) == asked.value)
            }
        }
    }
}

fn text(value: &Json) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
