//! How the system asks the program to end, on each kind of system.

#[cfg(unix)]
pub(in crate::cli) use unix::StopSignals;

#[cfg(not(unix))]
pub(in crate::cli) use elsewhere::StopSignals;

#[cfg(unix)]
mod unix {
    use std::io;

    use futures_util::future::OptionFuture;
    use tokio::signal::unix::{Signal, SignalKind, signal};

    use crate::exit;

    /// Ctrl-C, SIGTERM and a closed terminal, heard from the moment this is made, so that none
    /// falls between two waits.
    #[derive(Debug)]
    pub(in crate::cli) struct StopSignals {
        interrupt: Signal,
        terminate: Signal,
        hangup: Option<Signal>,
    }

    impl StopSignals {
        /// Begins to listen. From then on the system does not end the program by itself.
        pub(in crate::cli) fn listen() -> io::Result<Self> {
            Ok(Self {
                interrupt: signal(SignalKind::interrupt())?,
                terminate: signal(SignalKind::terminate())?,
                hangup: if ignores_hangups() { None } else { Some(signal(SignalKind::hangup())?) },
            })
        }

        /// Waits for the next one and returns its exit code. A closed terminal counts as SIGTERM.
        pub(in crate::cli) async fn next(&mut self) -> u8 {
            let hangup = OptionFuture::from(self.hangup.as_mut().map(Signal::recv));
            tokio::select! {
                _ = self.interrupt.recv() => exit::INTERRUPTED,
                _ = self.terminate.recv() => exit::TERMINATED,
                Some(_) = hangup => exit::TERMINATED,
            }
        }

        /// Waits for one that shows impatience. A terminal that closes may hang up twice, once for
        /// the system and once for the shell: that is one signal, not two.
        pub(in crate::cli) async fn impatience(&mut self) {
            tokio::select! {
                _ = self.interrupt.recv() => {}
                _ = self.terminate.recv() => {}
            }
        }
    }

    /// Whether the program was started to outlive its terminal (`nohup`). Linux says so here;
    /// elsewhere a closed terminal ends it.
    fn ignores_hangups() -> bool {
        let ignored = |status: String| {
            let mask =
                status.lines().find_map(|line| line.strip_prefix("SigIgn:"))?.trim().to_owned();
            Some(u64::from_str_radix(&mask, 16).ok()? & 1 != 0)
        };
        std::fs::read_to_string("/proc/self/status").ok().and_then(ignored).unwrap_or(false)
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

        /// Waits for one that shows impatience: each does.
        pub(in crate::cli) async fn impatience(&mut self) {
            self.next().await;
        }
    }
}
