//! What a scenario made, or may have made: noted with each answer, for `undo` to take back.

use serde_json::Value as Json;

use super::capture::in_body;
use super::context::Context;
use super::lenient;
use super::ownership::{Judged, Ledger, asks_for_others, place, record};
use super::prepare::prepare;
use crate::http::{Failure, Request as HttpRequest, Response, encode};
use crate::scenario::{CaptureFrom, Request, Step, UndoRequest};
use crate::variables::Variables;

/// What is to be taken back, in the order in which it was made.
#[derive(Debug, Default, Clone)]
pub(super) struct UndoStack {
    pub(super) entries: Vec<Entry>,
}

/// One thing that was made, or may have been.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    /// Tried in order until one works; those that could be filled in.
    pub(super) requests: Vec<Undo>,
    /// Whether its step says how it is taken back.
    pub(super) has_undo: bool,
    /// Where it can be looked up by the external ID that was sent.
    pub(super) lookup: Option<String>,
    /// The collection that it was posted to.
    pub(super) collection: String,
    /// Whether it is known to have been made: the answer was a 2xx.
    pub(super) certain: bool,
    /// The record in the answer, and its id.
    pub(super) record: Option<Json>,
    pub(super) id: Option<String>,
    /// Whether it may be a record that was there before, by its key or by the answer.
    pub(super) questionable: bool,
}

/// A request that takes something back.
#[derive(Debug, Clone)]
pub(super) struct Undo {
    pub(super) request: HttpRequest,
    /// Where to look first, where it goes by what the target named.
    pub(super) place: Option<String>,
    /// What the target named that stands in its body.
    pub(super) named: Vec<String>,
}

impl Undo {
    /// A plain DELETE of what stands at `path`, once a look has shown it.
    pub(super) fn delete(path: String) -> Self {
        let request = HttpRequest::new("DELETE", path.clone(), None);
        Self { request, place: Some(path), named: Vec::new() }
    }

    /// Method and path.
    pub(super) fn line(&self) -> String {
        format!("{} {}", self.request.method, self.request.path)
    }
}

impl Entry {
    /// The request that people may send themselves.
    pub(super) fn shown(&self) -> String {
        let first = self.requests.first().map(Undo::line);
        first.unwrap_or_else(|| {
            format!("DELETE {}", self.path().unwrap_or_else(|| format!("{}/…", self.collection)))
        })
    }

    /// The path of what it made, by the id in the answer.
    pub(super) fn path(&self) -> Option<String> {
        let id = encode(self.id.as_deref()?);
        // A PUT goes to the record itself.
        let own = self.collection.rsplit('/').next() == Some(&id);
        Some(if own { self.collection.clone() } else { format!("{}/{id}", self.collection) })
    }

    /// Whether it went with one of the records that were `removed`: it is that one, stands below it
    /// or belongs to it.
    pub(super) fn went_with(&self, removed: &[String]) -> bool {
        let path = self.path().unwrap_or_else(|| format!("{}/", self.collection));
        removed.iter().any(|gone| {
            let below = |path: &str| {
                path.strip_prefix(gone.as_str())
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            };
            let id = gone.rsplit('/').next().unwrap_or_default();
            below(&path)
                || self.lookup.as_deref().is_some_and(below)
                || self.record.as_ref().is_some_and(|record| names(record, id))
        })
    }
}

/// Whether a record names the id of another, such as a `customer_id`.
fn names(record: &Json, id: &str) -> bool {
    match record {
        Json::String(text) => encode(text) == id,
        Json::Object(entries) => entries.values().any(|value| names(value, id)),
        _ => false,
    }
}

/// A request that may have made something, with what its step has captured.
pub(super) struct Made<'a> {
    pub(super) step: &'a Step,
    pub(super) request: &'a Request,
    /// Path and query, as sent.
    pub(super) path: &'a str,
    pub(super) body: Option<&'a Json>,
    pub(super) answer: Result<&'a Response, &'a Failure>,
    /// The names of what the step has captured.
    pub(super) captured: &'a [String],
}

