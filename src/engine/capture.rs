//! Keeping values for later steps.

use serde_json::{Value as Json, json};

use super::scenario::Run;
use crate::event::{Check, Status, StepResult};
use crate::scenario::{CaptureFrom, Step};

/// Whether a step captures anything from a body.
pub(super) fn reads_body(step: &Step) -> bool {
    step.capture.iter().any(|capture| matches!(capture.from, CaptureFrom::Body(_)))
}

/// Captures what `step` names. A value that is not there fails a step that had passed: otherwise
/// the steps that need it would be skipped without a word.
pub(super) fn take(
    run: &mut Run<'_>,
    step: &Step,
    body: Option<&Json>,
    header: impl Fn(&str) -> Option<String>,
    result: &mut StepResult,
) {
    let had_passed = result.status == Status::Passed;
    for capture in &step.capture {
        let (path, found) = match &capture.from {
            CaptureFrom::Body(path) => (format!("body.{path}"), body.and_then(|body| at_path(body, path)).cloned()),
            CaptureFrom::Header(name) => (format!("headers.{name}"), header(&name.to_lowercase()).map(Json::String)),
        };
        if let Some(value) = found {
            run.variables.set(&capture.name, value);
        } else if had_passed {
            result.status = Status::Failed;
            result.checks.push(Check {
                path,
                expected: json!({ "$exists": true }),
                actual: Json::Null,
                missing: true,
                status: Status::Failed,
            });
        }
    }
}

/// The value at a dotted path: `data.items.0.id`.
fn at_path<'a>(value: &'a Json, path: &str) -> Option<&'a Json> {
    path.split('.').try_fold(value, |value, key| match value {
        Json::Array(items) => items.get(key.parse::<usize>().ok()?),
        other => other.get(key),
    })
}
