//! What a failed step says in the reports for machines: a headline, and the whole story.

use std::collections::HashSet;

use super::value::compared;
use crate::event::{Check, RequestSummary, RunReport, ScenarioResult, Status, StepResult};
use crate::printable::{printable, shortened};

/// How much of a response is told.
const BODY: usize = 2000;

/// The steps that broke, the worst first: what failed before what could not be tested, and what has
/// a diagnosis before what follows from it. One cause that could not be tested is there once.
pub fn ranked(report: &RunReport) -> Vec<(&ScenarioResult, &StepResult)> {
    let steps = report.scenarios.iter().flat_map(|it| it.steps.iter().map(move |step| (it, step)));
    let mut told = HashSet::new();
    let mut broken: Vec<_> = steps
        .filter(|(_, step)| match (&step.diagnosis, step.status) {
            (Some(diagnosis), Status::Errored) => told.insert(&diagnosis.message),
            (_, status) => matches!(status, Status::Failed | Status::Errored),
        })
        .collect();
    broken.sort_by_key(|(_, step)| (step.status != Status::Failed, step.diagnosis.is_none()));
    broken
}

/// The code of the diagnosis, or the status where another step carries the diagnosis.
pub fn code(step: &StepResult) -> &'static str {
    step.diagnosis.as_ref().map_or(step.status.as_str(), |diagnosis| diagnosis.code.as_str())
}

/// One sentence: the diagnosis, else the reason, else the first check that failed. Not printable
/// yet.
pub fn headline(step: &StepResult) -> String {
    if let Some(diagnosis) = &step.diagnosis {
        return diagnosis.message.clone();
    }
    if let Some(reason) = &step.reason {
        return reason.clone();
    }
    failed(step).next().map_or_else(|| step.status.as_str().to_owned(), one_line)
}

/// Everything about the step that helps to mend it, a line each.
pub fn story(scenario: &ScenarioResult, step: &StepResult) -> Vec<String> {
    let mut lines = vec![format!("at: {}", printable(&place(scenario, step)))];
    if let Some(request) = &step.request {
        lines.push(format!("request: {}", printable(&sent(request))));
    }
    if let Some(response) = &step.response {
        lines.push(format!(
            "response: {} {}",
            response.status,
            shortened(&response.body.text, BODY)
        ));
    }
    if let Some(event) = &step.event {
        let (kind, id) = (printable(&event.event_type), printable(&event.webhook_id));
        lines.push(format!("webhook: {kind} ({id}), signature: {}", event.signature));
    }
    lines.extend(failed(step).map(one_line));
    if let Some(reason) = &step.reason {
        lines.push(format!("because: {}", printable(reason)));
    }
    if let Some(diagnosis) = &step.diagnosis {
        lines.push(format!("{}: {}", diagnosis.code.as_str(), printable(&diagnosis.message)));
        if !diagnosis.hint.is_empty() {
            lines.push(format!("try: {}", printable(&diagnosis.hint)));
        }
    }
    lines
}

/// `GET https://… (sent 3 times)`. Not printable yet.
pub fn sent(request: &RequestSummary) -> String {
    let times = if request.attempts > 1 {
        format!(" (sent {} times)", request.attempts)
    } else {
        String::new()
    };
    format!("{} {}{times}", request.method, request.url)
}

/// `mine.yaml:22`, or `built-in customer-mapping, line 22`. Not printable yet.
pub fn place(scenario: &ScenarioResult, step: &StepResult) -> String {
    let line = line(step);
    if scenario.built_in {
        format!("{}, line {line}", scenario.file)
    } else {
        format!("{}:{line}", scenario.file)
    }
}

/// The line to look at: that of the first check that failed, else that of the step.
pub fn line(step: &StepResult) -> usize {
    failed(step).find_map(|check| check.line).unwrap_or(step.line)
}

/// The checks that did not hold.
pub fn failed(step: &StepResult) -> impl Iterator<Item = &Check> {
    step.checks.iter().filter(|check| check.status != Status::Passed)
}

fn one_line(check: &Check) -> String {
    let (expected, actual) = compared(check);
    format!("{}: expected {expected}, actual {actual}", printable(&check.path))
}
