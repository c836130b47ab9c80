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
use crate::variables::Variables;

/// What is to be taken back, in the order in which it was made.
#[derive(Debug, Default)]
pub(super) struct UndoStack {
    entries: Vec<Entry>,
}

/// One thing that was made, or may have been.
#[derive(Debug)]
struct Entry {
    /// Method and path, tried in order until one works; those that could be filled in.
    requests: Vec<(String, String)>,
    /// Where it can be looked up by the external ID that was sent: `/v1/customers/external/ID`.
    lookup: Option<String>,
    /// The collection that it was posted to.
    collection: String,
    /// The body of a readable 2xx answer.
    answer: Option<Json>,
}

impl UndoStack {
    /// Remembers a request with an `undo` whose answer was a 2xx, got lost or does not tell. Called
    /// once the step has captured what it captures.
    pub(super) fn register(
        &mut self,
        request: &Request,
        sent: Option<&Json>,
        answer: Result<&Response, &Failure>,
        variables: &Variables,
    ) {
        let made = match answer {
            Ok(response) => response.is_success() || response.status >= 500,
            Err(failure) => failure.maybe_done,
        };
        if request.undo.is_empty() || !made {
            return;
        }
        let answer = answer.ok().filter(|response| response.is_success()).and_then(Response::json);
        let collection = request.path.literal().map(|path| path.trim_end_matches('/').to_owned()).unwrap_or_default();
        let external_id = sent.and_then(|sent| sent["external_id"].as_str()).filter(|id| !id.is_empty());
        let lookup = external_id
            .filter(|_| request.method == "POST" && !collection.is_empty())
            .map(|id| format!("{collection}/external/{}", encode(id)));
        // Without a readable answer, nothing that was captured is about this record.
        let undo = request.undo.iter().filter(|_| answer.is_some());
        let fill = |undo: &UndoRequest| Some((undo.method.clone(), variables.path(&undo.path).ok()?));
        self.entries.push(Entry { requests: undo.filter_map(fill).collect(), lookup, collection, answer });
    }
}

/// Sends the undo requests of a scenario; says what was sent and what stays.
pub(super) async fn run(run: &Run<'_>) -> (Vec<UndoResult>, Vec<LeftBehind>) {
    let mut results = Vec::new();
    let mut left_behind = Vec::new();
    for entry in run.undo.entries.iter().rev() {
        let keep = run.shared.options.keep;
        let outcome = if keep { kept(entry) } else { take_back(run, entry).await };
        let Some((request, outcome)) = outcome else { continue };
        let (status, reason) = match outcome {
            Ok(()) => (Status::Passed, None),
            Err(reason) => (if keep { Status::Skipped } else { Status::Failed }, Some(reason)),
        };
        if let Some(reason) = &reason {
            left_behind.push(LeftBehind { request: request.clone(), reason: reason.clone() });
        }
        results.push(UndoResult { request, status, reason });
    }
    (results, left_behind)
}

/// A request with its outcome: gone, or why it stays. `None` where there is nothing to take back.
type Outcome = Option<(String, Result<(), String>)>;

/// What `--keep` leaves.
fn kept(entry: &Entry) -> Outcome {
    let (method, path) = entry.requests.first()?;
    Some((format!("{method} {path}"), Err("--keep".to_owned())))
}

/// How one attempt to take something back ended.
enum Attempt {
    /// Done, or gone before.
    Gone,
    /// Not done; says why.
    Stays(String),
    /// The id leads to a record that is not this run's.
    Foreign,
}

async fn take_back(run: &Run<'_>, entry: &Entry) -> Outcome {
    let mut last = None;
    for (method, path) in &entry.requests {
        let request = format!("{method} {path}");
        match one(run, entry, method, path).await {
            Attempt::Gone => return Some((request, Ok(()))),
            attempt => last = Some((request, attempt)),
        }
    }
    match (last, &entry.lookup) {
        (Some((request, Attempt::Stays(why))), _) => Some((request, Err(why))),
        // The answer to its creation was lost, or names somebody else's id: its record may be anywhere.
        (_, Some(lookup)) => look_up(run, entry, lookup).await,
        (Some((request, _)), None) => {
            let why = "the record under this id is not this run's, so it was not touched: look before you send this";
            Some((request, Err(why.to_owned())))
        }
        (None, None) => {
            let why = "the answer to its creation was lost or unreadable, and it carries no external ID to find it by";
            Some((format!("DELETE {}/…", entry.collection), Err(why.to_owned())))
        }
    }
}

/// Finds what a creation made whose answer does not lead to it, and takes that back.
async fn look_up(run: &Run<'_>, entry: &Entry, lookup: &str) -> Outcome {
    let by_external_id = format!("DELETE {lookup}");
    let found = match send(run, "GET", lookup).await {
        Ok(found) if found.status == 404 => return None,
        Ok(found) => found,
        Err(why) => return Some((by_external_id, Err(why))),
    };
    let record = found.json().unwrap_or_default();
    let ours = found.is_success() && run.owns(&record);
    let Some(id) = record["id"].as_str().filter(|_| ours) else {
        let why = "neither the answer to its creation nor its external ID leads to a record of this run";
        return Some((by_external_id, Err(why.to_owned())));
    };
    let path = format!("{}/{}", entry.collection, encode(id));
    let outcome = match delete(run, "DELETE", &path).await {
        Attempt::Stays(why) => Err(why),
        Attempt::Gone | Attempt::Foreign => Ok(()),
    };
    Some((format!("DELETE {path}"), outcome))
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
            _ => Attempt::Gone,
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
        Ok(done) if done.is_success() || done.status == 404 => Attempt::Gone,
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
