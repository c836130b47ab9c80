//! The report for people: a block a scenario, what broke under the step that broke, a summary.
//!
//! `scenario` writes a block, `step` a step and what explains it, `summary` the end.

mod comparison;
mod scenario;
mod step;
mod summary;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::Reporter;
use super::redacting_writer::Output;
use super::style::Style;
use crate::event::{Event, ScenarioResult, Target};
use crate::printable::printable;

/// How much is shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Detail {
    /// Failures and the summary.
    Quiet,
    /// A line a step, and failures explained.
    #[default]
    Normal,
    /// Every check, request and response, and all that passed between in steps that did not pass.
    Verbose,
    /// All that passed between in all steps.
    All,
}

/// How the report for people looks.
#[derive(Debug, Clone, Copy, Default)]
pub struct Look {
    /// Coloured or plain.
    pub style: Style,
    /// How much is shown.
    pub detail: Detail,
    /// The report has to say by itself what was tested and what the notices were: it is a file,
    /// with no stderr beside it that says so already.
    pub standalone: bool,
}

/// The reporter of this format.
pub(super) fn reporter(look: Look, out: Output) -> Box<dyn Reporter + Send> {
    Box::new(Terminal::new(out.by_line(), look))
}

/// Writes the report for people.
pub struct Terminal<W: Write> {
    out: W,
    look: Look,
    /// The scenario whose block comes next.
    next: usize,
    /// Finished scenarios whose turn has not come: they ran side by side.
    held: BTreeMap<usize, ScenarioResult>,
    told: step::Told,
    /// Scenarios without a block, because an earlier one says it all.
    alike: Vec<String>,
    /// A block was written, so that the next one keeps its distance.
    begun: bool,
}

impl<W: Write> Terminal<W> {
    /// Writes to `out`.
    pub fn new(out: W, look: Look) -> Self {
        Self {
            out,
            look,
            next: 0,
            held: BTreeMap::new(),
            told: step::Told::default(),
            alike: Vec::new(),
            begun: false,
        }
    }

    fn block(&mut self, result: &ScenarioResult) -> io::Result<()> {
        self.next += 1;
        if !scenario::is_shown(result, self.look.detail) {
            return Ok(());
        }
        if self.look.detail < Detail::Verbose && self.told.says_all(result) {
            self.alike.push(result.name.clone());
            return Ok(());
        }
        self.distance()?;
        scenario::write(&mut self.out, self.look, result, &mut self.told)
    }

    fn distance(&mut self) -> io::Result<()> {
        if std::mem::replace(&mut self.begun, true) { writeln!(self.out) } else { Ok(()) }
    }
}

impl<W: Write> Reporter for Terminal<W> {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        match event {
            Event::RunStarted(info) => {
                if self.look.standalone && self.look.detail != Detail::Quiet {
                    self.distance()?;
                    writeln!(self.out, "{}", target_line(&info.target))?;
                }
            }
            Event::ScenarioFinished { scenario, result } => {
                self.held.insert(*scenario, (**result).clone());
                while let Some(result) = self.held.remove(&self.next) {
                    self.block(&result)?;
                }
                self.out.flush()?;
            }
            Event::RunFinished(report) => {
                while let Some(result) = report.scenarios.get(self.next) {
                    self.block(result)?;
                }
                self.distance()?;
                summary::alike(&mut self.out, &self.alike)?;
                summary::write(&mut self.out, self.look, report)?;
                self.out.flush()?;
            }
            Event::Tick
            | Event::Notice(_)
            | Event::ScenarioStarted { .. }
            | Event::StepStarted { .. }
            | Event::Waiting { .. }
            | Event::StepFinished { .. } => {}
        }
        Ok(())
    }
}

/// `target: http://127.0.0.1:4010 (embedded sandbox), webhooks: listener`.
pub(super) fn target_line(target: &Target) -> String {
    let events = target.events.as_str();
    format!(
        "target: {} ({}), webhooks: {events}",
        printable(&target.base_url),
        target.kind.as_str()
    )
}
