//! The last lines: what to do next.

use std::io::{self, Write};

use super::Detail;
use super::paper::Paper;
use super::words::is_problem;
use crate::event::{RunReport, ScenarioResult};
use crate::printable::columns;
use crate::report::curl::quote;

const LABEL: &str = "next: ";
/// What a command leaves out, because it may hold secrets.
const REMARK: &str = "  # with the same options";
/// The most scenarios that a command names.
const MOST: usize = 5;

/// Names the page that explains, and the command that runs only what failed.
pub fn write<W: Write>(paper: &mut Paper<W>, report: &RunReport) -> io::Result<()> {
    if paper.look.detail == Detail::Quiet {
        return Ok(());
    }
    let codes = codes(report);
    let explain = (!codes.is_empty()).then(|| format!("tieback explain {}", codes.join(" ")));
    let again = again(paper.look.json.as_deref(), report).map(|command| {
        // A command is to be copied, so it is not broken.
        let room = paper.look.width.saturating_sub(columns(LABEL) + columns(&command));
        if columns(REMARK) <= room { command + REMARK } else { command }
    });
    for (number, command) in explain.into_iter().chain(again).enumerate() {
        let label = if number == 0 { LABEL } else { "" };
        paper.line(&format!("{label:0$}{command}", LABEL.len()))?;
    }
    Ok(())
}

/// The codes of all diagnoses, in the order in which they come up.
fn codes(report: &RunReport) -> Vec<&'static str> {
    let mut codes = Vec::new();
    let steps = report.scenarios.iter().flat_map(|scenario| &scenario.steps);
    for diagnosis in steps.filter_map(|step| step.diagnosis.as_ref()) {
        if !codes.contains(&diagnosis.code.as_str()) {
            codes.push(diagnosis.code.as_str());
        }
    }
    codes
}

/// The command that runs only what did not pass, where that is not all there was.
fn again(json: Option<&str>, report: &RunReport) -> Option<String> {
    let broken: Vec<&ScenarioResult> =
        report.scenarios.iter().filter(|scenario| is_problem(scenario.status)).collect();
    if broken.is_empty() || report.summary.passed == 0 {
        return None;
    }
    Some(match json {
        Some(file) => format!("tieback run --rerun {}", quote(file)),
        None if broken.len() <= MOST => {
            let names: Vec<_> = broken.iter().map(|scenario| source(scenario)).collect();
            format!("tieback run {}", names.join(" "))
        }
        None => return None,
    })
}

/// What a scenario is called on the command line.
fn source(scenario: &ScenarioResult) -> String {
    quote(if scenario.built_in { &scenario.name } else { &scenario.file })
}
