//! What the sandbox does, a line on stderr for each thing: for people, or as JSON for programs.

use std::io::{self, Write as _};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use clap::ValueEnum;
use jiff::Timestamp;
use serde_json::{Value as Json, json};
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

use crate::printable::printable;
use crate::sandbox::{Activity, Handle};

/// How long the last lines may take when the sandbox has stopped.
pub(super) const LAST: Duration = Duration::from_secs(1);
/// From here on a webhook's answer is slow: the API gives up after ten seconds.
const SLOW: Duration = Duration::from_secs(2);

/// What a line looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people
    Human,
    /// An object a line: at, kind (request, delivery, warning) and what belongs to it
    Json,
}

/// Lines that are being written.
pub(super) struct Log {
    written: Receiver<()>,
}

impl Log {
    /// Writes what the sandbox does from now on, on a thread of its own: the sandbox never waits
    /// for the reader of the lines. Lines `beside` a program's own say whose they are.
    pub(super) fn start(sandbox: &Handle, format: Format, beside: bool) -> Self {
        let activities = sandbox.watch();
        let (done, written) = channel();
        std::thread::spawn(move || {
            let _ = match format {
                Format::Human => human(activities, if beside { "tieback: " } else { "" }),
                Format::Json => objects(activities),
            };
            drop(done);
        });
        Self { written }
    }

    /// To be called when the sandbox has stopped: lets the last lines be written.
    pub(super) fn finish(self) {
        let _ = self.written.recv_timeout(LAST);
    }
}

fn human(mut activities: broadcast::Receiver<Activity>, prefix: &str) -> io::Result<()> {
    loop {
        let lines = match activities.blocking_recv() {
            Ok(activity) => lines(&activity),
            Err(RecvError::Lagged(1)) => {
                vec!["(1 line is left out: it could not be written in time)".to_owned()]
            }
            Err(RecvError::Lagged(count)) => {
                vec![format!("({count} lines are left out: they could not be written in time)")]
            }
            Err(RecvError::Closed) => return Ok(()),
        };
        for line in lines {
            writeln!(io::stderr(), "{prefix}{}", printable(&line))?;
        }
    }
}

fn objects(mut activities: broadcast::Receiver<Activity>) -> io::Result<()> {
    loop {
        let object = match activities.blocking_recv() {
            Ok(activity) => object(&activity),
            Err(RecvError::Lagged(count)) => json!({ "kind": "lost", "count": count }),
            Err(RecvError::Closed) => return Ok(()),
        };
        let mut line = json!({ "at": Timestamp::now().to_string() });
        if let (Some(line), Json::Object(fields)) = (line.as_object_mut(), object) {
            line.extend(fields);
        }
        writeln!(io::stderr(), "{line}")?;
    }
}

/// What happened, and what would be wrong about it in production.
fn lines(activity: &Activity) -> Vec<String> {
    match activity {
        Activity::Request { method, target, status, took } => {
            vec![format!("{method} {target}: {} in {} ms", status.as_u16(), took.as_millis())]
        }
        Activity::Delivery { kind, to, attempt, outcome, took } => {
            let answer = match outcome {
                Ok(status) => status.to_string(),
                Err(reason) if reason.is_empty() => "no answer in time".to_owned(),
                Err(reason) => format!("no answer ({})", reason.trim_end_matches('.')),
            };
            let attempt = if *attempt > 1 { format!(", attempt {attempt}") } else { String::new() };
            let line =
                format!("webhook {kind} to {to}: {answer} in {} ms{attempt}", took.as_millis());
            let warning = delivery_warning(outcome, *took);
            [line]
                .into_iter()
                .chain(warning.map(|(_, words)| format!("warning: {words}")))
                .collect()
        }
        Activity::Advice(advice) => vec![format!("warning: {advice}")],
    }
}

fn object(activity: &Activity) -> Json {
    let milliseconds = |took: &Duration| took.as_secs_f64() * 1000.0;
    match activity {
        Activity::Request { method, target, status, took } => json!({
            "kind": "request",
            "method": method.as_str(),
            "target": target,
            "status": status.as_u16(),
            "duration_ms": milliseconds(took),
        }),
        Activity::Delivery { kind, to, attempt, outcome, took } => {
            let warning = delivery_warning(outcome, *took);
            json!({
                "kind": "delivery",
                "type": kind,
                "url": to,
                "attempt": attempt,
                "status": outcome.as_ref().ok(),
                "error": outcome.as_ref().err(),
                "duration_ms": milliseconds(took),
                "warning": warning.map(|(code, _)| code),
            })
        }
        Activity::Advice(advice) => {
            json!({ "kind": "warning", "code": advice.code(), "message": advice.to_string() })
        }
    }
}

/// What an answer to a webhook means in production, by its name for programs and in words.
fn delivery_warning(
    outcome: &Result<u16, String>,
    took: Duration,
) -> Option<(&'static str, &'static str)> {
    match outcome {
        Ok(400..=499) => Some((
            "webhook_refused",
            "your handler refused it; it is sent ten times in all, then this event is lost",
        )),
        Ok(300..=399) => Some((
            "webhook_redirected",
            "redirects are not followed: name the address that answers, the slash at its end too",
        )),
        _ if took >= SLOW => Some((
            "webhook_slow",
            "your handler took more than 2 s; after 10 s it counts as failed: answer first, work \
             later",
        )),
        _ => None,
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
            let took = Duration::from_millis(12);
            lines(&Activity::Delivery { kind, to, attempt, outcome, took }).join("\n")
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
