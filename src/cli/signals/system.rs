//! How the system asks the program to end, on each kind of system.

#[cfg(unix)]
pub(in crate::cli) use unix::StopSignals;

#[cfg(not(unix))]
pub(in crate::cli) use elsewhere::StopSignals;

#[cfg(unix)]
mod unix {
    use std::io;

    use tokio::signal::unix::{Signal, SignalKind, signal};

    use crate::exit;

    /// Ctrl-C and SIGTERM, heard from the moment this is made, so that none falls between two waits.
    #[derive(Debug)]
    pub(in crate::cli) struct StopSignals {
        interrupt: Signal,
        terminate: Signal,
    }

    impl StopSignals {
        /// Begins to listen. From then on the system does not end the program by itself.
        pub(in crate::cli) fn listen() -> io::Result<Self> {
            Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
        }

        /// Waits for the next one and returns its exit code.
        pub(in crate::cli) async fn next(&mut self) -> u8 {
            tokio::select! {
                _ = self.interrupt.recv() => exit::INTERRUPTED,
                _ = self.terminate.recv() => exit::TERMINATED,
            }
        }
    }
}

/// What every system has. Nothing in here is tested: see the README.
#[cfg(not(unix))]
mod elsewhere {
    use std::io;

    use crate::exit;

    /// Ctrl-C.
    #[derive(Debug)]
    pub(in crate::cli) struct StopSignals;

    impl StopSignals {
        /// Nothing has to be prepared.
        #[allow(clippy::unnecessary_wraps)] // as on systems where this can fail
        pub(in crate::cli) fn listen() -> io::Result<Self> {
            Ok(Self)
        }

        /// Waits for the next one and returns its exit code.
        #[allow(clippy::unused_self)] // as on systems where there is something to hold
        pub(in crate::cli) async fn next(&mut self) -> u8 {
            if tokio::signal::ctrl_c().await.is_err() {
                // Without a handler the system ends the program by itself.
                std::future::pending::<()>().await;
            }
            exit::INTERRUPTED
        }
    }
}
