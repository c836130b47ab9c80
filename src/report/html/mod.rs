//! The report as a page: one file that loads nothing, and that can be read without scripts.
//!
//! `verdict` says first what broke and what that means, `scenario` draws each scenario as a
//! sequence of arrows: `rows` puts what happened in the order of time, `strip` draws a row, `step`
//! shows what passed between. `timeline` is the whole run.

mod comparison;
mod rows;
mod scenario;
mod step;
mod strip;
mod timeline;
mod verdict;

use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest as _, Sha256};

use super::redacting_writer::Output;
use super::terminal::{Look, target_line};
use super::{AtTheEnd, Reporter};
use crate::event::RunReport;
use crate::printable::printable;

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// From so many scenarios on the timeline is folded.
const MANY: usize = 40;

/// The reporter of this format: a page, at the end of the run.
pub(super) fn reporter(_: Look, out: Output) -> Box<dyn Reporter + Send> {
    let mut out = out.whole();
    Box::new(AtTheEnd(move |report: &RunReport| {
        out.write_all(page(report).into_string().as_bytes())?;
        out.write_all(b"\n")?;
        out.flush()
    }))
}

/// What the page may load: nothing, apart from its own style and its own script.
fn policy() -> String {
    let hash = STANDARD.encode(Sha256::digest(SCRIPT.as_bytes()));
    format!(
        "default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{hash}'; base-uri \
         'none'; form-action 'none'"
    )
}

fn page(report: &RunReport) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy());
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="robots" content="noindex";
                title { "tieback: " (verdict::line(report)) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                (strip::definitions())
                a.skip href="#scenarios" { "Skip to the scenarios" }
                header {
                    p.product {
                        strong { "tieback " (report.version) } " " (target_line(&report.target))
                    }
                    (verdict::heading(report))
                }
                main {
                    (verdict::meaning(report))
                    (notes(report))
                    @if let Some(comparison) = &report.comparison {
                        (comparison::section(report, comparison))
                    }
                    (scenarios(report))
                    (left_behind(report))
                    (whole_run(report))
                }
                footer {
                    p { "Secrets are left out. Everything is in this file: it loads nothing." }
                }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    }
}

fn scenarios(report: &RunReport) -> Markup {
    html! {
        section #scenarios aria-labelledby="scenarios-title" {
            h2 #scenarios-title { "Scenarios" }
            // The script shows it; it does nothing without.
            div #filter role="search" hidden {
                label for="query" { "Search" }
                input #query type="search" autocomplete="off" placeholder="name, title or code";
                label { input #only type="checkbox"; " Only what did not pass" }
                output #count for="query only" {}
            }
            (strip::legend())
            @for (number, scenario) in report.scenarios.iter().enumerate() {
                (scenario::section(number, scenario))
            }
        }
    }
}

/// What people should know beside the verdicts.
fn notes(report: &RunReport) -> Markup {
    html! {
        @if !report.notices.is_empty() {
            section.notes aria-labelledby="notes-title" {
                h2 #notes-title { "To know" }
                ul { @for notice in &report.notices { li { (printable(notice)) } } }
            }
        }
    }
}

fn left_behind(report: &RunReport) -> Markup {
    html! {
        section aria-labelledby="left-title" {
            h2 #left-title { "What was left behind" }
            @if report.left_behind.is_empty() {
                p { "Nothing: everything that the run made was removed." }
            } @else {
                p { "These requests remove it:" }
                ul {
                    @for left in &report.left_behind {
                        li {
                            code { (printable(&left.request)) } " (" (printable(&left.reason)) ")"
                        }
                    }
                }
            }
        }
    }
}

fn whole_run(report: &RunReport) -> Markup {
    html! {
        section aria-labelledby="run-title" {
            h2 #run-title { "The whole run" }
            @if report.scenarios.len() < MANY {
                (timeline::chart(report))
            } @else {
                details {
                    summary { "Timeline of " (report.scenarios.len()) " scenarios" } (timeline::chart(report))
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
