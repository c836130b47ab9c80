//! Ctrl-C, SIGTERM and a closed terminal: the first one ends a command in good order, a second one
//! hurries.

mod system;

use std::cell::Cell;
use std::convert::Infallible;
use std::time::Duration;

pub(super) use system::StopSignals;

use crate::engine::Stop;

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
        // Heard from the start to the end, so that no second signal falls between.
        let Ok(mut signals) = StopSignals::listen() else {
            // Without a handler the system ends the program by itself.
            return std::future::pending().await;
        };
        self.code.set(Some(signals.next().await));
        self.stop.soon.cancel();
        signals.impatience().await;
        self.stop.hurry.cancel();
        tokio::time::sleep(HURRY).await;
        self.stop.now.cancel();
        std::future::pending().await
    }

    /// Waits for one more signal, once the command is done, and a little longer: what is still to
    /// be printed may have to wait for no reader. Returns its exit code, or that of the first
    /// signal.
    pub(super) async fn another(&self) -> u8 {
        let Ok(mut signals) = StopSignals::listen() else {
            return std::future::pending().await;
        };
        let code = signals.next().await;
        tokio::time::sleep(HURRY).await;
        self.code.get().unwrap_or(code)
    }
}
