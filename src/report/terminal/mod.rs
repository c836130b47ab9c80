//! The report for people: a line a scenario as it ends, then what broke, then a summary.
//!
//! `overview` writes the line, `scenario` a whole scenario, `step` a step and `explanation` what
//! explains it, `summary` the end, and `next` what to do about it; all of them on `paper`, in the
//! same `words`.

mod comparison;
mod explanation;
mod next;
mod overview;
mod paper;
mod scenario;
mod step;
mod summary;
#[cfg(test)]
mod tests;
mod words;

use std::collections::BTreeMap;
use std::io::{self, Write};

use self::explanation::Told;
use self::overview::Overview;
use self::paper::Paper;
use self::words::is_problem;
pub(super) use self::words::painted;
use super::Reporter;
use super::redacting_writer::Output;
use super::style::Style;
use super::width::USUAL;
use crate::event::{Event, RunReport, ScenarioResult, Target};
use crate::printable::printable;

/// How much is shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Detail {
    /// Failures and the summary.
    Quiet,
    /// A line a scenario, and failures explained.
    #[default]
    Normal,
    /// Every step with its note and its checks, and all that passed between in steps that did not
    /// pass.
    Verbose,
    /// All that passed between in all steps.
    All,
}

/// How the report for people looks.
#[derive(Debug, Clone)]
pub struct Look {
    /// Coloured or plain.
    pub style: Style,
    /// How much is shown.
    pub detail: Detail,
    /// How many columns there are.
    pub width: usize,
    /// The report has to say by itself what was tested and what the notices were: it is a file,
    /// with no stderr beside it that says so already.
    pub standalone: bool,
    /// Whether scenarios that passed show their steps as well.
    pub steps: bool,
    /// The file with the JSON report of the same run, as it was named.
    pub json: Option<String>,
    /// All files with reports of the run, as they were named.
    pub files: Vec<String>,
    /// Where in the repository the run is; empty at its top.
    pub folder: String,
}

impl Default for Look {
    fn default() -> Self {
        Self {
            style: Style::default(),
            detail: Detail::default(),
            width: USUAL,
            standalone: false,
            steps: false,
            json: None,
            files: Vec::new(),
            folder: String::new(),
        }
    }
}

/// The reporter of this format.
pub(super) fn reporter(look: Look, out: Output) -> Box<dyn Reporter + Send> {
    Box::new(Terminal::new(out.by_line(), look))
}

/// Writes the report for people.
pub struct Terminal<W: Write> {
    paper: Paper<W>,
    overview: Overview,
    /// The scenario whose block comes next, where every scenario has one.
    next: usize,
    /// Finished scenarios whose turn has not come: they ran side by side.
    held: BTreeMap<usize, ScenarioResult>,
    told: Told,
}

impl<W: Write> Terminal<W> {
    /// Writes to `out`.
    pub fn new(out: W, look: Look) -> Self {
        Self {
            paper: Paper::new(out, look),
            overview: Overview::default(),
            next: 0,
            held: BTreeMap::new(),
            told: Told::default(),
        }
    }

    fn finished(&mut self, index: usize, result: &ScenarioResult) -> io::Result<()> {
        match self.paper.look.detail {
            Detail::Quiet => Ok(()),
            Detail::Normal if !self.paper.look.steps => {
                self.overview.add(&mut self.paper, index, result)
            }
            Detail::Normal | Detail::Verbose | Detail::All => {
                self.held.insert(index, result.clone());
                while let Some(result) = self.held.remove(&self.next) {
                    self.next += 1;
                    self.block(self.next - 1, &result)?;
                }
                Ok(())
            }
        }
    }

    fn block(&mut self, index: usize, result: &ScenarioResult) -> io::Result<()> {
        if overview::never_ran(result) {
            self.overview.leave_out(index, result);
            return Ok(());
        }
        self.paper.distance()?;
        scenario::write(&mut self.paper, result, &mut self.told)
    }

    fn end(&mut self, report: &RunReport) -> io::Result<()> {
        for (index, result) in report.scenarios.iter().enumerate() {
            if !self.overview.knows(index) && index >= self.next {
                self.finished(index, result)?;
            }
        }
        if self.paper.look.detail < Detail::Verbose && !self.paper.look.steps {
            for (index, result) in report.scenarios.iter().enumerate() {
                if !is_problem(result.status) || self.overview.said_all(index) {
                    continue;
                }
                if self.told.says_all(result) {
                    self.overview.is_alike(index, result);
                } else {
                    self.block(index, result)?;
                }
            }
        }
        self.overview.left_out(&mut self.paper)?;
        summary::write(&mut self.paper, report)?;
        next::write(&mut self.paper, report)
    }
}

impl<W: Write> Reporter for Terminal<W> {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        match event {
            Event::RunStarted(info) => {
                self.overview.expects(info.scenarios.iter().map(|scenario| scenario.name.as_str()));
                if self.paper.look.standalone && self.paper.look.detail != Detail::Quiet {
                    self.paper.wrapped("", &target_line(&info.target))?;
                    self.paper.section();
                }
                Ok(())
            }
            Event::ScenarioFinished { scenario, result } => {
                self.finished(*scenario, result)?;
                self.paper.flush()
            }
            Event::RunFinished(report) => {
                self.end(report)?;
                self.paper.flush()
            }
            Event::Tick
            | Event::Notice(_)
            | Event::ScenarioStarted { .. }
            | Event::StepStarted { .. }
            | Event::Waiting { .. }
            | Event::StepFinished { .. } => Ok(()),
        }
    }
}

/// A scenario's block by itself.
pub(super) fn block(result: &ScenarioResult) -> String {
    let mut text = Vec::new();
    let mut paper = Paper::new(&mut text, Look::default());
    // Memory takes everything.
    let _ = scenario::write(&mut paper, result, &mut Told::default());
    String::from_utf8_lossy(&text).into_owned()
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
