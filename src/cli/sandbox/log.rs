//! `tieback sandbox -v`: a line on stderr for every request and every delivery.

use std::io::{self, Write as _};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

use crate::printable::printable;
use crate::sandbox::{Activity, Handle};

/// How long the last lines may take when the sandbox has stopped.
const LAST: Duration = Duration::from_secs(1);

/// Lines that are being written.
pub(super) struct Log {
    written: Receiver<()>,
}

impl Log {
    /// Writes what the sandbox does from now on, on a thread of its own: the sandbox never waits
    /// for the reader of the lines.
    pub(super) fn start(sandbox: &Handle) -> Self {
        let activities = sandbox.watch();
        let (done, written) = channel();
        std::thread::spawn(move || {
            let _ = write(activities);
            drop(done);
        });
        Self { written }
    }

    /// To be called when the sandbox has stopped: lets the last lines be written.
    pub(super) fn finish(self) {
        let _ = self.written.recv_timeout(LAST);
    }
}

fn write(mut activities: broadcast::Receiver<Activity>) -> io::Result<()> {
    loop {
        let line = match activities.blocking_recv() {
            Ok(activity) => line(&activity),
            Err(RecvError::Lagged(1)) => {
                "(1 line is left out: it could not be written in time)".to_owned()
            }
            Err(RecvError::Lagged(count)) => {
                format!("({count} lines are left out: they could not be written in time)")
            }
            Err(RecvError::Closed) => return Ok(()),
        };
        writeln!(io::stderr(), "{}", printable(&line))?;
    }
}

fn line(activity: &Activity) -> String {
    match activity {
        Activity::Request { method, target, status, took } => {
            format!("{method} {target}: {} in {} ms", status.as_u16(), took.as_millis())
        }
        Activity::Delivery { kind, to, attempt, outcome, took } => {
            let outcome = match outcome {
                Ok(status) => status.to_string(),
                Err(reason) if reason.is_empty() => "no answer in time".to_owned(),
                Err(reason) => format!("no answer ({})", reason.trim_end_matches('.')),
            };
            let attempt = if *attempt > 1 { format!(", attempt {attempt}") } else { String::new() };
            format!("webhook {kind} to {to}: {outcome} in {} ms{attempt}", took.as_millis())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delivery_says_what_came_of_it() {
        let said = |outcome, attempt| {
            let (kind, to) =
                ("customer.created".to_owned(), "http://localhost:3000/hook".to_owned());
            line(&Activity::Delivery {
                kind,
                to,
                attempt,
                outcome,
                took: Duration::from_millis(12),
            })
        };
        let start = "webhook customer.created to http://localhost:3000/hook";
        assert_eq!(said(Ok(204), 1), format!("{start}: 204 in 12 ms"));
        assert_eq!(
            said(Err(String::new()), 2),
            format!("{start}: no answer in time in 12 ms, attempt 2")
        );
        let refused = said(Err("All connection attempts failed".to_owned()), 3);
        assert_eq!(
            refused,
            format!("{start}: no answer (All connection attempts failed) in 12 ms, attempt 3")
        );
    }
}
