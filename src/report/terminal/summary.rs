//! The end of the report: what stays behind, what else should be known, and the one line to read.

use std::io::{self, Write};

use super::paper::{Paper, UNBROKEN};
use super::words::paint;
use super::{Detail, Look, comparison};
use crate::event::{RunReport, SELF_TEST, Status, Troubles};
use crate::printable::printable;
use crate::report::duration::humane;

/// Writes the end.
pub fn write<W: Write>(paper: &mut Paper<W>, report: &RunReport) -> io::Result<()> {
    let Look { style, detail, standalone, .. } = paper.look;
    if !report.left_behind.is_empty() {
        paper.distance()?;
        let title = "left behind at the target; these requests remove it:";
        paper.hanging("  ", "", title, |line| style.warn(line))?;
        for left in &report.left_behind {
            let text = format!("  {}  ({})", printable(&left.request), printable(&left.reason));
            paper.hanging("    ", "", &text, str::to_owned)?;
        }
    }
    // Elsewhere the notices are on stderr; a gate that tests itself is said everywhere.
    let stays = |notice: &&String| !standalone && notice.starts_with(SELF_TEST);
    if let Some(notice) = report.notices.iter().find(stays) {
        paper.distance()?;
        paper.hanging(
            "",
            &format!("{} ", style.warn("warning:")),
            &printable(notice),
            str::to_owned,
        )?;
    }
    if standalone && detail != Detail::Quiet && !report.notices.is_empty() {
        paper.distance()?;
        for notice in &report.notices {
            paper.hanging("  ", "", &format!("note: {}", printable(notice)), str::to_owned)?;
        }
    }
    if nothing_was_signed(report) && detail != Detail::Quiet {
        let source = report.target.events.as_str();
        paper.distance()?;
        let text = format!(
            "note: no signature was checked: webhooks read by way of `{source}` are not signed"
        );
        paper.hanging("  ", "", &text, str::to_owned)?;
    }
    if let Some(compared) = &report.comparison {
        comparison::write(paper, compared)?;
    }
    paper.distance()?;
    line(paper, report)
}

/// Whether webhooks were read and none of them carried a signature.
fn nothing_was_signed(report: &RunReport) -> bool {
    let mut events = report
        .scenarios
        .iter()
        .flat_map(|scenario| &scenario.steps)
        .filter_map(|step| step.event.as_ref());
    events.clone().next().is_some() && events.all(|event| event.signature == "not signed")
}

/// `2 scenarios: 1 passed, 1 failed in 812.4 ms; 1 step skipped`.
fn line<W: Write>(paper: &mut Paper<W>, report: &RunReport) -> io::Result<()> {
    let (style, summary) = (paper.look.style, report.summary);
    let counts: Vec<(String, Status)> = [
        (summary.passed, "passed", Status::Passed),
        (summary.failed, "failed", Status::Failed),
        (summary.errored, "could not be tested", Status::Errored),
        (summary.skipped, "skipped", Status::Skipped),
        (summary.interrupted, "interrupted", Status::Interrupted),
    ]
    .into_iter()
    .filter(|(count, ..)| *count > 0)
    .map(|(count, word, status)| (format!("{count} {word}"), status))
    .collect();
    let noun = if summary.scenarios == 1 { "scenario" } else { "scenarios" };
    let head = format!("{} {noun}:", summary.scenarios);
    let cut_short = report.status == Status::Interrupted && summary.interrupted == 0;
    let interrupted = if cut_short { ", then interrupted" } else { "" };
    let skipped = match summary.skipped_steps {
        0 => String::new(),
        1 => "; 1 step skipped".to_owned(),
        many => format!("; {many} steps skipped"),
    };
    let troubles = report
        .troubles
        .map(|Troubles { handled, all }| format!("; {handled} of {all} troubles handled"));
    let all: Vec<_> = counts.iter().map(|(text, _)| text.as_str()).collect();
    let (all, time) = (all.join(", "), humane(report.duration).replace(' ', UNBROKEN));
    let troubles = troubles.unwrap_or_default();
    let text = format!("{head} {all}{interrupted} in {time}{skipped}{troubles}");
    // Wrapped plain, then coloured: escape codes have no width.
    paper.hanging("  ", "", &text, |line| {
        let line = line.replace(UNBROKEN, " ");
        let painted = counts.iter().fold(line, |line, (text, status)| {
            line.replacen(text, &paint(style, *status, text), 1)
        });
        painted.replacen(&head, &style.strong(&head), 1)
    })
}
