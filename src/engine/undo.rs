//! Taking back what a scenario made, last first, whatever happened.
//!
//! A target may lie about ids, so nothing is deleted on its word alone: the record must carry something
//! of this run (`guard`). A creation whose answer was lost is
//! looked up by the external ID that was sent.

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt as _;
use serde_json::Value as Json;

use super::guard::{Whose, changes_what_is_there, record};
use super::scenario::Run;
use crate::event::{LeftBehind, Status, UndoResult};
use crate::http::{Failure, Request as HttpRequest, Response, encode};
use crate::scenario::{Request, Step, UndoRequest};
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
        step: &Step,
        request: &Request,
        sent: Option<&Json>,
        answer: Result<&Response, &Failure>,
        variables: &Variables,
    ) {
        let made = match answer {
            Ok(response) => response.is_success() || !(200..500).contains(&response.status),
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
        // Without a readable answer, what this step was to capture is not about this record.
        let captured = |name: &str| step.capture.iter().any(|capture| capture.name == name);
        let about_it = |undo: &&UndoRequest| answer.is_some() || !undo.path.variables().any(|(name, _)| captured(name));
        let undo = request.undo.iter().filter(about_it);
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
        let outcome = if keep {
            kept(entry)
        } else {
            // A fault of the program's own must not keep the rest from being taken back.
            let attempt = AssertUnwindSafe(take_back(run, entry)).catch_unwind().await;
            attempt.unwrap_or_else(|_| Some((entry.shown(), Err("tieback itself failed here".to_owned()))))
        };
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
    entry.requests.first()?;
    Some((entry.shown(), Err("--keep".to_owned())))
}

impl Entry {
    /// The request that people may send themselves.
    fn shown(&self) -> String {
        let first = self.requests.first().map(|(method, path)| format!("{method} {path}"));
        first.unwrap_or_else(|| format!("DELETE {}/…", self.collection))
    }
}

/// How one attempt to take something back ended.
enum Attempt {
    /// Done.
    Gone,
    /// The target knows nothing of the kind.
    Absent,
    /// The id leads to a record that is not this run's.
    Foreign,
    /// Not done; says why.
    Stays(String),
}

impl Attempt {
    fn outcome(self) -> Result<(), String> {
        match self {
            Self::Gone | Self::Absent => Ok(()),
            Self::Foreign => {
                Err("the record under this id is not this run's, so it was not touched: look before you send this"
                    .to_owned())
            }
            Self::Stays(why) => Err(why),
        }
    }
}

async fn take_back(run: &Run<'_>, entry: &Entry) -> Outcome {
    let mut last = None;
    for (method, path) in &entry.requests {
        let attempt = one(run, entry, method, path).await;
        let done = matches!(attempt, Attempt::Gone | Attempt::Absent);
        last = Some((format!("{method} {path}"), attempt));
        if done {
            break;
        }
    }
    // The answer to its creation was lost, or its id leads nowhere or to somebody else: the record may
    // be anywhere.
    let astray = !matches!(last, Some((_, Attempt::Gone | Attempt::Stays(_))));
    if let Some(lookup) = entry.lookup.as_ref().filter(|_| astray) {
        match look_up(run, entry, lookup).await {
            Ok(Some(path)) => {
                let attempt = one(run, entry, "DELETE", &path).await;
                return Some((format!("DELETE {path}"), attempt.outcome()));
            }
            Ok(None) if last.is_none() => return None,
            Err(why) if last.is_none() => return Some((format!("DELETE {lookup}"), Err(why))),
            _ => {}
        }
    }
    let (request, attempt) = last.unwrap_or_else(|| {
        let why = "the answer to its creation was lost or unreadable, and it carries no external ID to find it by";
        (entry.shown(), Attempt::Stays(why.to_owned()))
    });
    Some((request, attempt.outcome()))
}

/// The path of what a creation made whose answer does not lead to it, or why that cannot be told;
/// `None` where it made nothing.
async fn look_up(run: &Run<'_>, entry: &Entry, lookup: &str) -> Result<Option<String>, String> {
    let found = send(run, "GET", lookup).await?;
    if found.status == 404 {
        return Ok(None);
    }
    if !found.is_success() {
        return Err(format!("it could not be looked up by its external ID: the target answered {}", found.status));
    }
    let record = found.json().filter(|record| run.owns(record)).unwrap_or_default();
    match record["id"].as_str() {
        Some(id) => Ok(Some(format!("{}/{}", entry.collection, encode(id)))),
        None => Err("its external ID leads to no record of this run: look before you send this".to_owned()),
    }
}

/// One undo request, once it is sure to hit only what this run made.
async fn one(run: &Run<'_>, entry: &Entry, method: &str, path: &str) -> Attempt {
    if !changes_what_is_there(method) || run.knows_as_ours(path) {
        return delete(run, method, path).await;
    }
    let whose = match send(run, "GET", record(path)).await {
        Ok(found) => run.whose(&found),
        Err(why) => return Attempt::Stays(why),
    };
    match whose {
        Whose::Ours => delete(run, method, path).await,
        // The answer to its creation decides whose it is.
        Whose::Unseen => match &entry.answer {
            Some(answer) if run.owns(answer) => delete(run, method, path).await,
            _ => Attempt::Absent,
        },
        Whose::Foreign => Attempt::Foreign,
        Whose::Unknown(why) => Attempt::Stays(format!("it could not be read before deleting it: {why}")),
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
        answer = run.shared.client.send(&request) => answer.map_err(|failure| failure.detail),
    }
}
