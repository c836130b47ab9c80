//! Whose record a request is about to change.
//!
//! A target may lie about ids. So where an id came out of one of its answers, the record it leads to
//! must carry this run's own id before anything is changed or deleted there: in its external ID, its
//! e-mail, its name or its metadata.

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

impl Run<'_> {
    /// Whether a record carries this run's id anywhere.
    pub(super) fn owns(&self, record: &Json) -> bool {
        match record {
            Json::String(text) => text.to_lowercase().contains(&self.planned.run_id),
            Json::Array(items) => items.iter().any(|item| self.owns(item)),
            Json::Object(entries) => entries.values().any(|value| self.owns(value)),
            _ => false,
        }
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

    /// Remembers that the record at `path` is this run's, where the answer to a GET shows it.
    pub(super) fn learn(&mut self, method: &str, path: &str, found: &Response) {
        if method == "GET" && found.is_success() && matches!(self.whose(found), Whose::Ours) {
            self.own.insert(record(path).to_owned());
        }
    }

    /// Why a step must not change what its path leads to, if that is so.
    pub(super) async fn forbids(&mut self, step: &Request, path: &str) -> Option<String> {
        // What the scenario names itself is its author's word, not the target's.
        let named_by_the_target = step.path.variables().any(|(name, _)| self.planned.variables.get(name).is_err());
        if !changes_what_is_there(&step.method)
            || !named_by_the_target
            || path.contains(&self.planned.run_id)
            || self.own.contains(record(path))
        {
            return None;
        }
        let request = HttpRequest::new("GET", record(path), None);
        let whose = match self.shared.steps.send(&request).await {
            Ok(found) => {
                self.learn("GET", path, &found);
                self.whose(&found)
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

/// Whether a request changes the very record that its path leads to.
pub(super) fn changes_what_is_there(method: &str) -> bool {
    matches!(method, "PATCH" | "PUT" | "DELETE")
}

/// The path of a record, without a query.
pub(super) fn record(path: &str) -> &str {
    path.split('?').next().unwrap_or(path)
}
