//! What stands under a step's line: what was sent and came, what did not hold, and why.

use std::collections::HashMap;
use std::io::{self, Write};

use super::Detail;
use super::paper::Paper;
use super::step::{arrival, signed};
use super::words::is_problem;
use crate::event::{Body, Check, Diagnosis, Headers, ScenarioResult, Status, StepResult};
use crate::printable::{printable, shortened, start};
use crate::report::curl::curl;
use crate::report::explain::{place, sent};
use crate::report::message::{lines, named};
use crate::report::value::{brief, compared};

/// Failed checks that are explained before the rest is counted.
const CHECKS: usize = 5;
/// How much of a response is shown: enough for an error, or for all of a record.
const BODY: usize = 240;
const WHOLE_BODY: usize = 4000;
/// How many lines of a message are shown.
const LINES: usize = 80;

/// Which diagnosis was told where: a target that is down breaks every scenario, and is explained
/// once.
#[derive(Debug, Default)]
pub struct Told(HashMap<(String, String), String>);

impl Told {
    /// The scenario for which a diagnosis was explained already.
    fn of(&self, diagnosis: &Diagnosis) -> Option<&str> {
        self.0.get(&(diagnosis.message.clone(), diagnosis.hint.clone())).map(String::as_str)
    }

    fn add(&mut self, diagnosis: &Diagnosis, scenario: &str) {
        let key = (diagnosis.message.clone(), diagnosis.hint.clone());
        self.0.entry(key).or_insert_with(|| scenario.to_owned());
    }

    /// Everything that a scenario explains is known from now on.
    pub fn learn(&mut self, result: &ScenarioResult) {
        let steps = result.steps.iter();
        for diagnosis in steps.filter_map(|step| step.diagnosis.as_ref()) {
            self.add(diagnosis, &result.name);
        }
    }

    /// Whether a scenario has nothing to say beyond what was explained for an earlier one: its
    /// first step could not be tested, for the same reason, and the others were not tried.
    pub fn says_all(&self, result: &ScenarioResult) -> bool {
        let mut tried = result.steps.iter().filter(|step| step.status != Status::Skipped);
        let (first, no_more) = (tried.next(), tried.next().is_none());
        let first = first.filter(|step| step.status == Status::Errored && no_more);
        let known = first.and_then(|step| self.of(step.diagnosis.as_ref()?)).is_some();
        known && result.undo.is_empty() && result.notices.is_empty()
    }
}

/// Writes what explains `step`.
pub fn write<W: Write>(
    paper: &mut Paper<W>,
    scenario: &ScenarioResult,
    step: &StepResult,
    told: &mut Told,
) -> io::Result<()> {
    let (problem, verbose) = (is_problem(step.status), paper.look.detail >= Detail::Verbose);
    let mut explained = Explanation { paper };
    // What did not happen needs no remark.
    if let Some(note) = &step.note
        && (verbose || problem && has_happened(step))
        && step.status != Status::Skipped
    {
        explained.note(note)?;
    }
    if problem || verbose {
        explained.exchange(step)?;
        explained.checks(&step.checks)?;
    }
    if problem {
        explained.reason(step)?;
        explained.paper.prose("at", &printable(&place(scenario, step)), str::to_owned)?;
        if let Some(request) = &step.request {
            explained.paper.labelled("repeat", &curl(request))?;
        }
    }
    if let Some(diagnosis) = &step.diagnosis {
        explained.diagnosis(diagnosis, &scenario.name, told)?;
    }
    Ok(())
}

/// An interrupted step may not have been tried.
fn has_happened(step: &StepResult) -> bool {
    step.status != Status::Interrupted || step.request.is_some()
}

struct Explanation<'a, W: Write> {
    paper: &'a mut Paper<W>,
}

