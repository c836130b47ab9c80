//! What people are told while a run takes back what it made.

use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::notices::Notices;
use crate::engine::Stop;
use crate::http::Client;

/// A clean-up that may have to wait.
#[derive(Clone)]
pub(super) struct CleanUp {
    notices: Notices,
    stop: Stop,
    /// When the wait for a rate limit ends.
    until: Arc<Mutex<Option<Instant>>>,
}

impl CleanUp {
    pub(super) fn new(notices: &Notices, stop: &Stop) -> Self {
        Self { notices: notices.clone(), stop: stop.clone(), until: Arc::default() }
    }

    /// The client that it sends with.
    pub(super) fn client(&self, client: &Client) -> Client {
        let waits = self.clone();
        client.for_clean_up(&self.stop.hurry, move |wait| waits.begin(wait))
    }

    /// Says what a clean-up that was waiting at an interruption waits for, for as long as it is
    /// polled.
    pub(super) async fn heed(&self) -> Infallible {
        self.stop.soon.cancelled().await;
        let until = *self.until.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(until) = until.filter(|until| *until > Instant::now()) {
            self.tell(until - Instant::now());
        }
        std::future::pending().await
    }

    /// Notes a wait, and says so after an interruption.
    fn begin(&self, wait: Duration) -> bool {
        *self.until.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now() + wait);
        let interrupted = self.stop.soon.is_cancelled();
        if interrupted {
            self.tell(wait);
        }
        interrupted
    }

    fn tell(&self, wait: Duration) {
        let seconds = wait.as_secs_f64().ceil();
        self.notices.tell(format!(
            "cleaning up, waiting {seconds} s for the rate limit; Ctrl-C again ends at once"
        ));
    }
}
