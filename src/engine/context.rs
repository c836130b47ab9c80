//! What a step is handed: it reads this, and changes nothing of it.

use std::time::{Duration, Instant};

use serde_json::Value as Json;
use tokio::sync::RwLock;
use tokio::sync::mpsc::UnboundedSender;
use tokio_util::sync::CancellationToken;

use super::options::{Events, RunOptions, Stop};
use super::target::Targets;
use crate::event::{Event, Status};
use crate::evidence::Budget;
use crate::evidence::summary::Times;
use crate::plan::{PlannedScenario, texts};
use crate::provider::{Customer, Provider};

/// Why a step is skipped in a run that a failed scenario ended.
pub const FAILED_FAST: &str = "another scenario failed, and --fail-fast ends the run";

/// What all scenarios of a run share.
pub(super) struct Shared<'a> {
    pub(super) provider: &'static Provider,
    /// For cleaning up, which an interruption does not end.
    pub(super) targets: &'a Targets,
    /// For steps, which wait for no rate limit once the run is to end.
    pub(super) steps: Targets,
    pub(super) events: &'a Events,
    pub(super) options: &'a RunOptions,
    pub(super) budget: Budget,
    pub(super) stop: &'a Stop,
    /// Cancelled when no further step may start, and what waits is to wait no longer: with
    /// [`Stop::soon`], and when a failed scenario ends the run.
    pub(super) halt: CancellationToken,
    /// Held for writing by a scenario that has to run alone, by the others for reading.
    pub(super) turns: RwLock<()>,
    pub(super) sink: &'a UnboundedSender<Event>,
}

impl Shared<'_> {
    /// Sends an event. The receiver may be gone; the run goes on, to undo what it made.
    pub(super) fn send(&self, event: Event) {
        let _ = self.sink.send(event);
    }

    /// Why no further step may start, if that is so.
    pub(super) fn halted(&self) -> Option<(Status, &'static str)> {
        if self.stop.soon.is_cancelled() {
            Some((Status::Interrupted, "interrupted"))
        } else if self.halt.is_cancelled() {
            Some((Status::Skipped, FAILED_FAST))
        } else {
            None
        }
    }
}

/// What stays the same while a scenario runs.
#[derive(Clone, Copy)]
pub(super) struct Context<'a> {
    pub(super) shared: &'a Shared<'a>,
    pub(super) planned: &'a PlannedScenario,
    /// Index of the scenario in the run.
    pub(super) index: usize,
    pub(super) started: Instant,
}

impl<'a> Context<'a> {
    /// What is known of the provider's customers.
    pub(super) fn customer(&self) -> &'static Customer {
        &self.shared.provider.customer
    }

    /// Whether a step that ended like this keeps what it sent and got.
    pub(super) fn keeps(&self, status: Status) -> bool {
        status != Status::Passed || self.shared.options.keep_passed
    }

    /// Keeps every text in a value from being printed, from now on.
    pub(super) fn hide(&self, value: &Json) {
        for text in texts(value) {
            self.shared.targets.billing().hide(&text);
        }
    }

    /// A moment, from the beginning of the run.
    pub(super) fn since_began(&self, moment: Instant) -> Duration {
        moment.saturating_duration_since(self.shared.options.began)
    }

    /// What the times of a delivery are counted from, for a wait that counts from `wait`.
    pub(super) fn times(&self, wait: Instant) -> Times {
        Times { run: self.shared.options.began, wait }
    }

    pub(super) fn run_id(&self) -> &'a str {
        &self.planned.run_id
    }

    pub(super) fn carries_the_run_s_id(&self, record: &Json) -> bool {
        match record {
            Json::String(text) => text.to_lowercase().contains(self.run_id()),
            Json::Array(items) => items.iter().any(|item| self.carries_the_run_s_id(item)),
            Json::Object(entries) => entries.values().any(|value| self.carries_the_run_s_id(value)),
            _ => false,
        }
    }

    /// Reports that a step waits.
    pub(super) fn waiting(&self, step: usize, what: &str, limit: Duration) {
        let (scenario, what) = (self.index, what.to_owned());
        self.shared.send(Event::Waiting { scenario, step, what, limit });
    }
}
