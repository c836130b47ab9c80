//! How a plan is to be run, and what ends it early.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use crate::http::FailureKind;
use crate::webhook::Inbox;

/// How a plan is to be run.
#[derive(Debug, Clone)]
pub struct RunOptions {
    /// When the run began: reports count from there.
    pub began: Instant,
    /// How many scenarios run at once.
    pub jobs: usize,
    /// How long an event step waits when the scenario does not say.
    pub wait: Duration,
    /// Whether the first failed scenario ends the run.
    pub fail_fast: bool,
    /// Whether what the run makes stays.
    pub keep: bool,
    /// Whether steps that passed keep what they sent and got as well.
    pub keep_passed: bool,
}

/// The source of events.
#[derive(Debug, Clone)]
pub enum Events {
    /// Events arrive in this inbox.
    Inbox(Arc<Inbox>),
    /// Disabled by the user: event steps are skipped.
    Off,
    /// No source could be set up.
    Unavailable {
        /// Why, as a sentence fragment.
        why: String,
        /// What it says of the target, where no request to it will do any better.
        failure: Option<FailureKind>,
    },
}

/// Ends a run early.
#[derive(Debug, Clone, Default)]
pub struct Stop {
    /// No further step: the request in flight ends, then everything is undone.
    pub soon: CancellationToken,
    /// The clean-up waits for no rate limit either.
    pub hurry: CancellationToken,
    /// The clean-up ends as well; what it did not get to is left behind.
    pub now: CancellationToken,
}
