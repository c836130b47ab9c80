//! What people should know beside the verdicts.

use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::mpsc::UnboundedSender;

use crate::event::Event;

/// The most notices of one run: what a target sends makes some of them, and it may send without
/// end.
const MOST: usize = 100;

/// How often reporters hear that time has passed.
const TICK: Duration = Duration::from_secs(5);

/// Tells reporters that time passes, for as long as it is polled.
pub(super) async fn tick(sink: &UnboundedSender<Event>) -> Infallible {
    loop {
        tokio::time::sleep(TICK).await;
        let _ = sink.send(Event::Tick);
    }
}

/// Says what is not a verdict, once each, and keeps it for the report.
#[derive(Clone)]
pub(super) struct Notices {
    sink: UnboundedSender<Event>,
    told: Arc<Mutex<Vec<String>>>,
}

impl Notices {
    pub(super) fn new(sink: &UnboundedSender<Event>) -> Self {
        Self { sink: sink.clone(), told: Arc::default() }
    }

    /// Says `text` unless it was said before.
    pub(super) fn tell(&self, text: String) {
        if let Some(text) = self.remember(text) {
            self.send(Event::Notice(text));
        }
    }

    /// What to say of `text`, where it is new.
    fn remember(&self, text: String) -> Option<String> {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.len() > MOST || told.contains(&text) {
            return None;
        }
        let rest = || "there is more of this kind; the rest is left out".to_owned();
        let new = if told.len() == MOST { rest() } else { text };
        told.push(new);
        told.last().cloned()
    }

    /// Everything that was said.
    pub(super) fn all(&self) -> Vec<String> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Sends any event. The receiver may be gone; the run goes on, to undo what it made.
    pub(super) fn send(&self, event: Event) {
        let _ = self.sink.send(event);
    }
}
