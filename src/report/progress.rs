//! What goes to stderr: the target, notices, and on a terminal what goes on at the moment: the last
//! steps of a scenario, and a line that says what is waited for.

mod waits;

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use super::Reporter;
use super::duration::limit;
use super::layout::wrap;
use super::style::Style;
use super::terminal::target_line;
use crate::event::{Event, SELF_TEST};
use crate::printable::printable;

use self::waits::{Line, Waits};

/// How often the seconds are counted up.
const TICK: Duration = Duration::from_millis(120);

/// How often a log, which has no progress line, is told how far the run is.
// Ticks come every 5 s from before the first event on, so that this is every sixth of them.
const TELL: Duration = Duration::from_secs(27);

/// Tells on stderr what goes on.
pub struct Progress<W: Write> {
    out: W,
    style: Style,
    /// Where the progress line will be drawn, until there is something to wait for.
    target: Option<ProgressDrawTarget>,
    bar: Option<ProgressBar>,
    waits: Waits,
    /// What stands above the progress line, a line each with its end.
    steps: Arc<Mutex<String>>,
    width: usize,
    /// When a log was last told how far the run is; `None` on a terminal, and outside of the run.
    told: Option<Instant>,
    tell_every: Duration,
    /// Notices from before the run has a target: the first line names the target.
    early: Option<Vec<String>>,
}

impl<W: Write> Progress<W> {
    /// Writes lines to `out`, and shows what goes on where `target` is a terminal, which is as
    /// wide as this.
    pub fn new(out: W, style: Style, target: Option<ProgressDrawTarget>, width: usize) -> Self {
        Self {
            out,
            width,
            steps: Arc::default(),
            style,
            target,
            bar: None,
            waits: Waits::default(),
            told: None,
            tell_every: TELL,
            early: Some(Vec::new()),
        }
    }

    /// Tells a log how far the run is, now and then.
    fn tick(&mut self) -> io::Result<()> {
        let Some(told) = &mut self.told else { return Ok(()) };
        if told.elapsed() < self.tell_every {
            return Ok(());
        }
        *told = Instant::now();
        let now = self.waits.line().map_or_else(|| "cleaning up".to_owned(), |line| line.text);
        self.line("progress:", &format!("{}; {now}", self.waits.done()))
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
        let head = format!("{} ", self.style.warn(label));
        let text = printable(text);
        // A log is searched, so that its lines stay whole.
        if self.bar.is_none() && self.target.is_none() {
            return self.write(&format!("{head}{text}"));
        }
        let lines = wrap(&text, self.width.saturating_sub(label.len() + 1));
        self.write(&format!("{head}{}", lines.join("\n  ")))
    }

    fn notice(&mut self, text: &str) -> io::Result<()> {
        self.line(if text.starts_with(SELF_TEST) { "warning:" } else { "note:" }, text)
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
        self.early.take().unwrap_or_default().iter().try_for_each(|text| self.notice(text))
    }

    fn redraw(&mut self) {
        if let Some(target) = self.target.take() {
            self.bar = Some(started(target, &self.steps));
        }
        let Some(bar) = &self.bar else { return };
        *self.steps.lock().unwrap_or_else(PoisonError::into_inner) =
            self.waits.steps(self.style, self.width);
        // Between two steps for a moment too short to see; after the last one, the undo requests.
        let (mut prefix, mut message) = (String::new(), "cleaning up".to_owned());
        if let Some(Line { since, at_most, text }) = self.waits.line() {
            bar.set_elapsed(since.elapsed());
            prefix = at_most.map_or(prefix, |at_most| format!(" of {}", limit(at_most)));
            message = text;
        }
        if self.waits.scenarios.len() > 1 {
            message = format!("{message} ({})", self.waits.done());
        }
        bar.set_prefix(prefix);
        bar.set_message(message);
    }
}

impl<W: Write> Reporter for Progress<W> {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        match event {
            Event::RunStarted(info) => {
                self.write(&target_line(&info.target))?;
                self.tell_early()?;
                self.waits.scenarios.clone_from(&info.scenarios);
                self.told = (self.bar.is_none() && self.target.is_none()).then(Instant::now);
                return Ok(());
            }
            Event::Notice(text) => {
                return match &mut self.early {
                    Some(early) => {
                        early.push(text.clone());
                        // On a terminal it need not wait for the first line: setting up may take
                        // minutes.
                        if let Some(target) = self.target.take() {
                            self.bar = Some(started(target, &self.steps));
                        }
                        if let Some(bar) = &self.bar {
                            bar.set_message(printable(text).into_owned());
                        }
                        Ok(())
                    }
                    None => self.notice(text),
                };
            }
            Event::RunFinished(_) => {
                self.told = None;
                if let Some(bar) = self.bar.take() {
                    bar.finish_and_clear();
                }
                return self.tell_early();
            }
            Event::StepStarted { scenario, step } => self.waits.begin(*scenario, *step, None),
            Event::Waiting { scenario, step, what, limit } => {
                self.waits.begin(*scenario, *step, Some((what.clone(), *limit)));
            }
            Event::StepFinished { scenario, step, status } => {
                self.waits.end(*scenario);
                self.waits.ended.push((*scenario, *step, *status));
            }
            Event::ScenarioFinished { scenario, .. } => {
                self.waits.end(*scenario);
                self.waits.ended.retain(|(other, ..)| other != scenario);
                self.waits.finished += 1;
            }
            Event::Tick => return self.tick(),
            Event::ScenarioStarted { .. } => return Ok(()),
        }
        self.redraw();
        self.tick()
    }
}

