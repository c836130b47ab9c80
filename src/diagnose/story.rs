//! What the whole scenario tells about the customers that it made.

use percent_encoding::percent_decode_str;
use serde_json::Value as Json;

use crate::evidence::{Exchange, Proof, StepEvidence};

/// Everything that was created, and how it came back later.
#[derive(Debug, Default)]
pub(super) struct Story {
    /// The path that customers are posted to, without its last slash.
    collection: Option<String>,
    pub(super) created: Vec<Created>,
    /// The deletions that succeeded: the step, and the path.
    deletions: Vec<(usize, String)>,
    /// Records of those customers, from any answer.
    records: Vec<Json>,
}

/// A customer that the target said it had created.
#[derive(Debug)]
pub(super) struct Created {
    /// Index of the step.
    pub(super) step: usize,
    /// What the target calls it.
    pub(super) id: Option<String>,
    /// What was sent.
    pub(super) email: Option<String>,
    /// What was sent.
    pub(super) external_id: Option<String>,
}

/// What became of a customer's external ID.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mapping<'a> {
    /// It was created with this one, and every answer has it.
    Kept(&'a str),
    /// An answer has another than it was created with.
    Changed,
    /// It was created without one, and no answer has any.
    None,
}

impl Story {
    /// Reads the story off the evidence.
    pub(super) fn read(steps: &[StepEvidence]) -> Self {
        let exchanges = || {
            steps.iter().enumerate().filter_map(|(step, evidence)| match &evidence.proof {
                Proof::Exchange(exchange) => Some((step, &**exchange)),
                _ => None,
            })
        };
        let collection = exchanges().find_map(|(_, exchange)| makes_somebody(exchange).then(|| place(&exchange.path)));
        let mut story = Self { collection, ..Self::default() };
        for (step, exchange) in exchanges().filter(|(_, exchange)| exchange.response.is_success()) {
            if story.makes_customers(exchange) {
                story.created.extend(Created::read(step, exchange));
            } else if exchange.method == "DELETE" {
                story.deletions.push((step, decoded(&place(&exchange.path))));
            }
        }
        story.records = steps.iter().flat_map(records).filter(|record| story.is_ours(record)).cloned().collect();
        story
    }

    /// Whether a request makes a customer. Others make members, endpoints or whatever else.
    pub(super) fn makes_customers(&self, exchange: &Exchange) -> bool {
        makes_somebody(exchange) && self.collection.as_ref() == Some(&place(&exchange.path))
    }

    /// Whether an answer is about customers: it comes from where they are posted to, and what it holds
    /// does not say whose it is.
    pub(super) fn is_about_customers(&self, exchange: &Exchange) -> bool {
        let place = place(&exchange.path);
        let there = self.collection.as_ref().is_none_or(|collection| {
            place.strip_prefix(collection.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        });
        let theirs = exchange.json.iter().flat_map(|body| [body, &body["items"][0]]);
        there && theirs.into_iter().all(|record| record.get("customer_id").is_none())
    }

    /// Whether a request is for a customer itself, and not for something below it, such as its state.
    pub(super) fn is_of_a_customer(&self, exchange: &Exchange) -> bool {
        let place = place(&exchange.path);
        let below = self.collection.as_ref().and_then(|collection| place.strip_prefix(collection.as_str()));
        below.is_none_or(|below| !below.trim_start_matches("/external").trim_start_matches('/').contains('/'))
    }

    /// The customers that had been made before `step`, and not deleted since.
    pub(super) fn alive_before(&self, step: usize) -> impl Iterator<Item = &Created> {
        let alive = move |created: &&Created| created.step < step && !self.is_deleted(created, step);
        self.created.iter().filter(alive)
    }

    /// Whether the customer that the target calls `id` had been deleted before `step`.
    pub(super) fn deleted_before(&self, step: usize, id: &str) -> bool {
        self.created.iter().any(|created| created.id.as_deref() == Some(id) && self.is_deleted(created, step))
    }

    fn is_deleted(&self, created: &Created, before: usize) -> bool {
        self.deletions.iter().any(|(step, path)| {
            let names = [&created.id, &created.external_id];
            (created.step..before).contains(step)
                && names.into_iter().flatten().any(|name| path.ends_with(name.as_str()))
        })
    }

    /// Whether customers were created with this external ID, and the target's answers kept it; nothing where
    /// none was.
    pub(super) fn kept(&self, external_id: &str) -> Option<bool> {
        let mut sent =
            self.created.iter().filter(|created| created.external_id.as_deref() == Some(external_id)).peekable();
        sent.peek()?;
        let differs = |record: &Json, created: &Created| {
            record["id"].as_str() == created.id.as_deref()
                && record.get("external_id").is_some_and(|id| id != external_id)
        };
        Some(!sent.any(|created| self.records.iter().any(|record| differs(record, created))))
    }

    /// What became of the external ID of the customer that a path names; nothing where that is not known.
    pub(super) fn mapping_of(&self, path: &str) -> Option<Mapping<'_>> {
        let path = decoded(&place(path));
        let named = |created: &&Created| created.id.as_ref().is_some_and(|id| path.ends_with(id.as_str()));
        let created = self.created.iter().find(named)?;
        let records = self.records.iter().filter(|record| record["id"].as_str() == created.id.as_deref());
        let mut found = records.filter_map(|record| record.get("external_id"));
        Some(match &created.external_id {
            Some(sent) if found.any(|found| found != sent.as_str()) => Mapping::Changed,
            Some(sent) => Mapping::Kept(sent),
            // It may have been set by an update since.
            None if found.any(|found| !found.is_null()) => Mapping::Changed,
            None => Mapping::None,
        })
    }

