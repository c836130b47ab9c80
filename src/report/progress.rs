//! What goes to stderr: the target, notices, and on a terminal a line that says what is waited for.

use std::borrow::Cow;
use std::io::{self, Write};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::Reporter;
use super::duration::limit;
use super::printable::{printable, shortened};
use super::style::Style;
use super::terminal::target_line;
use crate::event::{Event, ScenarioInfo};

/// How often the seconds are counted up.
const TICK: Duration = Duration::from_millis(120);

/// Tells on stderr what goes on.
pub struct Progress<W: Write> {
    out: W,
    style: Style,
    bar: Option<ProgressBar>,
    waits: Waits,
    /// Notices from before the run has a target: the first line names the target.
    early: Option<Vec<String>>,
}

impl<W: Write> Progress<W> {
    /// Writes lines to `out`, and shows what is waited for where `target` is a terminal.
    pub fn new(out: W, style: Style, target: Option<ProgressDrawTarget>) -> Self {
        let bar = target.map(|target| {
            let bar = ProgressBar::with_draw_target(None, target);
            // The template is a constant that parses; the default style is what stands in for it.
            match ProgressStyle::with_template("{spinner} {elapsed}  {wide_msg}") {
                Ok(style) => bar.with_style(style),
                Err(_) => bar,
            }
        });
        Self { out, style, bar, waits: Waits::default(), early: Some(Vec::new()) }
    }

    /// Calls `print` while the progress line is out of the way.
    pub fn suspend<R>(&self, print: impl FnOnce() -> R) -> R {
        match &self.bar {
            Some(bar) => bar.suspend(print),
            None => print(),
        }
    }

    /// Writes a line above the progress line.
    pub fn line(&mut self, label: &str, text: &str) -> io::Result<()> {
        let line = format!("{} {}", self.style.warn(label), printable(text));
        self.write(&line)
    }

    fn write(&mut self, line: &str) -> io::Result<()> {
        let Self { out, bar, .. } = self;
        let mut print = || writeln!(out, "{line}").and_then(|()| out.flush());
        match bar {
            Some(bar) => bar.suspend(print),
            None => print(),
        }
    }

    fn tell_early(&mut self) -> io::Result<()> {
        self.early.take().unwrap_or_default().iter().try_for_each(|text| self.line("note:", text))
    }

    fn redraw(&self) {
        let Some(bar) = &self.bar else { return };
        match self.waits.line() {
            Some((line, since)) => {
                bar.set_elapsed(since.elapsed());
                bar.set_message(line);
            }
            // Between two steps for a moment too short to see; after the last one, the undo requests.
            None => bar.set_message("cleaning up"),
        }
    }
}

impl<W: Write> Reporter for Progress<W> {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        match event {
            Event::RunStarted(info) => {
                self.write(&target_line(&info.target))?;
                self.tell_early()?;
                self.waits.scenarios.clone_from(&info.scenarios);
                if let Some(bar) = &self.bar {
                    bar.set_message("starting");
                    bar.enable_steady_tick(TICK);
                }
                return Ok(());
            }
            Event::Notice(text) => {
                return match &mut self.early {
                    Some(early) => {
                        early.push(text.clone());
                        Ok(())
                    }
                    None => self.line("note:", text),
                };
            }
            Event::RunFinished(_) => {
                if let Some(bar) = self.bar.take() {
                    bar.finish_and_clear();
                }
                return self.tell_early();
            }
            Event::StepStarted { scenario, step } => self.waits.begin(*scenario, *step, None),
            Event::Waiting { scenario, step, what, limit } => {
                self.waits.begin(*scenario, *step, Some((what.clone(), *limit)));
            }
            Event::StepFinished { scenario, .. } | Event::ScenarioFinished { scenario, .. } => {
                self.waits.end(*scenario);
            }
            Event::ScenarioStarted { .. } => {}
        }
        self.redraw();
        Ok(())
    }
}

impl<W: Write> Drop for Progress<W> {
    /// A run that ended before its time still owes its notices, and leaves no line behind.
    fn drop(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
        // Nobody is left to tell when stderr is gone.
        let _ = self.tell_early();
    }
}

/// What goes on at the moment.
#[derive(Debug, Default)]
struct Waits {
    scenarios: Vec<ScenarioInfo>,
    /// At most one step a scenario; the oldest first.
    running: Vec<Wait>,
}

#[derive(Debug)]
struct Wait {
    scenario: usize,
    step: usize,
    since: Instant,
    /// What it waits for and how long at most, where it is no ordinary request.
    what: Option<(String, Duration)>,
}

impl Waits {
    fn begin(&mut self, scenario: usize, step: usize, what: Option<(String, Duration)>) {
        self.end(scenario);
        self.running.push(Wait { scenario, step, since: Instant::now(), what });
    }

    fn end(&mut self, scenario: usize) {
        self.running.retain(|wait| wait.scenario != scenario);
    }

    /// The oldest wait, else the oldest request, and since when.
    fn line(&self) -> Option<(String, Instant)> {
        let shown = self.running.iter().find(|wait| wait.what.is_some()).or(self.running.first())?;
        let mut line = match self.names(shown) {
            Some((scenario, step)) => format!("{scenario} › {step}"),
            None => String::new(),
        };
        if let Some((what, at_most)) = &shown.what {
            line.push_str(&format!(": waiting for {} (at most {})", shortened(what, 60), limit(*at_most)));
        }
        if self.running.len() > 1 {
            line.push_str(&format!(", and {} more", self.running.len() - 1));
        }
        Some((line, shown.since))
    }

    fn names(&self, wait: &Wait) -> Option<(Cow<'_, str>, Cow<'_, str>)> {
        let scenario = self.scenarios.get(wait.scenario)?;
        Some((shortened(&scenario.name, 40), shortened(scenario.steps.get(wait.step)?, 60)))
    }
}
