//! Keeping values for later steps.

use serde_json::{Value as Json, json};

use super::scenario::Run;
use crate::event::{Check, Status, StepResult};
use crate::scenario::{CaptureFrom, Shape, StatusPattern, Step};
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

/// Captures what `step` names, and returns the names that got a value. A value that is not there
/// fails a step that had passed: otherwise the steps that need it would be skipped without a word.
pub(super) fn take<'a>(
    run: &mut Run<'_>,
    step: &'a Step,
    body: Option<&Json>,
    header: impl Fn(&str) -> Option<String>,
    result: &mut StepResult,
) -> Vec<&'a str> {
    let mut taken = Vec::new();
    let had_passed = result.status == Status::Passed && !wants_refusal(step);
    for capture in &step.capture {
        let (path, found) = match &capture.from {
            CaptureFrom::Body(path) => {
                (format!("body.{path}"), body.and_then(|body| at_path(body, path)).cloned())
            }
            CaptureFrom::Element { list, filter, path } => {
                let filter = run.variables.fill(filter).ok();
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
            run.variables.set(&capture.name, value);
            taken.push(capture.name.as_str());
        } else if had_passed {
            result.status = Status::Failed;
            result.checks.push(Check {
                path,
                expected: json!({ "$exists": true }),
                actual: Json::Null,
                missing: true,
                status: Status::Failed,
                line: Some(run.planned.scenario.source.line(capture.span.start)),
            });
        }
    }
    taken
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
