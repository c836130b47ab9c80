//! Taking back what a scenario made, last first, whatever happened.
//!
//! A target may lie about ids, so nothing is deleted on its word alone: the record must carry this
//! run's own id, in its external ID, its e-mail or its metadata. A creation whose answer was lost is
//! looked up by the external ID that was sent.

use serde_json::Value as Json;

use super::scenario::Run;
use crate::event::{LeftBehind, Status, UndoResult};
use crate::http::{Failure, Request as HttpRequest, Response, encode};
use crate::scenario::{Request, UndoRequest};

/// Why a record was left alone that the target's answers had called this run's.
const FOREIGN: &str = "the record under this id does not carry this run's values, so it was not touched";

/// What is to be taken back, in the order in which it was made.
#[derive(Debug, Default)]
pub(super) struct UndoStack {
    entries: Vec<Entry>,
}

/// One thing that was made, or may have been.
#[derive(Debug)]
struct Entry {
    /// Tried in order until one works.
    requests: Vec<UndoRequest>,
    /// Where it can be looked up by the external ID that was sent: `/v1/customers/external/ID`.
    lookup: Option<String>,
    /// The collection that it was posted to.
    collection: String,
    /// The body of a readable 2xx answer.
    answer: Option<Json>,
}

impl UndoStack {
    /// Remembers a request with an `undo` whose answer was a 2xx, got lost or does not tell.
    pub(super) fn register(&mut self, request: &Request, sent: Option<&Json>, answer: &Result<Response, Failure>) {
        let made = match answer {
            Ok(response) => response.is_success() || response.status >= 500,
            Err(failure) => failure.maybe_done,
        };
        if request.undo.is_empty() || !made {
            return;
        }
        let success = answer.as_ref().ok().filter(|response| response.is_success());
        let collection = request.path.literal().map(|path| path.trim_end_matches('/').to_owned()).unwrap_or_default();
        let external_id = sent.and_then(|sent| sent["external_id"].as_str()).filter(|id| !id.is_empty());
        let lookup = external_id
            .filter(|_| request.method == "POST" && !collection.is_empty())
            .map(|id| format!("{collection}/external/{}", encode(id)));
        let answer = success.and_then(Response::json);
        self.entries.push(Entry { requests: request.undo.clone(), lookup, collection, answer });
    }
}

/// How one attempt to take something back ended.
enum Attempt {
    /// Done.
    Gone,
    /// The target knows nothing of the kind.
    Absent,
    /// Somebody else's record stands there, so it was not touched.
    Foreign,
    /// Not done; says why.
    Stays(String),
}

/// Sends the undo requests of a scenario; says what was sent and what stays.
pub(super) async fn run(run: &Run<'_>) -> (Vec<UndoResult>, Vec<LeftBehind>) {
    let mut results = Vec::new();
    let mut left_behind = Vec::new();
    for entry in run.undo.entries.iter().rev() {
        let (request, attempt) = if run.shared.options.keep {
            match fillable(run, entry).into_iter().next() {
                Some((method, path)) => (format!("{method} {path}"), Attempt::Stays("--keep".to_owned())),
                None => continue,
            }
        } else {
            match take_back(run, entry).await {
                Some(tried) => tried,
                None => continue,
            }
        };
        let (status, reason) = match attempt {
            Attempt::Gone | Attempt::Absent => (Status::Passed, None),
            Attempt::Foreign => (Status::Failed, Some(FOREIGN.to_owned())),
            Attempt::Stays(reason) if run.shared.options.keep => (Status::Skipped, Some(reason)),
            Attempt::Stays(reason) => (Status::Failed, Some(reason)),
        };
        if let Some(reason) = &reason {
            left_behind.push(LeftBehind { request: request.clone(), reason: reason.clone() });
        }
        results.push(UndoResult { request, status, reason });
    }
    (results, left_behind)
}

/// The requests of an entry that can be made from what was captured.
fn fillable(run: &Run<'_>, entry: &Entry) -> Vec<(String, String)> {
    let fill = |request: &UndoRequest| Some((request.method.clone(), run.variables.path(&request.path).ok()?));
    entry.requests.iter().filter_map(fill).collect()
}

