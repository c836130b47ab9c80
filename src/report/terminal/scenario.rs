//! One scenario's block: its steps, and what explains those that did not pass.

use std::io::{self, Write};

use super::explanation::{self, Told};
use super::paper::{Paper, UNBROKEN};
use super::words::{is_problem, name, paint};
use super::{Detail, step};
use crate::event::{ScenarioResult, Status, StepResult, UndoResult};
use crate::printable::printable;
use crate::report::duration::humane;

/// Writes the block.
pub fn write<W: Write>(
    paper: &mut Paper<W>,
    result: &ScenarioResult,
    told: &mut Told,
) -> io::Result<()> {
    heading(paper, result)?;
    let detail = paper.look.detail;
    let names = step::names(paper, result);
    let mut steps = result.steps.as_slice();
    while let Some((step, rest)) = steps.split_first() {
        steps = rest;
        if detail == Detail::Quiet && !is_problem(step.status) {
            continue;
        }
        step::write(paper, step, names)?;
        explanation::write(paper, result, step, told)?;
        // What was not tried for one reason is said in one line.
        let alike = rest.iter().take_while(|other| is_same_end(step, other)).count();
        if alike > 1 && detail < Detail::Verbose {
            steps = &rest[alike..];
            step::more(paper, step.status, alike)?;
        }
    }
    remarks(paper, result)
}

/// Whether `other`, which comes later, was not tried for the reason of `step`.
fn is_same_end(step: &StepResult, other: &StepResult) -> bool {
    matches!(step.status, Status::Skipped | Status::Interrupted)
        && other.status == step.status
        && other.reason == step.reason
        && other.request.is_none()
}

/// What should be known of it beside its steps.
pub fn remarks<W: Write>(paper: &mut Paper<W>, result: &ScenarioResult) -> io::Result<()> {
    let detail = paper.look.detail;
    for undo in result.undo.iter().filter(|undo| is_undo_shown(undo, detail)) {
        let reason = undo.reason.as_deref().map(|reason| format!(", {}", printable(reason)));
        let (request, status) = (printable(&undo.request), undo.status.as_str());
        paper.remark("undo", &format!("{request}: {status}{}", reason.unwrap_or_default()))?;
    }
    let notices = if detail == Detail::Quiet { &[] } else { result.notices.as_slice() };
    notices.iter().try_for_each(|notice| paper.remark("note", &printable(notice)))
}

fn heading<W: Write>(paper: &mut Paper<W>, result: &ScenarioResult) -> io::Result<()> {
    let style = paper.look.style;
    let verdict = match result.status {
        Status::Passed => "passed",
        Status::Failed => "failed",
        Status::Errored => "could not be tested",
        Status::Skipped => "skipped",
        Status::Interrupted => "interrupted",
    };
    let title = match name(&result.title) {
        title if title.is_empty() => String::new(),
        title => format!(": {title}"),
    };
    let time = match result.status {
        Status::Skipped => String::new(),
        _ => format!(", {}", humane(result.duration)),
    };
    let own = name(&result.name);
    let end = format!("({verdict}{time})").replace(' ', UNBROKEN);
    let text = format!("{own}{title} {end}");
    // Wrapped plain, then coloured: escape codes have no width.
    paper.hanging("  ", "", &text, |line| {
        let line = line.replace(UNBROKEN, " ");
        let line = match line.strip_prefix(&*own) {
            Some(rest) => format!("{}{rest}", style.strong(&own)),
            None => line,
        };
        let coloured = format!("({}", paint(style, result.status, verdict));
        line.replacen(&format!("({verdict}"), &coloured, 1)
    })
}

/// What went well needs no line, and what `--keep` left is listed at the end.
fn is_undo_shown(undo: &UndoResult, detail: Detail) -> bool {
    detail >= Detail::Verbose || !matches!(undo.status, Status::Passed | Status::Skipped)
}
