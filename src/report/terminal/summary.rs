//! The end of the report: what stays behind, what else should be known, and the one line to read.

use std::io::{self, Write};

use super::{Detail, Look, comparison, step};
use crate::event::{RunReport, SELF_TEST, Status, Troubles};
use crate::printable::printable;
use crate::report::duration::humane;
use crate::report::layout::{WIDTH, wrap};

/// Names the scenarios that could not be tested for the reason of an earlier one.
pub fn alike(out: &mut impl Write, names: &[String]) -> io::Result<()> {
    if names.is_empty() {
        return Ok(());
    }
    let names: Vec<_> = names.iter().map(|name| step::name(name)).collect();
    let text = format!("could not be tested for the same reason: {}", names.join(", "));
    for line in wrap(&text, WIDTH) {
        writeln!(out, "{line}")?;
    }
    writeln!(out)
}

/// Writes the end.
pub fn write(out: &mut impl Write, look: Look, report: &RunReport) -> io::Result<()> {
    let style = look.style;
    if !report.left_behind.is_empty() {
        writeln!(out, "{}", style.warn("left behind at the target; these requests remove it:"))?;
        for left in &report.left_behind {
            writeln!(
                out,
                "  {}  {}",
                printable(&left.request),
                style.dim(&format!("({})", printable(&left.reason)))
            )?;
        }
        writeln!(out)?;
    }
    // Elsewhere the notices are on stderr; a gate that tests itself is said everywhere.
    let stays = |notice: &&String| !look.standalone && notice.starts_with(SELF_TEST);
    if let Some(notice) = report.notices.iter().find(stays) {
        writeln!(out, "{} {}\n", style.warn("warning:"), printable(notice))?;
    }
    if look.standalone && look.detail != Detail::Quiet && !report.notices.is_empty() {
        for notice in &report.notices {
            writeln!(out, "note: {}", printable(notice))?;
        }
        writeln!(out)?;
    }
    let codes = codes(report);
    if !codes.is_empty() && look.detail != Detail::Quiet {
        writeln!(out, "more about it: tieback explain {}\n", codes.join(" "))?;
    }
    if nothing_was_signed(report) && look.detail != Detail::Quiet {
        let source = report.target.events.as_str();
        writeln!(
            out,
            "note: no signature was checked: webhooks read by way of `{source}` are not signed\n"
        )?;
    }
    if let Some(compared) = &report.comparison {
        comparison::write(out, look, compared)?;
    }
    writeln!(out, "{}", line(look, report))
}

/// The codes of all diagnoses, in the order in which they come up.
fn codes(report: &RunReport) -> Vec<&'static str> {
    let mut codes = Vec::new();
    for diagnosis in report
        .scenarios
        .iter()
        .flat_map(|scenario| &scenario.steps)
        .filter_map(|step| step.diagnosis.as_ref())
    {
        if !codes.contains(&diagnosis.code.as_str()) {
            codes.push(diagnosis.code.as_str());
        }
    }
    codes
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
fn line(look: Look, report: &RunReport) -> String {
    let (style, summary) = (look.style, report.summary);
    let counts: Vec<String> = [
        (summary.passed, "passed", Status::Passed),
        (summary.failed, "failed", Status::Failed),
        (summary.errored, "could not be tested", Status::Errored),
        (summary.skipped, "skipped", Status::Skipped),
        (summary.interrupted, "interrupted", Status::Interrupted),
    ]
    .into_iter()
    .filter(|(count, ..)| *count > 0)
    .map(|(count, word, status)| {
        let text = format!("{count} {word}");
        match status {
            Status::Passed => style.good(&text),
            Status::Failed | Status::Errored => style.bad(&text),
            Status::Skipped | Status::Interrupted => style.warn(&text),
        }
    })
    .collect();
    let noun = if summary.scenarios == 1 { "scenario" } else { "scenarios" };
    let head = style.strong(&format!("{} {noun}:", summary.scenarios));
    let cut_short = report.status == Status::Interrupted && summary.interrupted == 0;
    let interrupted = if cut_short { ", then interrupted" } else { "" };
    let skipped = match summary.skipped_steps {
        0 => String::new(),
        1 => format!("; {}", style.warn("1 step skipped")),
        many => format!("; {}", style.warn(&format!("{many} steps skipped"))),
    };
    let troubles = report
        .troubles
        .map(|Troubles { handled, all }| format!("; {handled} of {all} troubles handled"));
    let (counts, time) = (counts.join(", "), humane(report.duration));
    let troubles = troubles.unwrap_or_default();
    format!("{head} {counts}{interrupted} in {time}{skipped}{troubles}")
}