impl<W: Write> Drop for Progress<W> {
    /// A run that ended before its time still owes its notices, and leaves no line behind.
    fn drop(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
        // There is nowhere left to report to when stderr is gone.
        let _ = self.tell_early();
    }
}

/// A progress line that counts the seconds up, below `steps`.
fn started(target: ProgressDrawTarget, steps: &Arc<Mutex<String>>) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(None, target);
    // The template is a constant that parses; the default style is what stands in for it.
    let steps = Arc::clone(steps);
    let above = move |_: &ProgressState, out: &mut dyn std::fmt::Write| {
        let _ = out.write_str(&steps.lock().unwrap_or_else(PoisonError::into_inner));
    };
    let template = "{steps}{spinner} {elapsed}{prefix}  {wide_msg}";
    let bar = match ProgressStyle::with_template(template) {
        Ok(style) => bar.with_style(style.with_key("steps", above)),
        Err(_) => bar,
    };
    bar.enable_steady_tick(TICK);
    bar
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Status;
    use crate::report::sample::{Page, events, everything};

    fn heard(events: &[Event]) -> String {
        let page = Page::default();
        let mut progress = Progress::new(page.clone(), Style::default(), None, 100);
        for event in events {
            assert!(progress.event(event).is_ok());
        }
        drop(progress);
        page.text()
    }

    #[test]
    fn the_first_line_names_the_target() {
        let mut events = events(&everything());
        events.insert(0, Event::Notice("said before\nthe run began".to_owned()));
        insta::assert_snapshot!(heard(&events), @r"
        target: http://127.0.0.1:40123 (embedded), webhooks: listener
        note: said before\nthe run began
        note: webhooks are read by the listener: the target is on this machine
        ");
    }

    #[test]
    fn a_run_that_never_began_still_owes_its_notices() {
        assert_eq!(heard(&[Event::Notice("no".to_owned())]), "note: no\n");
    }

    #[test]
    fn a_log_is_told_now_and_then_how_far_the_run_is() {
        let all = events(&everything());
        assert!(!heard(&all).contains("progress:"), "a short run needs none");
        let page = Page::default();
        let mut progress = Progress::new(page.clone(), Style::default(), None, 100);
        progress.tell_every = Duration::ZERO;
        let what = "the rate limit to pass".to_owned();
        let waits = Event::Waiting { scenario: 1, step: 0, what, limit: Duration::from_mins(1) };
        for event in [&all[0], &waits] {
            assert!(progress.event(event).is_ok());
        }
        let line = "progress: 0 of 3 scenarios done; waiting for the rate limit to pass, ";
        assert!(page.text().contains(line), "{}", page.text());
        assert!(all.iter().skip(1).all(|event| progress.event(event).is_ok()));
        assert!(page.text().contains("progress: 3 of 3 scenarios done; "), "{}", page.text());
    }

    #[test]
    fn steps_stand_above_the_line_until_their_scenario_ends() -> io::Result<()> {
        let target = Some(ProgressDrawTarget::hidden());
        let mut progress = Progress::new(Page::default(), Style::default(), target, 40);
        let steps = |progress: &Progress<Page>| {
            progress.steps.lock().unwrap_or_else(PoisonError::into_inner).clone()
        };
        let all = events(&everything());
        progress.event(&all[0])?;
        for (step, status) in
            [Status::Passed, Status::Failed, Status::Passed].into_iter().enumerate()
        {
            progress.event(&Event::StepStarted { scenario: 1, step })?;
            progress.event(&Event::StepFinished { scenario: 1, step, status })?;
        }
        let said = "  ok     Create the customer\n  FAIL   Read it back\n  ok     customer.created names the …\n";
        assert_eq!(steps(&progress), said);
        progress.event(&Event::StepStarted { scenario: 0, step: 0 })?;
        assert_eq!(steps(&progress), "");
        all.iter()
            .filter(|event| matches!(event, Event::ScenarioFinished { .. }))
            .try_for_each(|event| progress.event(event))?;
        assert_eq!(progress.waits.ended, []);
        Ok(())
    }

    #[test]
    fn events_drive_the_line_to_its_end() -> io::Result<()> {
        let mut progress = Progress::new(
            Page::default(),
            Style::default(),
            Some(ProgressDrawTarget::hidden()),
            100,
        );
        let message = |progress: &Progress<Page>| progress.bar.as_ref().map(ProgressBar::message);
        let mut events = events(&everything());
        let last = events.pop();
        for event in &events[..1] {
            progress.event(event)?;
        }
        let (what, limit) = ("customer.created".to_owned(), Duration::from_secs(90));
        progress.event(&Event::Waiting { scenario: 0, step: 2, what, limit })?;
        let waiting = "waiting for customer.created, customer-mapping › customer.created names \
            the same user (0 of 3 scenarios done)";
        assert_eq!(message(&progress).as_deref(), Some(waiting));
        assert_eq!(
            progress.bar.as_ref().map(ProgressBar::prefix).as_deref(),
            Some(" of 1 min 30 s")
        );
        progress.event(&Event::StepFinished { scenario: 0, step: 2, status: Status::Passed })?;
        assert_eq!(message(&progress).as_deref(), Some("cleaning up (0 of 3 scenarios done)"));
        last.iter().try_for_each(|event| progress.event(event))?;
        assert_eq!(message(&progress), None);
        Ok(())
    }
}
