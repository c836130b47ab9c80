//! Where a run reads webhooks: chosen, set up, and taken down again.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::mpsc::UnboundedSender;

use super::args::{Settings, SourceChoice};
use super::target::Ready;
use crate::engine::{Events, Stop};
use crate::event::{Event, EventSource, LeftBehind, TargetKind};
use crate::http::Client;
use crate::plan::Plan;
use crate::secret::Scrubber;
use crate::webhook::listener::{Listener, ListenerOptions};

/// Tells people what is no verdict, once each, and remembers it for the report.
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
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if !told.contains(&text) {
            told.push(text.clone());
            self.send(Event::Notice(text));
        }
    }

    /// Everything that was said.
    pub(super) fn all(&self) -> Vec<String> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Sends any event. Whoever prints may have gone; the run goes on, to undo what it made.
    pub(super) fn send(&self, event: Event) {
        let _ = self.sink.send(event);
    }
}

/// A source of events, set up.
pub(super) struct Source {
    /// What the report calls it.
    pub(super) kind: EventSource,
    /// What the engine reads.
    pub(super) events: Events,
    listener: Option<Listener>,
    left_behind: Option<LeftBehind>,
}

impl Source {
    fn without(events: Events) -> Self {
        Self { kind: EventSource::None, events, listener: None, left_behind: None }
    }

    /// Takes it down; says what stays at the API.
    pub(super) async fn close(self, client: &Client, stop: &Stop) -> Option<LeftBehind> {
        let Some(listener) = self.listener else { return self.left_behind };
        let removal = listener.removal();
        tokio::select! {
            biased;
            () = stop.now.cancelled() => {
                Some(LeftBehind { request: removal, reason: "the run was told to end at once".to_owned() })
            }
            left = listener.close(client) => left,
        }
    }
}

/// Sets up the source that the settings ask for, ready before the first request is sent.
pub(super) async fn open(
    settings: &Settings,
    plan: &Plan,
    ready: &Ready,
    scrubber: &Scrubber,
    notices: &Notices,
    run_id: &str,
) -> Source {
    if plan.event_types.is_empty() {
        return Source::without(Events::Off);
    }
    let local = matches!(ready.kind, TargetKind::Embedded | TargetKind::Loopback);
    match settings.events {
        SourceChoice::None => {
            notices.tell("--events none: event steps are skipped, so no webhook was checked".to_owned());
            return Source::without(Events::Off);
        }
        SourceChoice::Auto if !local && settings.public_url.is_none() => {
            let why = "the target is not on this machine and cannot reach a listener here; \
                       give the URL of a tunnel with --public-url";
            notices.tell(format!("webhooks cannot be received: {why}"));
            return Source::without(Events::Unavailable(why.to_owned()));
        }
        SourceChoice::Auto | SourceChoice::Listener => {}
    }
    let options = ListenerOptions { address: settings.listen, public_url: settings.public_url.clone() };
    let heard = notices.clone();
    let opened =
        Listener::open(&ready.client, &options, &plan.event_types, run_id, scrubber, move |text| heard.tell(text));
    match opened.await {
        Ok(listener) => {
            if settings.events == SourceChoice::Auto && ready.kind != TargetKind::Embedded {
                let why = if settings.public_url.is_some() {
                    "--public-url is given"
                } else {
                    "the target is on this machine"
                };
                notices.tell(format!("webhooks are read by a listener, because {why}"));
            }
            let events = Events::Inbox(listener.inbox.clone());
            Source { kind: EventSource::Listener, events, listener: Some(listener), left_behind: None }
        }
        Err(refused) => {
            notices.tell(format!("webhooks cannot be received: {}", refused.why));
            let events = Events::Unavailable(refused.why);
            Source { left_behind: refused.left_behind, ..Source::without(events) }
        }
    }
}
