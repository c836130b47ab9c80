//! What the whole scenario tells about the customers that it made.

use serde_json::Value as Json;

use crate::evidence::{Exchange, Proof, StepEvidence};

/// Everything that was created.
#[derive(Debug, Default)]
pub(super) struct Story {
    created: Vec<Created>,
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
        Self { created: created.collect() }
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