/// The last request that was tried, and how it ended; `None` where nothing had been made.
async fn take_back(run: &Run<'_>, entry: &Entry) -> Option<(String, Attempt)> {
    let mut last = None;
    // Without a readable answer, nothing that was captured is about this record.
    let candidates = if entry.answer.is_some() { fillable(run, entry) } else { Vec::new() };
    for (method, path) in candidates {
        let attempt = one(run, entry, &method, &path).await;
        let done = matches!(attempt, Attempt::Gone | Attempt::Absent);
        last = Some((format!("{method} {path}"), attempt));
        if done {
            break;
        }
    }
    match (last, &entry.lookup) {
        // The answer named a record that is not there or not this run's: what was made may stand
        // under another id.
        (Some((request, attempt @ (Attempt::Absent | Attempt::Foreign))), Some(lookup)) => {
            match look_up(run, entry, lookup).await {
                Ok(Some(path)) => Some(delete_found(run, entry, path).await),
                _ => Some((request, attempt)),
            }
        }
        (Some(tried), _) => Some(tried),
        (None, Some(lookup)) => match look_up(run, entry, lookup).await {
            Ok(Some(path)) => Some(delete_found(run, entry, path).await),
            Ok(None) => None,
            Err(why) => Some((format!("DELETE {lookup}"), Attempt::Stays(why))),
        },
        (None, None) => {
            let why = "the answer to its creation was lost or unreadable, and it carries no external ID to find it by";
            Some((format!("DELETE {}/…", entry.collection), Attempt::Stays(why.to_owned())))
        }
    }
}

/// Finds what a creation may have made, by the external ID that was sent: its path, or why that
/// cannot be told.
async fn look_up(run: &Run<'_>, entry: &Entry, lookup: &str) -> Result<Option<String>, String> {
    let found = send(run, "GET", lookup).await?;
    if found.status == 404 {
        return Ok(None);
    }
    let record = found.json().filter(|record| found.is_success() && run.owns(record)).unwrap_or_default();
    let id = record["id"].as_str().ok_or_else(|| {
        let status = found.status;
        format!("the lookup after an unanswered creation was answered {status} and shows no record of this run")
    })?;
    Ok(Some(format!("{}/{}", entry.collection, encode(id))))
}

async fn delete_found(run: &Run<'_>, entry: &Entry, path: String) -> (String, Attempt) {
    let attempt = one(run, entry, "DELETE", &path).await;
    (format!("DELETE {path}"), attempt)
}

/// One undo request, once it is sure to hit only what this run made.
async fn one(run: &Run<'_>, entry: &Entry, method: &str, path: &str) -> Attempt {
    if method != "DELETE" || path.contains(&run.planned.run_id) {
        return delete(run, method, path).await;
    }
    let record = path.split('?').next().unwrap_or(path);
    match send(run, "GET", record).await {
        // Not readable, or not yet: the answer to its creation decides whose it is.
        Ok(found) if found.status == 404 => match &entry.answer {
            Some(answer) if run.owns(answer) => delete(run, method, path).await,
            _ => Attempt::Absent,
        },
        Ok(found) if found.json().is_some_and(|record| run.owns(&record)) => delete(run, method, path).await,
        Ok(found) if found.is_success() => Attempt::Foreign,
        Ok(found) => {
            Attempt::Stays(format!("it could not be read before deleting it: the target answered {}", found.status))
        }
        Err(why) => Attempt::Stays(why),
    }
}

async fn delete(run: &Run<'_>, method: &str, path: &str) -> Attempt {
    match send(run, method, path).await {
        Ok(done) if done.is_success() => Attempt::Gone,
        Ok(done) if done.status == 404 => Attempt::Absent,
        Ok(refused) => Attempt::Stays(format!("the target answered {}", refused.status)),
        Err(why) => Attempt::Stays(why),
    }
}

async fn send(run: &Run<'_>, method: &str, path: &str) -> Result<Response, String> {
    let request = HttpRequest::new(method, path, None);
    tokio::select! {
        biased;
        () = run.shared.stop.now.cancelled() => Err("the run was told to end at once".to_owned()),
        answer = run.shared.client.send(&request, |_| {}) => answer.map_err(|failure| failure.detail),
    }
}

impl Run<'_> {
    /// Whether a record carries this run's id anywhere.
    fn owns(&self, record: &Json) -> bool {
        match record {
            Json::String(text) => text.to_lowercase().contains(&self.planned.run_id),
            Json::Array(items) => items.iter().any(|item| self.owns(item)),
            Json::Object(entries) => entries.values().any(|value| self.owns(value)),
            _ => false,
        }
    }
}
