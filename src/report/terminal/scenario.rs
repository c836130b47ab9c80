//! One scenario's block.

use std::io::{self, Write};

use super::step::{self, Told, name};
use super::{Detail, Look};
use crate::event::{ScenarioResult, Status, UndoResult};
use crate::printable::{columns, printable};
use crate::report::duration::humane;
use crate::report::layout::left;

/// Names longer than this stand beside the column of times instead of pushing it out.
const NAMES: usize = 56;

/// Whether the scenario has a block at all.
pub fn is_shown(result: &ScenarioResult, detail: Detail) -> bool {
    detail != Detail::Quiet
        || matches!(result.status, Status::Failed | Status::Errored | Status::Interrupted)
}

/// Writes the block.
pub fn write(
    out: &mut impl Write,
    look: Look,
    result: &ScenarioResult,
    told: &mut Told,
) -> io::Result<()> {
    heading(out, look, result)?;
    let names =
        result.steps.iter().map(|step| columns(&name(&step.name))).max().unwrap_or(0).min(NAMES);
    for step in result.steps.iter().filter(|step| step::is_shown(step, look.detail)) {
        step::write(out, look, result, step, names, told)?;
    }
    for undo in result.undo.iter().filter(|undo| is_undo_shown(undo, look.detail)) {
        undo_line(out, look, undo)?;
    }
    let notices = if look.detail == Detail::Quiet { &[] } else { result.notices.as_slice() };
    for notice in notices {
        writeln!(out, "  {} {}", look.style.warn(&left("note", step::WORD)), printable(notice))?;
    }
    Ok(())
}

fn heading(out: &mut impl Write, look: Look, result: &ScenarioResult) -> io::Result<()> {
    let style = look.style;
    let verdict = match result.status {
        Status::Passed => style.good("passed"),
        Status::Failed => style.bad("failed"),
        Status::Errored => style.bad("could not be tested"),
        Status::Skipped => style.warn("skipped"),
        Status::Interrupted => style.warn("interrupted"),
    };
    write!(out, "{}", style.strong(&name(&result.name)))?;
    if !result.title.is_empty() {
        write!(out, ": {}", name(&result.title))?;
    }
    match result.status {
        Status::Skipped => writeln!(out, " ({verdict})"),
        _ => writeln!(out, " ({verdict}, {})", humane(result.duration)),
    }
}

/// What went well needs no line, and what `--keep` left is listed at the end.
fn is_undo_shown(undo: &UndoResult, detail: Detail) -> bool {
    detail >= Detail::Verbose || !matches!(undo.status, Status::Passed | Status::Skipped)
}

fn undo_line(out: &mut impl Write, look: Look, undo: &UndoResult) -> io::Result<()> {
    let style = look.style;
    let word = match undo.status {
        Status::Passed | Status::Skipped => style.dim(&left("undo", step::WORD)),
        Status::Failed | Status::Errored | Status::Interrupted => {
            style.warn(&left("undo", step::WORD))
        }
    };
    write!(out, "  {word} {}: {}", printable(&undo.request), undo.status.as_str())?;
    match &undo.reason {
        Some(reason) => writeln!(out, ", {}", printable(reason)),
        None => writeln!(out),
    }
}
