//! Taking back what a scenario made, last first, whatever happened.
//!
//! A target may lie about ids, and may answer a creation with what was there before, so nothing is
//! deleted on its word alone: the record must be shown to be this run's (`ownership`). A creation
//! whose answer was lost is looked up by the external ID that was sent.

use std::panic::AssertUnwindSafe;
use std::time::Instant;

use futures_util::FutureExt as _;

use super::context::Context;
use super::cookies::Cookies;
use super::lenient;
use super::made::{Entry, Undo};
use super::ownership::{Judged, Ledger, Ownership, record};
use super::prepare::get_like;
use super::state::State;
use crate::event::{LeftBehind, Status, UndoResult};
use crate::http::{Client, Request as HttpRequest, Response, encode};
use crate::scenario::TargetName;

/// Sends the undo requests of a scenario; says what was sent and what stays.
pub(super) async fn run(
    context: &Context<'_>,
    state: &State,
) -> (Vec<UndoResult>, Vec<LeftBehind>) {
    let State { ledger, undo: stack, .. } = state;
    let cookies = &state.jar_of(TargetName::Api, None).cloned().unwrap_or_default();
    let client = context.shared.targets.billing();
    let at = |_: &Entry| At { context, ledger, cookies, client };
    let mut results = Vec::new();
    let mut left_behind = Vec::new();
    let mut removed: Vec<String> = ledger.removals().map(str::to_owned).collect();
    for entry in stack.entries.iter().rev().filter(|entry| entry.has_undo) {
        let (keep, began) = (context.shared.options.keep, Instant::now());
        let outcome = if keep {
            kept(entry)
        } else {
            // A fault of the program's own must not keep the rest from being taken back.
            let attempt = AssertUnwindSafe(take_back(&at(entry), entry)).catch_unwind().await;
            attempt.unwrap_or_else(|_| {
                Some((entry.shown(), Err("tieback itself failed here".to_owned())))
            })
        };
        let Some((request, outcome)) = outcome else { continue };
        let (status, reason) = match outcome {
            Ok(()) => (Status::Passed, None),
            Err(reason) => (if keep { Status::Skipped } else { Status::Failed }, Some(reason)),
        };
        match &reason {
            Some(reason) => {
                left_behind.push(LeftBehind { request: request.clone(), reason: reason.clone() });
            }
            None => {
                removed.extend(request.split_once(' ').map(|(_, path)| record(path).to_owned()));
            }
        }
        results.push(UndoResult {
            request,
            status,
            at: context.since_began(began),
            duration: began.elapsed(),
            reason,
        });
    }
    for entry in
        stack.entries.iter().rev().filter(|entry| !entry.has_undo && !entry.went_with(&removed))
    {
        left_behind.extend(remains(&at(entry), entry).await);
    }
    (results, left_behind)
}

/// Where something is taken back, and what is known of it.
struct At<'a> {
    context: &'a Context<'a>,
    ledger: &'a Ledger,
    cookies: &'a Cookies,
    client: &'a Client,
}

/// A request with its outcome: gone, or why it stays. `None` where there is nothing to take back.
type Undone = Option<(String, Result<(), String>)>;

/// What `--keep` leaves.
fn kept(entry: &Entry) -> Undone {
    entry.requests.first()?;
    let doubt = if entry.questionable {
        ", but it may have been there before: look before you send this"
    } else {
        ""
    };
    Some((entry.shown(), Err(format!("--keep{doubt}"))))
}

/// What a creation left whose step has no `undo`, once it is known that it made something.
async fn remains(at: &At<'_>, entry: &Entry) -> Option<LeftBehind> {
    let stays = |path: &str| LeftBehind {
        request: format!("DELETE {path}"),
        reason: "the step that made it has no `undo`".to_owned(),
    };
    if entry.certain {
        let shown = entry.path().filter(|path| at.ledger.has_shown(path));
        // It may have gone by another way than a DELETE of its own.
        let gone = match &shown {
            Some(path) => get(at, path).await.is_ok_and(|found| matches!(found.status, 404 | 410)),
            None => false,
        };
        let path = entry.path().unwrap_or_else(|| format!("{}/…", entry.collection));
        return (!gone).then(|| stays(&path));
    }
    let path = look_up(at, entry, entry.lookup.as_ref()?).await.ok()??;
    Some(stays(&path))
}

