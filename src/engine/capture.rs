//! Keeping values for later steps.

use std::borrow::Cow;

use serde_json::{Value as Json, json};

use super::cookies;
use crate::event::{Check, Status, StepResult};
use crate::http::Response;
use crate::scenario::{CaptureFrom, Shape, Source, StatusPattern, Step};
use crate::variables::{FillError, Variables};

/// Whether a step captures anything out of JSON.
pub(super) fn reads_json(step: &Step) -> bool {
    let of_json = |from: &CaptureFrom| match from {
        CaptureFrom::Body(path) => path != ".",
        CaptureFrom::Element { .. } => true,
        CaptureFrom::Header(_) | CaptureFrom::Cookie(_) | CaptureFrom::Regex(_) => false,
    };
    !wants_refusal(step) && step.capture.iter().any(|capture| of_json(&capture.from))
}

/// Whether everything that the captures of a step need is known before it runs.
pub(super) fn fillable(step: &Step, variables: &Variables) -> Result<(), FillError> {
    step.capture.iter().try_for_each(|capture| match &capture.from {
        CaptureFrom::Element { filter, .. } => variables.fill(filter).map(drop),
        _ => Ok(()),
    })
}

/// A refusal holds nothing to capture. What a step that wants one captures all the same is for its
/// undo, should the target do what it was to refuse.
fn wants_refusal(step: &Step) -> bool {
    step.expect.status.as_ref().is_some_and(StatusPattern::wants_refusal)
}

/// What a step captured.
#[derive(Default)]
pub(super) struct Captured {
    pub(super) values: Vec<(String, Json)>,
    /// A failed check for each value that was not there, unless the step wants a refusal.
    pub(super) missing: Vec<Check>,
}

/// What a step captures from.
pub(super) enum From<'a> {
    Answer { response: &'a Response, json: Option<&'a Json> },
    Webhook { headers: &'a [(String, String)], payload: &'a Json },
}

impl From<'_> {
    fn json(&self) -> Option<&Json> {
        match self {
            Self::Answer { json, .. } => *json,
            Self::Webhook { payload, .. } => Some(payload),
        }
    }

    fn header(&self, name: &str) -> Option<&str> {
        let headers = match self {
            Self::Answer { response, .. } => &response.headers,
            Self::Webhook { headers, .. } => *headers,
        };
        let mut headers = headers.iter();
        headers.find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Whether there is nothing to capture: the status says so, and has to be expected for that.
    fn is_refusal(&self) -> bool {
        matches!(self, Self::Answer { response, .. } if response.status >= 400)
    }

    /// The answer with its body as text.
    fn text(&self) -> Option<(&Response, Cow<'_, str>)> {
        match self {
            Self::Answer { response, .. } => {
                Some((response, String::from_utf8_lossy(&response.body)))
            }
            Self::Webhook { .. } => None,
        }
    }
}

/// Captures what `step` names.
pub(super) fn take(
    step: &Step,
    source: &Source,
    variables: &Variables,
    from: &From<'_>,
) -> Captured {
    let mut captured = Captured::default();
    for capture in &step.capture {
        match one(&capture.from, variables, from) {
            Ok(value) => captured.values.push((capture.name.clone(), value)),
            Err(_) if wants_refusal(step) || from.is_refusal() => {}
            Err(absent) => {
                let (path, expected, actual) = *absent;
                captured.missing.push(Check {
                    path,
                    expected,
                    missing: actual.is_none(),
                    actual: actual.unwrap_or(Json::Null),
                    status: Status::Failed,
                    line: Some(source.line(capture.span.start)),
                });
            }
        }
    }
    captured
}

/// The path of what is not there, what is wanted of it, and what is there in its place.
type Absent = Box<(String, Json, Option<Json>)>;

fn one(from: &CaptureFrom, variables: &Variables, answer: &From<'_>) -> Result<Json, Absent> {
    let body = answer.json();
    let (path, found) = match from {
        CaptureFrom::Body(path) if path == "." => {
            let text = || Some(Json::String(answer.text()?.1.into_owned()));
            ("body".to_owned(), body.cloned().or_else(text))
        }
        CaptureFrom::Body(path) => {
            (format!("body.{path}"), body.and_then(|body| in_body(body, path)).cloned())
        }
        CaptureFrom::Element { list, filter, path } => {
            let at = format!("body.{}", list.trim_start_matches('.'));
            let at = at.trim_end_matches('.').to_owned();
            let elements = body.and_then(|body| in_body(body, list)?.as_array());
            let filter = variables.fill(filter).ok();
            let fits = |element: &Json| {
                filter.as_ref().is_some_and(|filter| filter.matches(Some(element)))
            };
            let Some(elements) = elements else {
                return Err(Box::new((at, json!({ "$exists": true }), None)));
            };
            // The list is there, and none of its elements is the one that is wanted.
            let Some(index) = elements.iter().position(fits) else {
                let wanted = filter.map_or(Json::Null, Shape::into_json);
                let actual = json!(format!("{} elements, none like this", elements.len()));
                return Err(Box::new((at, json!({ "$contains": wanted }), Some(actual))));
            };
            (format!("{at}.{index}.{path}"), at_path(&elements[index], path).cloned())
        }
        CaptureFrom::Header(name) => {
            (format!("headers.{name}"), answer.header(&name.to_lowercase()).map(Json::from))
        }
        CaptureFrom::Cookie(name) => {
            let set = answer.text().and_then(|(response, _)| cookies::set(response, name));
            (format!("cookies.{name}"), set.map(Json::String))
        }
        CaptureFrom::Regex(regex) => {
            let text = answer.text().map(|(_, text)| text).unwrap_or_default();
            let found = regex.captures(&text).and_then(|found| found.get(1));
            let Some(found) = found else {
                let actual = (!text.is_empty()).then(|| Json::from(text));
                let wanted = json!({ "$matches": regex.as_str() });
                return Err(Box::new(("body".to_owned(), wanted, actual)));
            };
            return Ok(Json::from(found.as_str()));
        }
    };
    found.ok_or_else(|| Box::new((path, json!({ "$exists": true }), None)))
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

/// The value at a path into a body. Reports call that `body.…`, so a path may begin with it.
pub(super) fn in_body<'a>(body: &'a Json, path: &str) -> Option<&'a Json> {
    at_path(body, path).or_else(|| at_path(body, path.strip_prefix("body.")?))
}

/// The value at a dotted path: `data.items.0.id`, or `.` for all of it.
fn at_path<'a>(value: &'a Json, path: &str) -> Option<&'a Json> {
    if path == "." {
        return Some(value);
    }
    path.split('.').try_fold(value, |value, key| match value {
        Json::Array(items) => items.get(key.parse::<usize>().ok()?),
        other => other.get(key),
    })
}
