//! What the whole scenario tells about the customers that it made.

use serde_json::Value as Json;

use crate::evidence::{Exchange, Proof, StepEvidence};

/// Everything that was created, and how it came back later.
#[derive(Debug, Default)]
pub(super) struct Story {
    created: Vec<Created>,
    /// Records of those customers, from any answer.
    records: Vec<Json>,
}

/// A customer that the target said it had created.
#[derive(Debug)]
pub(super) struct Created {
    /// Index of the step.
    step: usize,
    /// What the target calls it.
    pub(super) id: Option<String>,
    /// What was sent.
    pub(super) email: Option<String>,
    /// What was sent.
    pub(super) external_id: Option<String>,
}

impl Story {
    /// Reads the story off the evidence.
    pub(super) fn read(steps: &[StepEvidence]) -> Self {
        let created = steps.iter().enumerate().filter_map(|(step, evidence)| match &evidence.proof {
            Proof::Exchange(exchange) if exchange.response.is_success() => Created::read(step, exchange),
            _ => None,
        });
        let mut story = Self { created: created.collect(), records: Vec::new() };
        story.records = steps.iter().flat_map(records).filter(|record| story.is_ours(record)).cloned().collect();
        story
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

impl Created {
    fn read(step: usize, exchange: &Exchange) -> Option<Self> {
        let sent = exchange.sent.as_ref().filter(|_| exchange.method == "POST")?;
        let text = |value: &Json, key: &str| value[key].as_str().map(str::to_owned);
        let (email, external_id) = (text(sent, "email"), text(sent, "external_id"));
        if email.is_none() && external_id.is_none() {
            return None;
        }
        let id = exchange.json.as_ref().and_then(|json| text(json, "id"));
        Some(Self { step, id, email, external_id })
    }
}