/// How one attempt to take something back ended.
enum Attempt {
    /// Done.
    Gone,
    /// The target knows nothing of the kind.
    Absent,
    /// The id leads to a record that is not known to be this run's; says why.
    Foreign(String),
    /// Not done; says why.
    Stays(String),
}

impl Attempt {
    fn outcome(self) -> Result<(), String> {
        match self {
            Self::Gone | Self::Absent => Ok(()),
            Self::Foreign(why) => {
                Err(format!("{why}, so it was not touched: look before you send this"))
            }
            Self::Stays(why) => Err(why),
        }
    }
}

async fn take_back(at: &At<'_>, entry: &Entry) -> Undone {
    let mut last = None;
    for undo in &entry.requests {
        let attempt = one(at, entry, undo).await;
        let done = matches!(attempt, Attempt::Gone | Attempt::Absent);
        last = Some((undo.line(), attempt));
        if done {
            break;
        }
    }
    // The answer to its creation was lost, or its id leads nowhere or to another's record:
    // it may be anywhere.
    let astray = |last: &Option<(String, Attempt)>| {
        !matches!(last, Some((_, Attempt::Gone | Attempt::Stays(_))))
    };
    // What was captured may be the id of an envelope.
    let tried =
        |path: &String| entry.requests.iter().any(|undo| record(&undo.request.path) == path);
    if let Some(path) = entry.path().filter(|path| astray(&last) && !tried(path)) {
        let undo = Undo::delete(path);
        let attempt = one(at, entry, &undo).await;
        if last.is_none() || matches!(attempt, Attempt::Gone) {
            last = Some((undo.line(), attempt));
        }
    }
    let astray = astray(&last);
    if let Some(lookup) = entry.lookup.as_ref().filter(|_| astray) {
        match look_up(at, entry, lookup).await {
            Ok(Some(path)) => {
                let undo = Undo::delete(path);
                let attempt = found(at, entry, &undo).await;
                return Some((undo.line(), attempt.outcome()));
            }
            Ok(None) if last.is_none() => return None,
            Err(why) if last.is_none() => return Some((format!("DELETE {lookup}"), Err(why))),
            _ => {}
        }
    }
    let (request, attempt) = last.unwrap_or_else(|| {
        let why = "the answer to its creation was lost or does not show its id, and it carries no \
                   external ID to find it by";
        (entry.shown(), Attempt::Stays(why.to_owned()))
    });
    Some((request, attempt.outcome()))
}

/// The path of what a creation made whose answer does not lead to it, or why it cannot be found;
/// `None` where it made nothing.
async fn look_up(at: &At<'_>, entry: &Entry, lookup: &str) -> Result<Option<String>, String> {
    let found = get(at, lookup).await?;
    if found.denies_record() {
        return Ok(None);
    }
    if !found.is_success() {
        return Err(format!(
            "it could not be looked up by its external ID: the target answered {}",
            found.status
        ));
    }
    let body = lenient::read(&found.body);
    let Some((record, judged)) =
        body.as_ref().and_then(|body| at.ledger.record_in(at.context, body, &found))
    else {
        return Err(
            "something answers to its external ID, but shows no id that can be read: look before \
             you send this"
                .to_owned(),
        );
    };
    match lenient::id(record, at.context.customer().id).filter(|_| judged == Judged::Ours) {
        Some(id) => Ok(Some(format!("{}/{}", entry.collection, encode(&id)))),
        None => {
            Err("its external ID leads to no record of this run: look before you send this"
                .to_owned())
        }
    }
}