impl<W: Write> Explanation<'_, W> {
    fn plain(&mut self, text: &str) -> io::Result<()> {
        let indent = " ".repeat(self.paper.indent());
        self.paper.wrapped(&indent, text)
    }

    /// The scenario's own remark; its line breaks are its author's.
    fn note(&mut self, note: &str) -> io::Result<()> {
        let mut label = "note";
        for line in note.trim().lines() {
            self.paper.prose(label, printable(line).trim(), str::to_owned)?;
            label = "";
        }
        Ok(())
    }

    /// What was sent and what came, or which webhooks did.
    fn exchange(&mut self, step: &StepResult) -> io::Result<()> {
        let (detail, problem) = (self.paper.look.detail, is_problem(step.status));
        let whole = detail == Detail::All || problem && detail == Detail::Verbose;
        if let Some(request) = &step.request {
            self.paper.prose("request", &printable(&sent(request)), str::to_owned)?;
            self.message(whole, &request.headers, request.body.as_ref())?;
        }
        if let Some(response) = &step.response {
            let limit = if detail >= Detail::Verbose { WHOLE_BODY } else { BODY };
            let body = match response.body.text.as_str() {
                "" => "(empty)".into(),
                _ if whole => "".into(),
                text => shortened(text, limit),
            };
            let text = format!("{} {body}", response.status);
            self.paper.value("response", text.trim_end(), str::to_owned)?;
            self.message(whole, &response.headers, Some(&response.body))?;
        }
        if let Some(event) = &step.event {
            // A step that passed says on its own line when it arrived and how it was signed.
            let arrival = if problem { format!(" {}", arrival(event)) } else { String::new() };
            let text = format!("{}{arrival}", printable(&named(event)));
            self.paper.prose("webhook", &text, str::to_owned)?;
            self.message(whole, &event.headers, Some(&event.payload))?;
        }
        for event in &step.arrived {
            let (name, signed) = (named(event), signed(event));
            let text = format!("{}, {signed}", printable(&name));
            self.paper.prose("arrived", &text, str::to_owned)?;
            self.message(whole, &event.headers, Some(&event.payload))?;
        }
        Ok(())
    }

    /// Headers and a body, in the column of values.
    fn message(&mut self, whole: bool, headers: &Headers, body: Option<&Body>) -> io::Result<()> {
        let lines = if whole { lines(headers, body) } else { Vec::new() };
        for line in lines.iter().take(LINES) {
            self.paper.value("", &start(line, WHOLE_BODY), str::to_owned)?;
        }
        match lines.len().saturating_sub(LINES) {
            0 => Ok(()),
            more => {
                let text = format!("… and {more} more lines (see --report json=FILE)");
                self.paper.prose("", &text, str::to_owned)
            }
        }
    }

    fn checks(&mut self, checks: &[Check]) -> io::Result<()> {
        let verbose = self.paper.look.detail >= Detail::Verbose;
        let style = self.paper.look.style;
        if verbose {
            for check in checks.iter().filter(|check| check.status == Status::Passed) {
                self.held(check)?;
            }
        }
        let failed = || checks.iter().filter(|check| check.status != Status::Passed);
        let shown = if verbose { usize::MAX } else { CHECKS };
        for check in failed().take(shown) {
            let (expected, actual) = compared(check);
            self.paper.value("check", &printable(&check.path), |line| style.strong(line))?;
            self.paper.value("expected", &expected, |line| style.good(line))?;
            self.paper.value("actual", &actual, |line| style.bad(line))?;
        }
        match failed().count().saturating_sub(shown) {
            0 => Ok(()),
            1 => self.plain("… and 1 more check failed (-v shows it)"),
            more => self.plain(&format!("… and {more} more checks failed (-v shows them)")),
        }
    }

    /// A check that held.
    fn held(&mut self, check: &Check) -> io::Result<()> {
        let path = printable(&check.path);
        let actual = if check.missing { "missing".to_owned() } else { brief(&check.actual) };
        let expected = if !check.missing && check.expected == check.actual {
            String::new()
        } else {
            format!(", as {}", brief(&check.expected))
        };
        self.paper.value("held", &format!("{path} = {actual}{expected}"), str::to_owned)
    }

    fn reason(&mut self, step: &StepResult) -> io::Result<()> {
        match &step.reason {
            Some(reason) => self.paper.prose("because", &printable(reason), str::to_owned),
            None => Ok(()),
        }
    }

    fn diagnosis(
        &mut self,
        diagnosis: &Diagnosis,
        scenario: &str,
        told: &mut Told,
    ) -> io::Result<()> {
        let Diagnosis { code, message, hint } = diagnosis;
        let code = code.as_str();
        let style = self.paper.look.style;
        // Wrapped plain, then coloured: escape codes have no width.
        let paint = |line: &str| match line.strip_prefix(code) {
            Some(rest) => format!("{}{rest}", style.bad(code)),
            None => line.to_owned(),
        };
        if let Some(earlier) = told.of(diagnosis) {
            let text = format!("{code}: as explained for {}", printable(earlier));
            return self.paper.prose("why", &text, paint);
        }
        told.add(diagnosis, scenario);
        self.paper.prose("why", &format!("{code}: {}", printable(message)), paint)?;
        if hint.is_empty() {
            return Ok(());
        }
        self.paper.prose("try", &printable(hint), str::to_owned)
    }
}
