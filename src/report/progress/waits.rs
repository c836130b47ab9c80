//! What goes on at the moment, as text.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::time::{Duration, Instant};

use crate::event::{ScenarioInfo, Status};
use crate::printable::shortened;
use crate::report::layout::beginning;
use crate::report::style::Style;
use crate::report::terminal::painted;

/// The most steps that are told.
const STEPS: usize = 6;

/// What goes on at the moment.
#[derive(Debug, Default)]
pub struct Waits {
    pub scenarios: Vec<ScenarioInfo>,
    /// How many of them are over.
    pub finished: usize,
    /// At most one step a scenario; the oldest first.
    running: Vec<Wait>,
    /// The steps that are over, of scenarios that are not: the scenario, the step, and how.
    pub ended: Vec<(usize, usize, Status)>,
}

#[derive(Debug)]
struct Wait {
    scenario: usize,
    step: usize,
    since: Instant,
    /// What it waits for and how long at most, where it is not an ordinary request.
    what: Option<(String, Duration)>,
}

/// What the progress line says.
pub struct Line {
    pub since: Instant,
    pub at_most: Option<Duration>,
    pub text: String,
}

impl Waits {
    pub fn begin(&mut self, scenario: usize, step: usize, what: Option<(String, Duration)>) {
        self.end(scenario);
        self.running.push(Wait { scenario, step, since: Instant::now(), what });
    }

    /// How far the run is.
    pub fn done(&self) -> String {
        format!("{} of {} scenarios done", self.finished, self.scenarios.len())
    }

    pub fn end(&mut self, scenario: usize) {
        self.running.retain(|wait| wait.scenario != scenario);
    }

    /// The oldest wait, else the oldest request.
    fn shown(&self) -> Option<&Wait> {
        self.running.iter().find(|wait| wait.what.is_some()).or(self.running.first())
    }

    /// The last steps of the scenario that the line is about, or was about last, a line each.
    pub fn steps(&self, style: Style, width: usize) -> String {
        let shown = self.shown().map(|wait| wait.scenario);
        let Some(shown) = shown.or(self.ended.last().map(|(scenario, ..)| *scenario)) else {
            return String::new();
        };
        let ended: Vec<_> = self.ended.iter().filter(|(scenario, ..)| *scenario == shown).collect();
        let mut lines = String::new();
        for (_, step, status) in &ended[ended.len().saturating_sub(STEPS)..] {
            let name = self.scenarios.get(shown).and_then(|scenario| scenario.steps.get(*step));
            let name = beginning(&shortened(name.map_or("", String::as_str), 160), width - 9);
            let _ = writeln!(lines, "  {} {name}", painted(style, *status));
        }
        lines
    }

    /// What the line says. What matters comes first: a narrow terminal cuts the end off.
    pub fn line(&self) -> Option<Line> {
        let shown = self.shown()?;
        let mut text = match self.names(shown) {
            Some((scenario, step)) => format!("{scenario} › {step}"),
            None => String::new(),
        };
        if let Some((what, _)) = &shown.what {
            text = format!("waiting for {}, {text}", shortened(what, 60));
        }
        if self.running.len() > 1 {
            text = format!("{text}, and {} more", self.running.len() - 1);
        }
        Some(Line {
            since: shown.since,
            at_most: shown.what.as_ref().map(|(_, at_most)| *at_most),
            text,
        })
    }

    fn names(&self, wait: &Wait) -> Option<(Cow<'_, str>, Cow<'_, str>)> {
        let scenario = self.scenarios.get(wait.scenario)?;
        Some((shortened(&scenario.name, 40), shortened(scenario.steps.get(wait.step)?, 60)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_wait_is_shown() {
        let scenario =
            |name: &str| ScenarioInfo { name: name.to_owned(), steps: vec!["Ask".to_owned()] };
        let mut waits =
            Waits { scenarios: ["one", "two"].map(scenario).into(), ..Waits::default() };
        let line = |waits: &Waits| waits.line().map(|line| line.text);
        assert_eq!(line(&waits), None);
        waits.begin(0, 0, None);
        assert_eq!(line(&waits).as_deref(), Some("one › Ask"));
        waits.begin(1, 0, Some(("customer.created".to_owned(), Duration::from_secs(30))));
        assert_eq!(
            line(&waits).as_deref(),
            Some("waiting for customer.created, two › Ask, and 1 more")
        );
        waits.end(1);
        assert_eq!(line(&waits).as_deref(), Some("one › Ask"));
    }
}