/// One undo request, once it is sure to hit only what this run made. What its author wrote without
/// any captured value is sent as it is written.
async fn one(at: &At<'_>, entry: &Entry, undo: &Undo) -> Attempt {
    if !undo.named.iter().all(|named| at.ledger.vouches_for(&encode(named))) {
        return Attempt::Foreign("it names what no answer has shown to be this run's".to_owned());
    }
    let Some(place) = &undo.place else { return send_undo(at, undo).await };
    if at.ledger.removed(place) {
        return send_undo(at, undo).await;
    }
    match look(at, undo, place).await {
        Ownership::Ours => send_undo(at, undo).await,
        Ownership::Denied if !entry.questionable => send_undo(at, undo).await,
        // The answer to its creation decides whose it is.
        Ownership::Unseen(_) | Ownership::Denied if at.ledger.vouches_for(place) => {
            send_undo(at, undo).await
        }
        Ownership::Denied => unseen(404),
        Ownership::Unseen(status) => unseen(status),
        other => untouched(other),
    }
}

/// The same for what a look-up has led to.
async fn found(at: &At<'_>, entry: &Entry, undo: &Undo) -> Attempt {
    match look(at, undo, &undo.request.path).await {
        Ownership::Unseen(405 | 501) => send_undo(at, undo).await,
        _ => one(at, entry, undo).await,
    }
}

fn unseen(status: u16) -> Attempt {
    Attempt::Foreign(format!(
        "whose record this is cannot be told (the target answers {status} to a GET of it, and its \
         creation showed nothing of this run)"
    ))
}

fn untouched(owner: Ownership) -> Attempt {
    match owner {
        Ownership::Foreign(Judged::Stranger) => {
            Attempt::Foreign("the record under this id is not this run's".to_owned())
        }
        Ownership::Foreign(judged) => {
            Attempt::Foreign(format!("the record under this id {}", judged.why()))
        }
        Ownership::Unknown(why) => {
            Attempt::Stays(format!("it could not be read before deleting it: {why}"))
        }
        Ownership::Unanswered(failure) => untouched(Ownership::Unknown(failure.detail)),
        Ownership::Ours | Ownership::Denied | Ownership::Unseen(_) => Attempt::Absent,
    }
}

async fn look(at: &At<'_>, undo: &Undo, place: &str) -> Ownership {
    let change = at.with_cookies(undo.request.clone());
    tokio::select! {
        biased;
        () = at.context.shared.stop.now.cancelled() => {
            Ownership::Unknown("the run was told to end at once".to_owned())
        }
        owner = at.ledger.look(at.context, at.client, &change, place) => owner,
    }
}

async fn send_undo(at: &At<'_>, undo: &Undo) -> Attempt {
    let place = record(&undo.request.path);
    match send(at, undo.request.clone()).await {
        Ok(done) if done.is_success() => Attempt::Gone,
        Ok(done) if matches!(done.status, 404 | 410) => {
            if at.ledger.removed(place) {
                return Attempt::Absent;
            }
            // A server without such a request answers like that as well.
            match send(at, get_like(&undo.request, place)).await {
                Ok(found) if found.is_success() => Attempt::Stays(format!(
                    "the target answered {}, and still shows it",
                    done.status
                )),
                _ => Attempt::Absent,
            }
        }
        Ok(refused) => Attempt::Stays(format!("the target answered {}", refused.status)),
        Err(why) => Attempt::Stays(why),
    }
}

impl At<'_> {
    fn with_cookies(&self, mut request: HttpRequest) -> HttpRequest {
        self.cookies.add(&mut request, self.client.base());
        request
    }
}

async fn get(at: &At<'_>, path: &str) -> Result<Response, String> {
    send(at, HttpRequest::new("GET", path, None)).await
}

async fn send(at: &At<'_>, request: HttpRequest) -> Result<Response, String> {
    let request = at.with_cookies(request);
    tokio::select! {
        biased;
        () = at.context.shared.stop.now.cancelled() => {
            Err("the run was told to end at once".to_owned())
        }
        answer = at.client.send(&request) => answer.map_err(|failure| failure.detail),
    }
}
