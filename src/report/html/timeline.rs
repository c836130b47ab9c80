//! The whole run: when each scenario ran, and when it waited for a rate limit.

use std::time::Duration;

use maud::{Markup, html};

use super::verdict::{mark, word};
use crate::event::{RunReport, ScenarioResult};
use crate::printable::shortened;
use crate::report::duration::humane;

/// The longest name that is shown.
const NAME: usize = 80;

pub fn chart(report: &RunReport) -> Markup {
    let end = report
        .scenarios
        .iter()
        .map(|scenario| scenario.at + scenario.duration)
        .fold(report.duration, Duration::max);
    let waits: Vec<_> = report
        .scenarios
        .iter()
        .flat_map(|scenario| scenario.steps.iter().flat_map(|step| &step.rate_limited))
        .collect();
    let waited: Duration = waits.iter().map(|wait| wait.duration).sum();
    html! {
        p {
            @if waits.is_empty() { "No scenario waited for a rate limit." }
            @else {
                (waits.len()) @if waits.len() == 1 { " wait" } @else { " waits" }
                " for a rate limit, " (humane(waited)) " together (hatched)."
            }
        }
        div.timeline {
            div.axis aria-hidden="true" {
                span { "0" } span { (humane(end / 2)) } span { (humane(end)) }
            }
            ol {
                @for (number, scenario) in report.scenarios.iter().enumerate() {
                    (bar(number, scenario, end))
                }
            }
        }
    }
}

fn bar(number: usize, scenario: &ScenarioResult, end: Duration) -> Markup {
    let waits = scenario.steps.iter().flat_map(|step| &step.rate_limited);
    let (from, took) = (humane(scenario.at), humane(scenario.duration));
    html! {
        li {
            a href={ "#c" (number) } {
                span aria-hidden="true" { (mark(scenario.status)) } " " (shortened(&scenario.name, NAME))
                span.hidden { ", " (word(scenario.status)) ", from " (from) " on, " (took) }
            }
            svg aria-hidden="true" focusable="false" {
                rect.(scenario.status.as_str()) x=(share(scenario.at, end)) y="4" height="12" rx="2"
                    width=(share(scenario.duration, end)) {}
                @for wait in waits {
                    rect.limited x=(share(wait.at, end)) y="4" height="12"
                        width=(share(wait.duration, end)) {}
                }
            }
        }
    }
}

/// A part of the run, as a share of the width.
fn share(part: Duration, whole: Duration) -> String {
    let whole = whole.as_secs_f64();
    let share = if whole > 0.0 { 100.0 * part.as_secs_f64() / whole } else { 0.0 };
    format!("{:.2}%", share.clamp(0.0, 100.0))
}
