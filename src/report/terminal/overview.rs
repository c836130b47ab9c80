//! A line a scenario, in the order in which they end.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use super::explanation::Told;
use super::paper::Paper;
use super::scenario;
use super::words::{WORD, is_problem, name, painted};
use crate::event::{ScenarioResult, Status, StepResult};
use crate::printable::{columns, printable};
use crate::report::duration::{self, humane};
use crate::report::layout::{beginning, left, right};

/// Longer names push the column of times out.
const NAMES: usize = 40;

/// What was said of the scenarios so far.
#[derive(Debug, Default)]
pub struct Overview {
    /// How wide the column of names is.
    names: usize,
    /// How many scenarios there are.
    all: usize,
    known: BTreeSet<usize>,
    told: Told,
    /// Scenarios that could not be tested for the reason of an earlier one.
    alike: BTreeMap<usize, String>,
    /// Scenarios that were interrupted before they began.
    never_ran: BTreeMap<usize, String>,
}

impl Overview {
    /// Scenarios with these names will end.
    pub fn expects<'a>(&mut self, names: impl Iterator<Item = &'a str>) {
        let widths: Vec<_> = names.map(|text| columns(&name(text))).collect();
        self.all = widths.len();
        self.names = widths.into_iter().max().unwrap_or(0).min(NAMES);
    }

    /// Whether a scenario was added.
    pub fn knows(&self, index: usize) -> bool {
        self.known.contains(&index)
    }

    /// Writes the line of a scenario, where it says something new.
    pub fn add<W: Write>(
        &mut self,
        paper: &mut Paper<W>,
        index: usize,
        result: &ScenarioResult,
    ) -> io::Result<()> {
        self.known.insert(index);
        if never_ran(result) {
            self.leave_out(index, result);
            return Ok(());
        }
        if self.told.says_all(result) {
            self.is_alike(index, result);
            return Ok(());
        }
        self.told.learn(result);
        // Its block follows at once.
        if self.all == 1 && is_problem(result.status) {
            return Ok(());
        }
        if self.known.len() == 1 && paper.look.standalone {
            paper.distance()?;
        }
        paper.section();
        self.line(paper, result)?;
        if is_problem(result.status) { Ok(()) } else { remarks(paper, result) }
    }

    fn line<W: Write>(&self, paper: &mut Paper<W>, result: &ScenarioResult) -> io::Result<()> {
        let (style, width) = (paper.look.style, paper.look.width);
        let name = left(&name(&result.name), self.names);
        let time = match result.status {
            Status::Skipped => String::new(),
            _ => humane(result.duration),
        };
        let time = right(&time, duration::COLUMNS);
        let word = painted(style, result.status);
        let used = WORD + 1 + columns(&name) + 2 + duration::COLUMNS + 2;
        let about = beginning(&about(result), width.saturating_sub(used));
        let about = if result.status == Status::Passed { about } else { style.warn(&about) };
        paper.line(&format!("{word} {name}  {}  {about}", style.dim(&time)))
    }

    /// A scenario of which the end of the report says that it never ran.
    pub fn leave_out(&mut self, index: usize, result: &ScenarioResult) {
        self.never_ran.insert(index, result.name.clone());
    }

    /// A scenario that an earlier one speaks for.
    pub fn is_alike(&mut self, index: usize, result: &ScenarioResult) {
        self.alike.insert(index, result.name.clone());
    }

    /// Whether nothing is left to say of a scenario that did not pass.
    pub fn said_all(&self, index: usize) -> bool {
        self.alike.contains_key(&index) || self.never_ran.contains_key(&index)
    }

    /// Names the scenarios that have no line of their own.
    pub fn left_out<W: Write>(&self, paper: &mut Paper<W>) -> io::Result<()> {
        for (why, names) in [
            ("could not be tested for the same reason", &self.alike),
            ("interrupted before they began", &self.never_ran),
        ] {
            if !names.is_empty() {
                let names: Vec<_> = names.values().map(|text| name(text)).collect();
                paper.distance()?;
                paper.wrapped("", &format!("{why}: {}", names.join(", ")))?;
            }
        }
        Ok(())
    }
}

/// Whether the run was interrupted before the scenario sent anything.
pub fn never_ran(result: &ScenarioResult) -> bool {
    let untried = |step: &StepResult| step.request.is_none() && step.event.is_none();
    result.status == Status::Interrupted
        && result.undo.is_empty()
        && result.steps.iter().all(|step| {
            matches!(step.status, Status::Interrupted | Status::Skipped) && untried(step)
        })
}

/// What a scenario's line says of it: what it proves, or where it stopped.
fn about(result: &ScenarioResult) -> String {
    match result.status {
        Status::Passed => name(&result.title).into_owned(),
        Status::Skipped => {
            let reason = result.steps.iter().find_map(|step| step.reason.as_deref());
            printable(reason.unwrap_or_default()).into_owned()
        }
        Status::Failed | Status::Errored | Status::Interrupted => {
            let broken = |step: &&StepResult| is_problem(step.status);
            let diagnosed = |step: &&StepResult| broken(step) && step.diagnosis.is_some();
            let steps = || result.steps.iter();
            let Some(step) = steps().find(diagnosed).or_else(|| steps().find(broken)) else {
                return name(&result.title).into_owned();
            };
            match &step.diagnosis {
                Some(diagnosis) => format!("{}: {}", diagnosis.code.as_str(), name(&step.name)),
                None => name(&step.name).into_owned(),
            }
        }
    }
}

/// What should be known of a scenario that did not fail.
fn remarks<W: Write>(paper: &mut Paper<W>, result: &ScenarioResult) -> io::Result<()> {
    if result.status == Status::Passed {
        for (reason, count) in skipped(result) {
            let steps = if count == 1 { "1 step".to_owned() } else { format!("{count} steps") };
            paper.remark("skip", &format!("{steps}: {}", printable(reason)))?;
        }
    }
    scenario::remarks(paper, result)
}

/// Why steps were skipped, and how many for each reason.
fn skipped(result: &ScenarioResult) -> Vec<(&str, usize)> {
    let mut reasons: Vec<(&str, usize)> = Vec::new();
    for step in result.steps.iter().filter(|step| step.status == Status::Skipped) {
        let reason = step.reason.as_deref().unwrap_or_default();
        match reasons.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, count)) => *count += 1,
            None => reasons.push((reason, 1)),
        }
    }
    reasons
}
