//! What passed between in a step, and its checks.

use maud::{Markup, html};

use crate::event::{Body, Check, EventSummary, Headers, ScenarioResult, Status, StepResult};
use crate::printable::printable;
use crate::report::curl::curl;
use crate::report::duration::humane;
use crate::report::explain::{place, sent};
use crate::report::message::{lines, named};
use crate::report::value::compared;

/// Where links to a step lead: into what is folded, so that browsers open it.
pub fn target(scenario: usize, step: usize) -> String {
    format!("s{scenario}-{step}")
}

/// Everything about a step.
pub fn details(scenario: &ScenarioResult, step: &StepResult) -> Markup {
    let name = format!("Checks of {}: {}", scenario.name, step.name);
    html! {
        @if let Some(note) = &step.note {
            p.note { @for line in note.trim().lines() { (printable(line)) br; } }
        }
        p.place { "at " code { (printable(&place(scenario, step))) } ", " (humane(step.duration)) }
        (checks(&name, &step.checks))
        @if let Some(request) = &step.request {
            (message("Request", &printable(&sent(request)), &request.headers, request.body.as_ref()))
        }
        @if let Some(response) = &step.response {
            (message("Answer", &response.status.to_string(), &response.headers, Some(&response.body)))
        }
        @if let Some(event) = &step.event { (webhook("Webhook", event)) }
        @for event in &step.arrived { (webhook("Arrived instead", event)) }
        @if let Some(request) = &step.request {
            h4 { "Repeat it" }
            pre tabindex="0" { code { (printable(&curl(request))) } }
        }
    }
}

fn webhook(title: &str, event: &EventSummary) -> Markup {
    let name = format!("{}, {}", named(event), event.signature);
    message(title, &printable(&name), &event.headers, Some(&event.payload))
}

fn message(title: &str, line: &str, headers: &Headers, body: Option<&Body>) -> Markup {
    let lines = lines(headers, body);
    html! {
        h4 { (title) " " code { (line) } }
        @if !lines.is_empty() {
            pre tabindex="0" { code { (lines.join("\n")) } }
        }
    }
}

fn checks(name: &str, checks: &[Check]) -> Markup {
    html! {
        @if !checks.is_empty() {
            div.scroll tabindex="0" role="region" aria-label=(printable(name)) {
                table {
                    thead { tr { th { "Check" } th { "Expected" } th { "Actual" } th { "Held" } } }
                    tbody { @for check in checks { (row(check)) } }
                }
            }
        }
    }
}

fn row(check: &Check) -> Markup {
    let (expected, actual) = compared(check);
    let held = check.status == Status::Passed;
    html! {
        tr.bad[!held] {
            th scope="row" { code { (printable(&check.path)) } }
            td { code { (expected) } }
            td { code { (actual) } }
            td { @if held { "✓ yes" } @else { "✗ no" } }
        }
    }
}
