//! Whose record a request is about to change.
//!
//! A target may lie about ids. So where an id came out of one of its answers, the record it leads to
//! must carry something of this run before anything is changed or deleted there: the run's id, wherever
//! it stands, or an e-mail or an external ID that the scenario gave to what it made.

use serde_json::Value as Json;

use super::scenario::Run;
use crate::http::{Request as HttpRequest, Response};
use crate::scenario::Request;

/// Whose record a path leads to.
#[derive(Debug)]
pub(super) enum Whose {
    /// This run's.
    Ours,
    /// There is none, or none that can be read by this path, or not yet.
    Unseen,
    /// Somebody else's.
    Foreign,
    /// That could not be found out; says why.
    Unknown(String),
}

/// What tells a customer from others, whatever the target makes of the rest.
const KEYS: [&str; 2] = ["email", "external_id"];

impl Run<'_> {
    /// Whether a record carries something of this run.
    pub(super) fn owns(&self, record: &Json) -> bool {
        let named = |key: &'static str| identity(record, key).is_some_and(|value| self.given.contains(&(key, value)));
        self.carries_the_run_s_id(record) || KEYS.into_iter().any(named)
    }

    pub(super) fn carries_the_run_s_id(&self, record: &Json) -> bool {
        match record {
            Json::String(text) => text.to_lowercase().contains(&self.planned.run_id),
            Json::Array(items) => items.iter().any(|item| self.carries_the_run_s_id(item)),
            Json::Object(entries) => entries.values().any(|value| self.carries_the_run_s_id(value)),
            _ => false,
        }
    }

    /// Remembers what a creation gave to what it made. One whose answer was lost may have been refused,
    /// because somebody else has the same e-mail: what it gave proves nothing.
    pub(super) fn gave(&mut self, step: &Request, sent: Option<&Json>, answer: &Response) {
        let Some(sent) = sent.filter(|_| step.method == "POST" && answer.is_success()) else { return };
        self.given.extend(KEYS.into_iter().filter_map(|key| Some((key, identity(sent, key)?))));
    }

    /// Whose record an answer to a GET shows.
    pub(super) fn whose(&self, found: &Response) -> Whose {
        if matches!(found.status, 404 | 405 | 501) {
            Whose::Unseen
        } else if found.json().is_some_and(|record| self.owns(&record)) {
            Whose::Ours
        } else if found.is_success() {
            Whose::Foreign
        } else {
            Whose::Unknown(format!("the target answered {}", found.status))
        }
    }

    /// Whether a path is known to lead to this run's own, with no need to look.
    pub(super) fn knows_as_ours(&self, path: &str) -> bool {
        path.contains(&self.planned.run_id) || self.own.contains(record(path))
    }

    /// Remembers that the record at `path` is this run's, where what a GET of it `found` shows that.
    pub(super) fn learn(&mut self, path: &str, found: Option<&Json>) {
        if found.is_some_and(|found| self.owns(found)) {
            self.own.insert(record(path).to_owned());
        }
    }

    /// Why a step must not change what its path leads to, if that is so.
    pub(super) async fn forbids(&mut self, step: &Request, path: &str) -> Option<String> {
        // What the scenario names itself is its author's word, not the target's.
        let named_by_the_target = step.path.variables().any(|(name, _)| self.planned.variables.get(name).is_err());
        if !changes_what_is_there(&step.method) || !named_by_the_target || self.knows_as_ours(path) {
            return None;
        }
        let request = HttpRequest::new("GET", record(path), None);
        let whose = match self.shared.steps.send(&request).await {
            Ok(found) => {
                let whose = self.whose(&found);
                if found.is_success() && matches!(whose, Whose::Ours) {
                    self.own.insert(record(path).to_owned());
                }
                whose
            }
            Err(failure) => Whose::Unknown(failure.detail),
        };
        match whose {
            Whose::Ours | Whose::Unseen => None,
            Whose::Foreign => Some("carries nothing of this run".to_owned()),
            Whose::Unknown(why) => Some(format!("could not be read first: {why}")),
        }
    }
}

/// The value under a key as APIs compare it: without outer spaces, an e-mail in any case.
fn identity(record: &Json, key: &str) -> Option<String> {
    let text = record[key].as_str()?.trim();
    let text = if key == "email" { text.to_lowercase() } else { text.to_owned() };
    (!text.is_empty()).then_some(text)
}

/// Whether a request changes the very record that its path leads to.
pub(super) fn changes_what_is_there(method: &str) -> bool {
    matches!(method, "PATCH" | "PUT" | "DELETE")
}

/// The path of a record, without a query.
pub(super) fn record(path: &str) -> &str {
    path.split('?').next().unwrap_or(path)
}
