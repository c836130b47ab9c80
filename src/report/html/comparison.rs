//! This run beside an earlier one.

use maud::{Markup, html};

use super::verdict::mark;
use crate::event::{Comparison, Difference, RunReport, Status};
use crate::printable::printable;

pub fn section(report: &RunReport, comparison: &Comparison) -> Markup {
    let lists = comparison.lists();
    html! {
        section.compared aria-labelledby="compared-title" {
            h2 #compared-title { "Compared with the earlier run" }
            p {
                code { (printable(&comparison.with)) } ", begun " (printable(&comparison.started_at))
            }
            @if lists.iter().all(|(_, list)| list.is_empty()) {
                p { "Nothing is different: every scenario passes, as it did." }
            }
            dl {
                @for (name, list) in lists.into_iter().filter(|(_, list)| !list.is_empty()) {
                    div {
                        dt { (list.len()) " " (name) }
                        @for one in list { dd { (difference(report, one)) } }
                    }
                }
            }
        }
    }
}

fn difference(report: &RunReport, one: &Difference) -> Markup {
    let number = report.scenarios.iter().position(|scenario| scenario.name == one.scenario);
    let codes = |status: &str, codes: &[String]| {
        if codes.is_empty() {
            status.to_owned()
        } else {
            format!("{status} ({})", codes.join(", "))
        }
    };
    html! {
        @match (number, one.now) {
            (Some(number), Some(now)) => {
                span aria-hidden="true" { (mark(now)) } " "
                a href={ "#c" (number) } { (printable(&one.scenario)) }
            }
            _ => {
                span aria-hidden="true" { (mark(Status::Skipped)) } " " (printable(&one.scenario))
            }
        }
        ": "
        @if let Some(before) = &one.before {
            (printable(&codes(before, &one.codes_before))) " → "
        }
        (printable(&codes(one.now.map_or("not selected", Status::as_str), &one.codes)))
    }
}
