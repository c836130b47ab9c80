//! One step: its line.

use std::io::{self, Write};

use super::paper::Paper;
use super::words::{WORD, is_problem, name, painted};
use crate::event::{EventSummary, ScenarioResult, Status, StepResult};
use crate::printable::{columns, printable};
use crate::report::duration::{self, humane};
use crate::report::layout::{left, right, wrap};

/// Names longer than this stand on several lines.
const NAMES: usize = 56;

/// What stands before a step's name.
const INDENT: usize = 2 + WORD + 1;

/// How wide the column of step names is.
pub fn names<W: Write>(paper: &Paper<W>, scenario: &ScenarioResult) -> usize {
    let longest = scenario.steps.iter().map(|step| columns(&name(&step.name))).max().unwrap_or(0);
    let room = paper.look.width.saturating_sub(INDENT + 2 + duration::COLUMNS);
    longest.min(NAMES).min(room)
}

/// Writes `  ok     Read it back    2.1 ms`; `names` is the width of the column of names.
pub fn write<W: Write>(paper: &mut Paper<W>, step: &StepResult, names: usize) -> io::Result<()> {
    let style = paper.look.style;
    let time = if step.status == Status::Skipped { String::new() } else { humane(step.duration) };
    let time = right(&time, duration::COLUMNS);
    let own = wrap(&name(&step.name), names);
    let mut own = own.iter();
    let first = own.next().map(String::as_str).unwrap_or_default();
    let mut line =
        format!("  {} {}  {}", painted(style, step.status), left(first, names), style.dim(&time));
    let remark = remark(step);
    let used = INDENT + columns(first).max(names) + 2 + duration::COLUMNS + 2;
    let fits = used + columns(&remark) <= paper.look.width;
    if fits && !remark.is_empty() {
        line.push_str("  ");
        line.push_str(&style.dim(&remark));
    }
    paper.line(&line)?;
    let below = " ".repeat(INDENT);
    own.try_for_each(|part| paper.line(&format!("{below}{part}")))?;
    if fits || remark.is_empty() {
        return Ok(());
    }
    paper.hanging(&below, &below, &remark, |line| style.dim(line))
}

/// Writes that so many more steps ended like this.
pub fn more<W: Write>(paper: &mut Paper<W>, status: Status, count: usize) -> io::Result<()> {
    let word = painted(paper.look.style, status);
    paper.line(&format!("  {word} … and {count} more steps"))
}

/// What a step's line says of it beside its name.
fn remark(step: &StepResult) -> String {
    match (&step.event, &step.reason) {
        _ if is_problem(step.status) => String::new(),
        (Some(event), _) => arrival(event),
        (None, reason) => printable(reason.as_deref().unwrap_or_default()).into_owned(),
    }
}

/// `arrived after 3.1 ms, signed (standard)`.
pub fn arrival(event: &EventSummary) -> String {
    let when = if event.waited.is_zero() {
        "was there already".to_owned()
    } else {
        format!("arrived after {}", humane(event.waited))
    };
    format!("{when}, {}", signed(event))
}

/// `signed (standard)`, or why it is not.
pub fn signed(event: &EventSummary) -> String {
    match event.signature {
        scheme @ ("standard" | "legacy") => format!("signed ({scheme})"),
        other => other.to_owned(),
    }
}
