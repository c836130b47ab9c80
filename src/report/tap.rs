//! The TAP report, version 14: a test point a step, named after its scenario and itself.

use std::io::{self, Write};

use super::curl::curl;
use super::json::compact;
use super::redacting_writer::Output;
use super::terminal::Look;
use super::{AtTheEnd, Reporter, explain};
use crate::event::{RunReport, ScenarioResult, Status, StepResult};
use crate::printable::{printable, start};

/// How much of a response is told.
const BODY: usize = 2000;

/// The reporter of this format: TAP, at the end of the run.
pub(super) fn reporter(_: Look, out: Output) -> Box<dyn Reporter + Send> {
    let mut tap = Tap { out: out.by_line() };
    Box::new(AtTheEnd(move |report: &RunReport| tap.report(report)))
}

struct Tap<W: Write> {
    out: W,
}

impl<W: Write> Tap<W> {
    fn report(&mut self, report: &RunReport) -> io::Result<()> {
        let points = report.scenarios.iter().map(|scenario| scenario.steps.len()).sum::<usize>();
        writeln!(self.out, "TAP version 14\n1..{points}")?;
        let target = &report.target;
        self.comment(&format!("target: {} ({})", target.base_url, target.kind.as_str()))?;
        let mut number = 0;
        for scenario in &report.scenarios {
            for step in &scenario.steps {
                number += 1;
                self.point(number, scenario, step)?;
            }
            for notice in &scenario.notices {
                self.comment(&format!("{}: {notice}", scenario.name))?;
            }
        }
        for notice in &report.notices {
            self.comment(notice)?;
        }
        for left in &report.left_behind {
            self.comment(&format!("left behind: {} ({})", left.request, left.reason))?;
        }
        self.out.flush()
    }

    fn comment(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.out, "# {}", printable(text))
    }

    fn point(
        &mut self,
        number: usize,
        scenario: &ScenarioResult,
        step: &StepResult,
    ) -> io::Result<()> {
        let name = escaped(&format!("{}: {}", scenario.name, step.name));
        match step.status {
            Status::Passed => writeln!(self.out, "ok {number} - {name}"),
            Status::Skipped => {
                let reason = escaped(step.reason.as_deref().unwrap_or_default());
                writeln!(self.out, "{}", format!("ok {number} - {name} # SKIP {reason}").trim_end())
            }
            Status::Failed | Status::Errored | Status::Interrupted => {
                writeln!(self.out, "not ok {number} - {name}")?;
                self.diagnostics(scenario, step)
            }
        }
    }

    /// The YAML block. Values are JSON, which is YAML that needs no quoting rules.
    fn diagnostics(&mut self, scenario: &ScenarioResult, step: &StepResult) -> io::Result<()> {
        writeln!(self.out, "  ---")?;
        self.field("status", step.status.as_str())?;
        self.field("code", explain::code(step))?;
        self.field("message", &explain::headline(step))?;
        if let Some(diagnosis) = &step.diagnosis {
            self.field("hint", &diagnosis.hint)?;
        }
        self.field("at", &explain::place(scenario, step))?;
        writeln!(self.out, "  duration_ms: {:.1}", step.duration.as_secs_f64() * 1000.0)?;
        if let Some(request) = &step.request {
            self.field("request", &explain::sent(request))?;
            self.field("curl", &curl(request))?;
        }
        if let Some(response) = &step.response {
            self.field(
                "response",
                &format!("{} {}", response.status, start(&response.body.text, BODY)),
            )?;
        }
        if let Some(event) = &step.event {
            self.field("webhook", &format!("{} ({})", event.event_type, event.webhook_id))?;
            self.field("signature", event.signature)?;
        }
        if explain::failed(step).next().is_some() {
            writeln!(self.out, "  checks:")?;
        }
        for check in explain::failed(step) {
            writeln!(self.out, "    - path: {}", compact(&check.path)?)?;
            writeln!(self.out, "      expected: {}", compact(&check.expected)?)?;
            if check.missing {
                writeln!(self.out, "      missing: true")?;
            } else {
                writeln!(self.out, "      actual: {}", compact(&check.actual)?)?;
            }
        }
        writeln!(self.out, "  ...")
    }

    fn field(&mut self, key: &str, text: &str) -> io::Result<()> {
        writeln!(self.out, "  {key}: {}", compact(&text)?)
    }
}

/// A description in which `#` starts no directive and nothing ends the line.
fn escaped(text: &str) -> String {
    printable(text).replace('\\', r"\\").replace('#', r"\#")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::StepKind;
    use crate::printable::is_hidden;
    use crate::report::sample;
    use proptest::prelude::*;

    fn written(report: &RunReport) -> io::Result<String> {
        let mut out = Vec::new();
        Tap { out: &mut out }.report(report)?;
        String::from_utf8(out).map_err(io::Error::other)
    }

    #[test]
    fn everything_has_its_place() -> io::Result<()> {
        insta::assert_snapshot!(written(&sample::everything())?);
        Ok(())
    }

    #[test]
    fn hostile_text_stays_text() -> io::Result<()> {
        insta::assert_snapshot!(written(&sample::hostile())?.replace(&"x".repeat(1900), "…"));
        Ok(())
    }

    proptest! {
        #[test]
        fn any_name_is_one_test_point(name in any::<String>(), reason in any::<String>()) {
            let step = sample::skipped(&name, StepKind::Event, 1, &reason);
            let tap = written(&sample::report(vec![sample::scenario("s", vec![step])]))?;
            prop_assert_eq!(tap.lines().filter(|line| line.starts_with("ok ")).count(), 1);
            prop_assert_eq!(tap.lines().count(), 4);
            prop_assert!(!tap.replace('\n', "").contains(is_hidden));
            let points = tap.lines().filter(|line| line.starts_with("ok "));
            let directives = points.flat_map(|line| line.match_indices(" # ")).count();
            prop_assert_eq!(directives, 1);
        }
    }
}