    /// The mapping as it was sent and as it came back, for the customer that `asked` (a path with its
    /// query, decoded) looks for: the key by which it was looked for, what was sent, and the
    /// first record that says otherwise.
    pub(super) fn broken_key(&self, asked: &str) -> Option<(&'static str, &str, &Json)> {
        let asked = asked.to_lowercase();
        self.created.iter().find_map(|created| {
            let sent = [("external_id", &created.external_id), ("email", &created.email)];
            sent.into_iter().find_map(|(key, sent)| {
                let sent = sent.as_deref().filter(|sent| asked.contains(&sent.to_lowercase()))?;
                let ours = self.records.iter().filter(|record| record["id"].as_str() == created.id.as_deref());
                let found = ours.filter_map(|record| record.get(key)).find(|found| found.as_str() != Some(sent))?;
                Some((key, sent, found))
            })
        })
    }

    fn is_ours(&self, record: &Json) -> bool {
        record["id"].as_str().is_some_and(|id| self.knows_id(id))
    }

    /// Whether `asked` (a path with its query, decoded) names the customer that the target calls `id`.
    pub(super) fn is_asked_for(&self, id: &str, asked: &str) -> bool {
        let created = self.created.iter().filter(|created| created.id.as_deref() == Some(id));
        let mut names = created.flat_map(|created| [&created.id, &created.external_id, &created.email]).flatten();
        names.any(|name| asked.contains(name.as_str()))
    }

    /// Whether anything had been created before `step`.
    pub(super) fn created_before(&self, step: usize) -> bool {
        self.created.iter().any(|created| created.step < step)
    }

    /// The customer that `step` created.
    pub(super) fn created_by(&self, step: usize) -> Option<&Created> {
        self.created.iter().find(|created| created.step == step)
    }

    /// Whether the target calls one of the customers `id`.
    pub(super) fn knows_id(&self, id: &str) -> bool {
        self.created.iter().any(|created| created.id.as_deref() == Some(id))
    }
}

/// The records in the answer of a step: its body, or the items of its list.
fn records(step: &StepEvidence) -> impl Iterator<Item = &Json> {
    let body = match &step.proof {
        Proof::Exchange(exchange) if exchange.response.is_success() => exchange.json.as_ref(),
        _ => None,
    };
    body.into_iter().chain(body.and_then(|body| body["items"].as_array()).into_iter().flatten())
}

/// Whether a request makes somebody: what is posted names a person.
fn makes_somebody(exchange: &Exchange) -> bool {
    let sent = exchange.sent.as_ref().filter(|_| exchange.method == "POST");
    sent.is_some_and(|sent| ["email", "external_id"].iter().any(|key| sent[*key].is_string()))
}

/// A path without its query and its last slash.
fn place(path: &str) -> String {
    path.split('?').next().unwrap_or(path).trim_end_matches('/').to_owned()
}

fn decoded(path: &str) -> String {
    percent_decode_str(path).decode_utf8_lossy().into_owned()
}

impl Created {
    /// What was sent under `key`.
    pub(super) fn text(&self, key: &str) -> Option<&str> {
        if key == "email" { self.email.as_deref() } else { self.external_id.as_deref() }
    }

    fn read(step: usize, exchange: &Exchange) -> Option<Self> {
        let sent = exchange.sent.as_ref()?;
        let text = |value: &Json, key: &str| value[key].as_str().map(str::to_owned);
        let (email, external_id) = (text(sent, "email"), text(sent, "external_id"));
        let id = exchange.json.as_ref().and_then(|json| text(json, "id"));
        Some(Self { step, id, email, external_id })
    }
}
