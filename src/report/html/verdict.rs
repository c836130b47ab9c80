//! What the run came to, and what that means for a user who pays.

use maud::{Markup, html};

use super::step::target;
use crate::event::{Diagnosis, RunReport, Status, Troubles};
use crate::printable::printable;
use crate::report::duration::humane;

/// Places of a diagnosis that are named before the rest is counted.
const PLACES: usize = 8;

/// `2 of 9 scenarios failed, 1 could not be tested`.
pub fn line(report: &RunReport) -> String {
    let summary = &report.summary;
    let all = summary.scenarios;
    let noun = if all == 1 { "scenario" } else { "scenarios" };
    let mut parts: Vec<String> = [
        (summary.failed, "failed"),
        (summary.errored, "could not be tested"),
        (summary.interrupted, "interrupted"),
        (summary.skipped, "skipped"),
    ]
    .into_iter()
    .filter(|(count, _)| *count > 0)
    .map(|(count, word)| format!("{count} {word}"))
    .collect();
    if report.status == Status::Interrupted && summary.interrupted == 0 {
        parts.push("the run was interrupted".to_owned());
    }
    if let Some(first) = parts.first_mut() {
        if let Some((count, word)) = first.clone().split_once(' ')
            && count.parse::<usize>().is_ok()
        {
            *first = format!("{count} of {all} {noun} {word}");
        }
        return parts.join(", ");
    }
    match all {
        0 => "no scenario was selected".to_owned(),
        1 => "the scenario passed".to_owned(),
        _ => format!("all {all} scenarios passed"),
    }
}

/// The first thing to read.
pub fn heading(report: &RunReport) -> Markup {
    let troubles = report
        .troubles
        .map(|Troubles { handled, all }| format!("{handled} of {all} troubles handled by the app"));
    let skipped = report.summary.skipped_steps;
    html! {
        h1.(report.status.as_str()) {
            span.mark aria-hidden="true" { (mark(report.status)) } " " (line(report))
        }
        p.facts {
            (report.summary.passed) " of " (report.summary.scenarios) " passed"
            @if let Some(troubles) = troubles { " · " (troubles) }
            @if skipped > 0 {
                " · " (skipped) @if skipped == 1 { " step" } @else { " steps" } " skipped"
            }
            " · " (humane(report.duration)) " · "
            time datetime=(report.started_at) { (report.started_at) }
        }
    }
}

/// A sign beside the colour.
pub fn mark(status: Status) -> &'static str {
    match status {
        Status::Passed => "✓",
        Status::Failed => "✗",
        Status::Errored => "!",
        Status::Skipped => "–",
        Status::Interrupted => "■",
    }
}

/// How a status is said.
pub fn word(status: Status) -> &'static str {
    match status {
        Status::Errored => "could not be tested",
        other => other.as_str(),
    }
}

/// A diagnosis, and the steps that show it.
struct Found<'a> {
    diagnosis: &'a Diagnosis,
    places: Vec<(usize, usize)>,
}

/// Each diagnosis once, the most frequent first.
fn found(report: &RunReport) -> Vec<Found<'_>> {
    let mut all: Vec<Found<'_>> = Vec::new();
    for (number, scenario) in report.scenarios.iter().enumerate() {
        for (index, step) in scenario.steps.iter().enumerate() {
            let Some(diagnosis) = &step.diagnosis else { continue };
            let same = |found: &&mut Found<'_>| {
                found.diagnosis.code == diagnosis.code && found.diagnosis.hint == diagnosis.hint
            };
            match all.iter_mut().find(same) {
                Some(known) => known.places.push((number, index)),
                None => all.push(Found { diagnosis, places: vec![(number, index)] }),
            }
        }
    }
    all.sort_by_key(|found| std::cmp::Reverse(found.places.len()));
    all
}

/// What broke, in the words of the diagnosis.
pub fn meaning(report: &RunReport) -> Markup {
    let found = found(report);
    html! {
        section.meaning aria-labelledby="meaning-title" {
            h2 #meaning-title { "What it means for a user who pays" }
            @if found.is_empty() {
                p { (nothing_found(report)) }
            } @else {
                ol.findings { @for one in &found { (finding(report, one)) } }
            }
        }
    }
}

fn nothing_found(report: &RunReport) -> &'static str {
    match report.status {
        Status::Passed => {
            "Every check held: the billing customer and the user belong together in each scenario \
             below."
        }
        Status::Skipped => "Nothing is known: no scenario was tried.",
        Status::Interrupted => "Nothing is known of the scenarios that the run did not get to.",
        Status::Failed | Status::Errored => "The steps that did not pass say below what came.",
    }
}

fn finding(report: &RunReport, found: &Found<'_>) -> Markup {
    let Diagnosis { code, message, hint } = found.diagnosis;
    let more = found.places.len().saturating_sub(PLACES);
    html! {
        li {
            p.message { (printable(message)) }
            @if !hint.is_empty() { p.hint { strong { "Try: " } (printable(hint)) } }
            p.places {
                code { (code.as_str()) } " in "
                @for (position, (number, index)) in found.places.iter().take(PLACES).enumerate() {
                    @if position > 0 { ", " }
                    @if let Some(scenario) = report.scenarios.get(*number) {
                        a href={ "#" (target(*number, *index)) } {
                            (printable(&scenario.name)) ", step " (index + 1)
                        }
                    }
                }
                @if more > 0 { " and " (more) " more" }
            }
        }
    }
}
