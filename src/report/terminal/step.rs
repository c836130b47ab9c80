//! One step: its line, and what explains it.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io::{self, Write};

use super::{Detail, Look};
use crate::event::{
    Body, Check, Diagnosis, EventSummary, Headers, ScenarioResult, Status, StepResult,
};
use crate::printable::{printable, shortened, start};
use crate::report::curl::curl;
use crate::report::duration::{self, humane};
use crate::report::explain::{place, sent};
use crate::report::layout::{WIDTH, left, right, wrap};
use crate::report::message::{lines, named};
use crate::report::value::{brief, compared};

/// The column of status words.
pub const WORD: usize = 6;
/// Where a step's name starts, and what explains it.
const INDENT: usize = 2 + WORD + 1;
/// The column of labels in an explanation.
const LABEL: usize = 10;
/// Failed checks that are explained before the rest is counted.
const CHECKS: usize = 5;
/// How much of a response is shown: enough for an error, or for all of a record.
const BODY: usize = 240;
const WHOLE_BODY: usize = 4000;
/// How many lines of a message are shown.
const LINES: usize = 80;

/// The longest name that is shown whole.
const LONGEST: usize = 160;

/// Which diagnosis was told where: a target that is down breaks every scenario, and is explained
/// once.
#[derive(Debug, Default)]
pub struct Told(HashMap<(String, String), String>);

/// A name as it is shown.
pub fn name(name: &str) -> Cow<'_, str> {
    shortened(name, LONGEST)
}