impl UndoStack {
    /// Records a request that made something, or may have: its answer was a 2xx, was lost or does
    /// not say. `variables` hold what its step has captured.
    pub(super) fn record(
        &mut self,
        context: &Context<'_>,
        ledger: &Ledger,
        variables: &Variables,
        made: &Made<'_>,
    ) {
        let &Made { step, request, path, body: sent, answer, captured } = made;
        let may_exist = match answer {
            Ok(response) => response.is_success() || !(200..500).contains(&response.status),
            Err(failure) => failure.maybe_done,
        };
        if !may_exist {
            return;
        }
        let answer = answer.ok().filter(|response| response.is_success());
        let body = answer.and_then(|answer| lenient::read(&answer.body)).unwrap_or_default();
        let found = answer.and_then(|answer| ledger.record_in(context, &body, answer));
        let (shown, judged) =
            found.map_or((None, None), |(record, judged)| (Some(record), Some(judged)));
        let is_new = answer.is_some_and(|answer| answer.status == 201);
        let literal = request
            .path
            .literal()
            .map(|path| path.trim_end_matches('/'))
            .filter(|path| !path.is_empty());
        let customer = context.customer();
        let external_id =
            sent.and_then(|sent| sent[customer.external_id].as_str()).filter(|id| !id.is_empty());
        let lookup = literal.zip(external_id).filter(|_| request.method == "POST");
        let lookup = lookup.map(|(collection, id)| {
            format!("{collection}/{}/{}", customer.by_external_id, encode(id))
        });
        let has_undo = !request.undo.is_empty();
        let ours = judged == Some(Judged::Ours);
        let collection = record(path).trim_end_matches('/');
        let not_kept = context.shared.provider.bodies.not_kept;
        let stays = matches!(request.method.as_str(), "POST" | "PUT")
            && !not_kept.iter().any(|kept| collection.ends_with(kept))
            && if answer.is_some() { is_new || ours } else { lookup.is_some() };
        if !has_undo && !stays {
            return;
        }
        let before = matches!(judged, Some(Judged::Before(_)));
        let questionable = before || !(ours || is_new) && asks_for_others(context, sent);
        let (variables, read) = with_captures_from(step, shown, captured, variables);
        let filled = |undo: &UndoRequest| {
            let missing = |name: &str| captured.iter().chain(&read).all(|known| known != name);
            let own = |name: &str| step.capture.iter().any(|capture| capture.name == name);
            // What this step was to capture and did not is about another record.
            if undo.uses().iter().any(|(name, _)| own(name) && missing(name)) {
                return None;
            }
            let path = variables.path(&undo.path).ok()?;
            let place = place(context, &undo.path, &[], &path).map(str::to_owned);
            let place = place.or_else(|| questionable.then(|| record(&path).to_owned()));
            let line = (undo.method.as_str(), path);
            let request = prepare(&variables, line, &undo.headers, &undo.body, undo.auth).ok()?;
            let named = named_in(context, undo, &variables);
            Some(Undo { request: request.request, place, named })
        };
        let requests = request.undo.iter().filter_map(filled).collect();
        self.entries.push(Entry {
            requests,
            has_undo,
            lookup,
            collection: record(path).trim_end_matches('/').to_owned(),
            certain: answer.is_some(),
            record: shown.cloned(),
            id: shown.and_then(|shown| lenient::id(shown, customer.id)),
            questionable,
        });
    }
}

/// The values in headers and a body that the target named in JSON, so that they may be the id of
/// any record. What came in a header, a cookie or a text is a credential rather than that, and so
/// is what goes into a header that is called like one.
fn named_in(context: &Context<'_>, undo: &UndoRequest, variables: &Variables) -> Vec<String> {
    let captures = || context.planned.scenario.steps.iter().flat_map(|step| &step.capture);
    let of_json = |name: &str| {
        captures().any(|capture| {
            let json = matches!(capture.from, CaptureFrom::Body(_) | CaptureFrom::Element { .. });
            capture.name == name && json
        })
    };
    let is_credential = |header: &str| {
        let header = header.to_ascii_lowercase();
        ["auth", "token", "csrf", "xsrf", "cookie"].iter().any(|word| header.contains(word))
    };
    let headers = undo.headers.iter().filter(|(name, _)| !is_credential(name));
    let uses = headers.flat_map(|(_, value)| value.variables()).chain(undo.body.uses());
    let named = uses.filter(|(name, _)| of_json(name));
    let value = |name: &str| match variables.get(name).ok()? {
        Json::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    };
    named.filter_map(|(name, _)| value(name)).collect()
}

/// The variables, and with them what `step` was to capture out of an answer that it could not
/// read; the names of that.
fn with_captures_from(
    step: &Step,
    shown: Option<&Json>,
    captured: &[String],
    variables: &Variables,
) -> (Variables, Vec<String>) {
    let (mut variables, mut names) = (variables.clone(), Vec::new());
    for capture in step.capture.iter().filter(|capture| !captured.contains(&capture.name)) {
        let CaptureFrom::Body(path) = &capture.from else { continue };
        if let Some(value) = shown.and_then(|shown| in_body(shown, path)) {
            variables.set(&capture.name, value.clone());
            names.push(capture.name.clone());
        }
    }
    (variables, names)
}
