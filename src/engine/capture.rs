//! Keeping values for later steps.

use serde_json::{Value as Json, json};

use crate::event::{Check, Status, StepResult};
use crate::scenario::{CaptureFrom, Shape, Source, StatusPattern, Step};
use crate::variables::{FillError, Variables};

/// Whether a step captures anything from a body.
pub(super) fn reads_body(step: &Step) -> bool {
    !wants_refusal(step)
        && step.capture.iter().any(|capture| !matches!(capture.from, CaptureFrom::Header(_)))
}

/// Whether everything that the captures of a step need is known before it runs.
pub(super) fn fillable(step: &Step, variables: &Variables) -> Result<(), FillError> {
    step.capture.iter().try_for_each(|capture| match &capture.from {
        CaptureFrom::Element { filter, .. } => variables.fill(filter).map(drop),
        CaptureFrom::Body(_) | CaptureFrom::Header(_) => Ok(()),
    })
}

/// A refusal holds nothing to capture. What a step that wants one captures all the same is for its
/// undo, should the target do what it was to refuse.
fn wants_refusal(step: &Step) -> bool {
    matches!(step.expect.status, Some(StatusPattern::Code(400..) | StatusPattern::Class(4..)))
}

/// What a step captured.
#[derive(Default)]
pub(super) struct Captured {
    pub(super) values: Vec<(String, Json)>,
    /// A failed check for each value that was not there, unless the step wants a refusal.
    pub(super) missing: Vec<Check>,
}

/// Captures what `step` names.
pub(super) fn take(
    step: &Step,
    source: &Source,
    variables: &Variables,
    body: Option<&Json>,
    header: impl Fn(&str) -> Option<String>,
) -> Captured {
    let mut captured = Captured::default();
    for capture in &step.capture {
        let (path, found) = match &capture.from {
            CaptureFrom::Body(path) => {
                (format!("body.{path}"), body.and_then(|body| at_path(body, path)).cloned())
            }
            CaptureFrom::Element { list, filter, path } => {
                let filter = variables.fill(filter).ok();
                let found = body
                    .zip(filter.as_ref())
                    .and_then(|(body, filter)| element(body, list, filter));
                (format!("body.{list}"), found.and_then(|element| at_path(element, path)).cloned())
            }
            CaptureFrom::Header(name) => {
                (format!("headers.{name}"), header(&name.to_lowercase()).map(Json::String))
            }
        };
        if let Some(value) = found {
            captured.values.push((capture.name.clone(), value));
        } else if !wants_refusal(step) {
            captured.missing.push(Check {
                path,
                expected: json!({ "$exists": true }),
                actual: Json::Null,
                missing: true,
                status: Status::Failed,
                line: Some(source.line(capture.span.start)),
            });
        }
    }
    captured
}

impl Captured {
    /// Fails a step that had passed where a value was not there: otherwise the steps that need it
    /// would be skipped without a word.
    pub(super) fn judge(self, result: &mut StepResult) -> Vec<(String, Json)> {
        if result.status == Status::Passed && !self.missing.is_empty() {
            result.status = Status::Failed;
            result.checks.extend(self.missing);
        }
        self.values
    }
}

/// The first element of a list that fits.
fn element<'a>(body: &'a Json, list: &str, filter: &Shape) -> Option<&'a Json> {
    at_path(body, list)?.as_array()?.iter().find(|element| filter.matches(Some(element)))
}

/// The value at a dotted path: `data.items.0.id`.
pub(super) fn at_path<'a>(value: &'a Json, path: &str) -> Option<&'a Json> {
    path.split('.').try_fold(value, |value, key| match value {
        Json::Array(items) => items.get(key.parse::<usize>().ok()?),
        other => other.get(key),
    })
}