impl Told {
    /// The scenario for which a diagnosis was explained already.
    fn of(&self, diagnosis: &Diagnosis) -> Option<&str> {
        self.0.get(&(diagnosis.message.clone(), diagnosis.hint.clone())).map(String::as_str)
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

/// Whether the step has a line at all.
pub fn is_shown(step: &StepResult, detail: Detail) -> bool {
    detail != Detail::Quiet || is_problem(step.status)
}

fn is_problem(status: Status) -> bool {
    matches!(status, Status::Failed | Status::Errored | Status::Interrupted)
}

/// Writes the step; `names` is the width of the column of names.
pub fn write(
    out: &mut impl Write,
    look: Look,
    scenario: &ScenarioResult,
    step: &StepResult,
    names: usize,
    told: &mut Told,
) -> io::Result<()> {
    writeln!(out, "{}", line(look, step, names))?;
    let mut explained = Explanation { out, look };
    // What did not happen needs no remark.
    if let Some(note) = step.note.as_deref().filter(|_| step.status != Status::Skipped) {
        explained.note(note)?;
    }
    let problem = is_problem(step.status);
    if problem || look.detail >= Detail::Verbose {
        explained.exchange(step)?;
        explained.checks(&step.checks)?;
    }
    if problem {
        explained.reason(step)?;
        explained.labelled("at", &printable(&place(scenario, step)))?;
        if let Some(request) = &step.request {
            explained.labelled("repeat", &curl(request))?;
        }
    }
    if let Some(diagnosis) = &step.diagnosis {
        explained.diagnosis(diagnosis, &scenario.name, told)?;
    }
    Ok(())
}

/// `  ok     Read it back    2.1 ms`.
fn line(look: Look, step: &StepResult, names: usize) -> String {
    let style = look.style;
    let word = match step.status {
        Status::Passed => style.good(&left("ok", WORD)),
        Status::Failed => style.bad(&left("FAIL", WORD)),
        Status::Errored => style.bad(&left("ERROR", WORD)),
        Status::Skipped => style.warn(&left("skip", WORD)),
        Status::Interrupted => style.warn(&left("STOP", WORD)),
    };
    let time = if step.status == Status::Skipped { String::new() } else { humane(step.duration) };
    let name = left(&name(&step.name), names);
    let mut line = format!("  {word} {name}  {}", style.dim(&right(&time, duration::COLUMNS)));
    let remark = match (&step.event, &step.reason) {
        _ if is_problem(step.status) => None,
        (Some(event), _) => Some(arrival(event)),
        (None, reason) => reason.as_deref().map(|reason| printable(reason).into_owned()),
    };
    if let Some(remark) = remark {
        line.push_str("  ");
        line.push_str(&style.dim(&remark));
    }
    line.truncate(line.trim_end().len());
    line
}

/// `arrived after 3.1 ms, signed (standard)`.
fn arrival(event: &EventSummary) -> String {
    let when = if event.waited.is_zero() {
        "was there already".to_owned()
    } else {
        format!("arrived after {}", humane(event.waited))
    };
    format!("{when}, {}", signed(event))
}

/// `signed (standard)`, or why it is not.
fn signed(event: &EventSummary) -> String {
    match event.signature {
        scheme @ ("standard" | "legacy") => format!("signed ({scheme})"),
        other => other.to_owned(),
    }
}

/// What stands under a step's line.
struct Explanation<'a, W: Write> {
    out: &'a mut W,
    look: Look,
}

impl<W: Write> Explanation<'_, W> {
    fn plain(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.out, "{}{text}", " ".repeat(INDENT))
    }

    fn labelled(&mut self, label: &str, text: &str) -> io::Result<()> {
        let label = self.look.style.dim(&left(label, LABEL));
        self.plain(&format!("{label}{text}"))
    }

    /// The scenario's own remark; its line breaks are its author's.
    fn note(&mut self, note: &str) -> io::Result<()> {
        let mut label = "note";
        for line in
            note.trim().lines().flat_map(|line| wrap(&printable(line), WIDTH - INDENT - LABEL))
        {
            self.labelled(label, &line)?;
            label = "";
        }
        Ok(())
    }

    /// What was sent and what came, or which webhooks did.
    fn exchange(&mut self, step: &StepResult) -> io::Result<()> {
        let (detail, problem) = (self.look.detail, is_problem(step.status));
        let whole = detail == Detail::All || problem && detail == Detail::Verbose;
        if let Some(request) = &step.request {
            self.labelled("request", &printable(&sent(request)))?;
            self.message(whole, &request.headers, request.body.as_ref())?;
        }
        if let Some(response) = &step.response {
            let limit = if detail >= Detail::Verbose { WHOLE_BODY } else { BODY };
            let body = match response.body.text.as_str() {
                "" => "(empty)".into(),
                _ if whole => "".into(),
                text => shortened(text, limit),
            };
            self.labelled("response", format!("{} {body}", response.status).trim_end())?;
            self.message(whole, &response.headers, Some(&response.body))?;
        }
        if let Some(event) = &step.event {
            // A step that passed says on its own line when it arrived and how it was signed.
            let arrival = if problem { format!(" {}", arrival(event)) } else { String::new() };
            self.labelled("webhook", &format!("{}{arrival}", printable(&named(event))))?;
            self.message(whole, &event.headers, Some(&event.payload))?;
        }
        for event in &step.arrived {
            let (name, signed) = (named(event), signed(event));
            self.labelled("arrived", &format!("{}, {signed}", printable(&name)))?;
            self.message(whole, &event.headers, Some(&event.payload))?;
        }
        Ok(())
    }

    /// Headers and a body, in the column of values.
    fn message(&mut self, whole: bool, headers: &Headers, body: Option<&Body>) -> io::Result<()> {
        let lines = if whole { lines(headers, body) } else { Vec::new() };
        for line in lines.iter().take(LINES) {
            self.labelled("", &start(line, WHOLE_BODY))?;
        }
        match lines.len().saturating_sub(LINES) {
            0 => Ok(()),
            more => self.labelled("", &format!("… and {more} more lines (see --report json=FILE)")),
        }
    }

    fn checks(&mut self, checks: &[Check]) -> io::Result<()> {
        let verbose = self.look.detail >= Detail::Verbose;
        if verbose {
            for check in checks.iter().filter(|check| check.status == Status::Passed) {
                self.held(check)?;
            }
        }
        let failed = || checks.iter().filter(|check| check.status != Status::Passed);
        let shown = if verbose { usize::MAX } else { CHECKS };
        for check in failed().take(shown) {
            let (expected, actual) = compared(check);
            self.labelled("check", &self.look.style.strong(&printable(&check.path)))?;
            self.labelled("expected", &self.look.style.good(&expected))?;
            self.labelled("actual", &self.look.style.bad(&actual))?;
        }
        match failed().count().saturating_sub(shown) {
            0 => Ok(()),
            1 => self.plain("… and 1 more check failed (-v shows it)"),
            more => self.plain(&format!("… and {more} more checks failed (-v shows them)")),
        }
    }

    /// A check that held, on one line.
    fn held(&mut self, check: &Check) -> io::Result<()> {
        let path = printable(&check.path);
        let actual = if check.missing { "missing".to_owned() } else { brief(&check.actual) };
        if !check.missing && check.expected == check.actual {
            self.labelled("held", &format!("{path} = {actual}"))
        } else {
            self.labelled("held", &format!("{path} = {actual}, as {}", brief(&check.expected)))
        }
    }

    fn reason(&mut self, step: &StepResult) -> io::Result<()> {
        match &step.reason {
            Some(reason) => self.labelled("because", &printable(reason)),
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
        let label = self.look.style.bad(code.as_str());
        if let Some(earlier) = told.of(diagnosis) {
            return self
                .labelled("why", &format!("{label}: as explained for {}", printable(earlier)));
        }
        told.0.insert((message.clone(), hint.clone()), scenario.to_owned());
        // Wrapped plain, then coloured: escape codes have no width.
        let prose = format!("{}: {}", code.as_str(), printable(message));
        self.prose("why", &prose, |line| match line.strip_prefix(code.as_str()) {
            Some(rest) => format!("{label}{rest}"),
            None => line.to_owned(),
        })?;
        if hint.is_empty() { Ok(()) } else { self.prose("try", &printable(hint), str::to_owned) }
    }

    fn prose(&mut self, label: &str, text: &str, paint: impl Fn(&str) -> String) -> io::Result<()> {
        for (number, line) in wrap(text, WIDTH - INDENT - LABEL).iter().enumerate() {
            if number == 0 {
                self.labelled(label, &paint(line))?;
            } else {
                self.labelled("", line)?;
            }
        }
        Ok(())
    }
}
