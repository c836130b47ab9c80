//! Ctrl-C and SIGTERM: the first one ends a command in good order, a second one hurries.

use std::cell::Cell;
use std::convert::Infallible;
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::engine::Stop;
use crate::exit;

/// How long that may still take after a second signal.
const HURRY: Duration = Duration::from_secs(5);

/// What the user or the system asked for while a command went on.
#[derive(Debug, Default)]
pub(super) struct Signals {
    /// What the command heeds.
    pub(super) stop: Stop,
    code: Cell<Option<u8>>,
}

impl Signals {
    /// The exit code that the first signal owes, if there was one.
    pub(super) fn code(&self) -> Option<u8> {
        self.code.get()
    }

    /// Turns signals into a stop, for as long as it is polled.
    pub(super) async fn heed(&self) -> Infallible {
        let (Ok(interrupt), Ok(terminate)) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate())) else {
            // Without a handler the system ends the program by itself.
            return std::future::pending().await;
        };
        // Heard from the start to the end, so that no second signal falls between.
        let mut signals = (interrupt, terminate);
        self.code.set(Some(next(&mut signals).await));
        self.stop.soon.cancel();
        next(&mut signals).await;
        tokio::time::sleep(HURRY).await;
        self.stop.now.cancel();
        std::future::pending().await
    }
}

/// Waits for the next signal and returns its exit code.
async fn next((interrupt, terminate): &mut (Signal, Signal)) -> u8 {
    tokio::select! {
        _ = interrupt.recv() => exit::INTERRUPTED,
        _ = terminate.recv() => exit::TERMINATED,
    }
}
