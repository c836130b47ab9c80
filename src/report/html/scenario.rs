//! A scenario: its verdict, and its picture, whose arrows open.

use std::time::Duration;

use maud::{Markup, html};

use super::rows::{Row, rows};
use super::step::{details, target};
use super::strip::{head, spoken, strip};
use super::verdict::{mark, word};
use crate::event::{Diagnosis, RateLimitWait, ScenarioResult, Status, StepKind};
use crate::printable::{printable, shortened};
use crate::report::duration::humane;

/// So long has nothing to happen before the picture says so.
const GAP: Duration = Duration::from_secs(1);
/// The longest name that is shown.
const NAME: usize = 160;

/// Whether it needs no attention.
fn is_fine(status: Status) -> bool {
    matches!(status, Status::Passed | Status::Skipped)
}

/// The scenario; folded where nothing is wrong.
pub fn section(number: usize, scenario: &ScenarioResult) -> Markup {
    // The app has its lifeline where something was sent to it.
    let app = scenario.app
        || scenario.steps.iter().any(|step| matches!(step.kind, StepKind::App | StepKind::Deliver));
    html! {
        details.scenario.(scenario.status.as_str()) #{ "s" (number) } open[!is_fine(scenario.status)] {
            summary {
                span.badge.(scenario.status.as_str()) {
                    span aria-hidden="true" { (mark(scenario.status)) } " " (word(scenario.status))
                }
                h3 { (shortened(&scenario.name, NAME)) }
                span.time { (humane(scenario.duration)) }
                @if !scenario.title.is_empty() { span.title { (shortened(&scenario.title, NAME)) } }
            }
            div.content id={ "c" (number) } {
                @for notice in &scenario.notices {
                    p.notice { strong { "Note: " } (printable(notice)) }
                }
                (picture(number, scenario, app))
            }
        }
    }
}

fn picture(number: usize, scenario: &ScenarioResult, app: bool) -> Markup {
    let rows = rows(scenario);
    let mut end = scenario.at;
    // Each row with the end of what was before it.
    let rows = rows.iter().map(|row| {
        let before = end;
        end = end.max(row.until);
        (before, row)
    });
    html! {
        div.picture.with-app[app] {
            (head(app))
            ol {
                @for (before, row) in rows {
                    @if row.at.saturating_sub(before) >= GAP { (gap(scenario, before, row.at, app)) }
                    (one(number, scenario, row, app))
                }
            }
        }
    }
}

/// A time in which nothing was sent and nothing arrived.
fn gap(scenario: &ScenarioResult, from: Duration, until: Duration, app: bool) -> Markup {
    let waits = || scenario.steps.iter().flat_map(|step| &step.rate_limited);
    let limited = |wait: &RateLimitWait| wait.at < until && from < wait.at + wait.duration;
    let why = if waits().any(limited) { " of waiting for a rate limit" } else { " later" };
    html! {
        li.row.gap {
            span.time {}
            (strip(&[], app))
            span.text { "⋮ " (humane(until.saturating_sub(from))) (why) }
        }
    }
}

fn one(number: usize, scenario: &ScenarioResult, row: &Row<'_>, app: bool) -> Markup {
    let time = format!("+{}", humane(row.at.saturating_sub(scenario.at)));
    let broken = row.arrows.iter().any(|arrow| arrow.broken)
        || row.step.is_some_and(|(_, step)| row.opens && !is_fine(step.status));
    let line = html! {
        span.time { (time) }
        (strip(&row.arrows, app))
        (text(row, broken))
    };
    let class = if row.arrows.len() > 1 { "row two" } else { "row" };
    let Some((index, step)) = row.step.filter(|_| row.opens) else {
        return html! { li class=(class) { (line) } };
    };
    html! {
        li.broken[broken] {
            details {
                summary class=(class) { (line) }
                div.body id=(target(number, index)) { (details(scenario, step)) }
            }
        }
    }
}

/// What a row says, the diagnosis included.
fn text(row: &Row<'_>, broken: bool) -> Markup {
    let spoken: Vec<_> = row.arrows.iter().copied().map(spoken).collect();
    html! {
        span.text {
            @if let Some((index, step)) = row.step {
                span.name {
                    b { (index + 1) ". " (shortened(&step.name, NAME)) }
                    @if broken {
                        " " span.badge.(step.status.as_str()) { (mark(step.status)) " " (word(step.status)) }
                    }
                    @else if step.status == Status::Skipped {
                        " " span.badge.skipped { "– skipped" }
                    }
                }
            }
            span.what {
                @if !row.what.is_empty() { code { (shortened(&row.what, NAME)) } " " }
                @if !row.result.is_empty() { span.result { (printable(&row.result)) } }
                @if row.times > 1 {
                    span.result { " (" (row.times) " times until +" (humane(row.until.saturating_sub(row.at))) ")" }
                }
            }
            @if !spoken.is_empty() { span.hidden { " (" (spoken.join(", ")) ")" } }
            @if let Some(reason) = row.step.filter(|_| row.opens).and_then(|(_, step)| step.reason.as_deref()) {
                span.reason { (printable(reason)) }
            }
        }
        @if let Some(diagnosis) = row.step.filter(|_| row.opens).and_then(|(_, step)| step.diagnosis.as_ref()) {
            (why(diagnosis))
        }
    }
}

fn why(diagnosis: &Diagnosis) -> Markup {
    let Diagnosis { code, message, hint } = diagnosis;
    html! {
        span.why {
            span.code { (code.as_str()) }
            span.message { (printable(message)) }
            @if !hint.is_empty() { span.hint { b { "Try: " } (printable(hint)) } }
        }
    }
}
