//! The report in Markdown: a table of the scenarios, and the first failure whole. GitHub shows it
//! as the summary of a job.

use std::io::Write as _;

use super::redacting_writer::Output;
use super::terminal::{Look, block, target_line};
use super::{AtTheEnd, Reporter, explain};
use crate::event::{RunReport, ScenarioResult, Status};
use crate::printable::{shortened, start};
use crate::report::duration::humane;

/// The longest text of a cell.
const CELL: usize = 160;
/// How much of a failure is shown, in characters: GitHub takes 1 MiB.
const FAILURE: usize = 50_000;

pub(super) fn reporter(look: Look, out: Output) -> Box<dyn Reporter + Send> {
    let mut out = out.whole();
    Box::new(AtTheEnd(move |report: &RunReport| {
        out.write_all(page(report, &look.files).as_bytes())?;
        out.flush()
    }))
}

/// The whole text; `files` are the other reports of the run.
pub fn page(report: &RunReport, files: &[String]) -> String {
    let summary = report.summary;
    let mut lines = vec![
        format!("## tieback: {} of {} scenarios passed", summary.passed, summary.scenarios),
        String::new(),
        escaped(&target_line(&report.target)),
        String::new(),
        "| | scenario | | time |".to_owned(),
        "|---|---|---|---:|".to_owned(),
    ];
    lines.extend(report.scenarios.iter().map(row));
    for notice in &report.notices {
        lines.extend([String::new(), format!("Note: {}", escaped(&shortened(notice, 1000)))]);
    }
    if !report.left_behind.is_empty() {
        lines.extend([String::new(), "Left behind at the target:".to_owned(), String::new()]);
        for left in &report.left_behind {
            let text = format!("{} ({})", left.request, left.reason);
            lines.push(format!("- {}", escaped(&shortened(&text, 1000))));
        }
    }
    if let Some((scenario, step)) = explain::ranked(report).first() {
        let failure = block(scenario);
        let failure = start(failure.trim_end(), FAILURE);
        let fence = fence(&failure);
        lines.extend([String::new(), "### The first failure".to_owned(), String::new()]);
        lines.extend([format!("{fence}text"), failure.into_owned(), fence]);
        if let Some(diagnosis) = &step.diagnosis {
            let code = diagnosis.code.as_str();
            lines.extend([String::new(), format!("More about it: `tieback explain {code}`")]);
        }
    }
    if !files.is_empty() {
        let files: Vec<_> = files.iter().map(|file| escaped(&shortened(file, 1000))).collect();
        lines.extend([String::new(), format!("Reports: {}", files.join(", "))]);
    }
    lines.join("\n") + "\n"
}

fn row(scenario: &ScenarioResult) -> String {
    let (word, time) = match scenario.status {
        Status::Passed => ("ok", humane(scenario.duration)),
        Status::Failed => ("**failed**", humane(scenario.duration)),
        Status::Errored => ("**could not be tested**", humane(scenario.duration)),
        Status::Interrupted => ("interrupted", humane(scenario.duration)),
        Status::Skipped => ("skipped", String::new()),
    };
    let broken = scenario.steps.iter().find(|step| step.diagnosis.is_some());
    let about = match broken {
        Some(step) => format!("`{}` at {}", explain::code(step), cell(&step.name)),
        None => cell(&scenario.title),
    };
    format!("| {word} | {} | {about} | {time} |", cell(&scenario.name))
}

fn cell(text: &str) -> String {
    escaped(&shortened(text, CELL))
}

/// Text that Markdown and HTML take for text.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '&' => safe.push_str("&amp;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '~' | '!' | '@' => {
                safe.extend(['\\', char]);
            }
            _ => safe.push(char),
        }
    }
    safe
}

/// A fence that nothing in `text` closes.
fn fence(text: &str) -> String {
    let longest = text.split(|char| char != '`').map(str::len).max().unwrap_or(0);
    "`".repeat((longest + 1).max(3))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn everything_has_its_place() {
        let files = ["billing.json".to_owned(), "billing.html".to_owned()];
        insta::assert_snapshot!(page(&sample::everything(), &files));
    }

    #[test]
    fn hostile_text_stays_text() {
        let mut run = sample::hostile();
        run.scenarios[0].title = "a | b <script>\n## `c` [d](e)".to_owned();
        run.scenarios[0].steps[0].diagnosis = None;
        run.scenarios[0].steps[0].checks[0].path = "````\n# out".to_owned();
        let text = page(&run, &[]);
        assert!(text.contains(r"a \| b &lt;script&gt;\\n\#\# \`c\` \[d\](e)"), "{text}");
        assert!(text.contains("\n`````text\n") && text.ends_with("\n`````\n"), "{text}");
    }
}
