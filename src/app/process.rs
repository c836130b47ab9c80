//! The app as a process of this run, with everything that it starts itself.

use std::ffi::OsString;
use std::fmt;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::io::AsyncRead;
use tokio::process::Command;
use tokio::time::{Instant, sleep, timeout};

use super::group::Group;
use super::output::Output;
use crate::http::{Client, Request};

/// The pause between two looks whether the app is ready.
const PAUSE: Duration = Duration::from_millis(50);
/// How many of its last lines are shown.
const SHOWN: usize = 15;

/// An app that was started, and its whole process group. Dropping it kills all of it.
#[derive(Debug)]
pub struct Process {
    group: Group,
    output: Output,
}

/// Why an app is not ready.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotReady {
    /// It could not be started.
    NotStarted(String),
    /// It ended.
    Ended(String),
    /// It gave no answer below 500 in time; says what it gave last.
    TooLate(Duration, String),
    /// The run was told to end.
    Stopped,
}

impl fmt::Display for NotReady {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotStarted(why) => write!(formatter, "it could not be started: {why}"),
            Self::Ended(status) => write!(formatter, "it ended before it was ready ({status})"),
            Self::TooLate(limit, last) => {
                write!(formatter, "it was not ready within {limit:?}: {last}")
            }
            Self::Stopped => formatter.write_str("the run was interrupted"),
        }
    }
}

impl Process {
    /// Starts `command` by the shell in `folder`, with `env` added to the environment. `temporary`
    /// is removed with it, should this process be killed.
    pub fn start(
        command: &str,
        folder: &Path,
        env: impl IntoIterator<Item = (OsString, OsString)>,
        temporary: Option<&Path>,
    ) -> Result<Self, NotReady> {
        let mut command = shell(command);
        // Its output stands in reports, where colours are noise; its own file may say otherwise.
        command.current_dir(folder).env("NO_COLOR", "1").envs(env);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut group = Group::guarded(command, temporary)
            .map_err(|error| NotReady::NotStarted(error.to_string()))?;
        let output = Output::default();
        let (stdout, stderr) = group.streams();
        if let Some(stdout) = stdout {
            follow(&output, stdout);
        }
        if let Some(stderr) = stderr {
            follow(&output, stderr);
        }
        Ok(Self { group, output })
    }

    /// Waits until a request is answered below 500, at most for `limit`.
    pub async fn ready(
        &mut self,
        client: &Client,
        request: &Request,
        limit: Duration,
    ) -> Result<(), NotReady> {
        let deadline = Instant::now() + limit;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let last = match timeout(left, client.send(request)).await {
                Ok(Ok(answer)) if answer.status < 500 => return Ok(()),
                Ok(Ok(answer)) => format!("{} is answered {}", request.path, answer.status),
                Ok(Err(failure)) => failure.detail,
                Err(_) => "it gave no answer".to_owned(),
            };
            if let Some(status) = self.ended() {
                return Err(NotReady::Ended(status.to_string()));
            }
            if Instant::now() + PAUSE >= deadline {
                return Err(NotReady::TooLate(limit, last));
            }
            sleep(PAUSE).await;
        }
    }

    /// How it ended, if it has.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.group.ended()
    }

    /// What it printed last, the oldest line first.
    #[must_use]
    pub fn last_lines(&self) -> Vec<String> {
        self.output.last(SHOWN)
    }

    /// Ends it and everything that it started: first it is asked to, then it is killed.
    pub async fn stop(self) {
        self.group.stop().await;
    }
}

fn follow(output: &Output, stream: impl AsyncRead + Send + 'static) {
    // It ends with the stream, when the last process that holds it does.
    drop(tokio::spawn(output.clone().read(stream)));
}

/// `command` as the shell of this system runs it.
fn shell(command: &str) -> Command {
    let (shell, flag) = if cfg!(windows) { ("cmd", "/C") } else { ("sh", "-c") };
    let mut shell = Command::new(shell);
    shell.arg(flag).arg(command);
    shell
}
