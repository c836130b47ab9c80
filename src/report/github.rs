//! Annotations for GitHub: what broke, on the line of the scenario's file that says so.
//!
//! A line that begins with `::error` is a command. Text from outside cannot begin a line here, and
//! what ends a command's parameters is escaped in them.

use std::io::{self, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use super::redacting_writer::Output;
use super::terminal::{Look, Terminal};
use super::value::compared;
use super::{Reporter, explain};
use crate::event::{Event, RunReport, SELF_TEST, ScenarioResult, StepResult};
use crate::printable::{printable, shortened};

/// GitHub shows no more of a step.
const MOST: usize = 10;
/// Failed checks that an annotation names.
const CHECKS: usize = 3;
/// The most of one text that an annotation shows.
const TEXT: usize = 1000;

/// `--format github`: the report for people, and the annotations below it.
pub(super) fn reporter(look: Look, out: Output) -> Box<dyn Reporter + Send> {
    let folder = look.folder.clone();
    let out = Shared(Arc::new(Mutex::new(out)));
    let terminal = Terminal::new(out.clone(), look);
    Box::new(GitHub { terminal, out, folder })
}

struct GitHub {
    terminal: Terminal<Shared>,
    out: Shared,
    folder: String,
}

/// What both parts write to.
#[derive(Clone)]
struct Shared(Arc<Mutex<Output>>);

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).line().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).line().flush()
    }
}

impl Reporter for GitHub {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        self.terminal.event(event)?;
        let Event::RunFinished(report) = event else { return Ok(()) };
        let mut out = self.out.0.lock().unwrap_or_else(PoisonError::into_inner);
        let out = out.raw();
        for line in annotations(report, &self.folder) {
            writeln!(out, "{line}")?;
        }
        out.flush()
    }
}

/// The commands, a line each, the worst first; `folder` is where in the repository the run is.
pub fn annotations(report: &RunReport, folder: &str) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(notice) = report.notices.iter().find(|notice| notice.starts_with(SELF_TEST)) {
        lines.push(command("warning", &[("title", "tieback")], &shortened(notice, TEXT)));
    }
    for (scenario, step) in explain::ranked(report) {
        if lines.len() == MOST {
            break;
        }
        lines.push(error(folder, scenario, step));
    }
    lines
}

fn error(folder: &str, scenario: &ScenarioResult, step: &StepResult) -> String {
    let title = format!("{}: {}", explain::code(step), shortened(&scenario.name, TEXT));
    let line = explain::line(step).to_string();
    let path = Path::new(folder).join(&scenario.file);
    let path = printable(&path.to_string_lossy()).into_owned();
    let mut parameters = vec![("title", title.as_str())];
    // A built-in scenario has no file.
    if !scenario.built_in {
        parameters.extend([("file", path.as_str()), ("line", line.as_str())]);
    }
    command("error", &parameters, &message(scenario, step))
}

fn message(scenario: &ScenarioResult, step: &StepResult) -> String {
    let mut lines = vec![
        format!("{} ({})", shortened(&step.name, TEXT), printable(&explain::place(scenario, step))),
        shortened(&explain::headline(step), TEXT).into_owned(),
    ];
    for check in explain::failed(step).take(CHECKS) {
        let (expected, actual) = compared(check);
        let path = printable(&check.path);
        lines.push(format!("{path}: expected {expected}, actual {actual}"));
    }
    if let Some(diagnosis) = &step.diagnosis {
        if !diagnosis.hint.is_empty() {
            lines.push(format!("try: {}", shortened(&diagnosis.hint, TEXT)));
        }
        lines.push(format!("more: tieback explain {}", diagnosis.code.as_str()));
    }
    lines.dedup();
    lines.join("\n")
}

/// `::error title=…,file=…::message`.
fn command(name: &str, parameters: &[(&str, &str)], message: &str) -> String {
    let parameters: Vec<_> =
        parameters.iter().map(|(key, value)| format!("{key}={}", parameter(value))).collect();
    format!("::{name} {}::{}", parameters.join(","), data(message))
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn parameter(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::StepKind;
    use crate::report::sample;
    use proptest::prelude::*;

    #[test]
    fn what_broke_comes_before_what_could_not_be_tested() {
        let lines = annotations(&sample::everything(), "billing");
        insta::assert_snapshot!(lines.join("\n"));
    }

    #[test]
    fn ten_are_shown() {
        let step = || StepResult { diagnosis: None, ..sample::read_back_unmapped() };
        let steps = (0..25).map(|_| step()).collect();
        assert_eq!(annotations(&sample::report(vec![sample::scenario("s", steps)]), "").len(), 10);
    }

    /// A command's name and its parameters, read as GitHub's runner does.
    fn parsed(line: &str) -> Option<(String, Vec<(String, String)>)> {
        let (head, _) = line.strip_prefix("::")?.split_once("::")?;
        let (name, parameters) = head.split_once(' ')?;
        let plain = |text: &str| {
            let text = text.replace("%0D", "\r").replace("%0A", "\n");
            text.replace("%3A", ":").replace("%2C", ",").replace("%25", "%")
        };
        let pairs = parameters.split(',').filter_map(|pair| pair.split_once('='));
        Some((name.to_owned(), pairs.map(|(key, value)| (key.to_owned(), plain(value))).collect()))
    }

    proptest! {
        #[test]
        fn nothing_from_outside_is_a_command(text in any::<String>()) {
            let texts = [
                text.clone(),
                format!("::error file=x::{text}"),
                format!("a\n::set-output name=a::{text}"),
            ];
            for text in texts {
                let mut step = sample::step(&text, StepKind::Request, 3);
                step.status = crate::event::Status::Failed;
                let code = crate::event::Code::ServerError;
                step.diagnosis = Some(sample::diagnosis(code, &text, &text));
                let mut scenario = sample::scenario(&text, vec![step]);
                scenario.file = "a,b:c%d.yaml".to_owned();
                let lines = annotations(&sample::report(vec![scenario]), "");
                prop_assert_eq!(lines.len(), 1);
                prop_assert_eq!(lines[0].lines().count(), 1);
                let command = parsed(&lines[0]);
                let (name, pairs) = command.ok_or_else(|| TestCaseError::fail("no command"))?;
                prop_assert_eq!(name, "error");
                let keys: Vec<_> = pairs.iter().map(|(key, _)| key.as_str()).collect();
                prop_assert_eq!(keys, ["title", "file", "line"]);
                prop_assert_eq!(&pairs[1].1, "a,b:c%d.yaml");
                prop_assert_eq!(&pairs[2].1, "3");
            }
        }
    }
}
