//! A program that takes this one's place at the terminal: its streams are this process's.

use std::ffi::OsString;
use std::io;
use std::path::Path;
use std::process::ExitStatus;

use tokio::process::Command;

use super::group::Group;
#[cfg(unix)]
use super::terminal::Terminal;

/// A program in the foreground, with everything that it starts. Dropping it kills all of it.
#[derive(Debug)]
pub struct Foreground {
    group: Group,
    #[cfg(unix)]
    terminal: Option<Terminal>,
}

impl Foreground {
    /// Starts `program`, with `variables` added to the environment. `folder` is removed with it,
    /// should this process be killed.
    pub fn start<'a>(
        program: &OsString,
        arguments: &[OsString],
        variables: impl IntoIterator<Item = (&'a str, OsString)>,
        folder: &Path,
    ) -> io::Result<Self> {
        let mut command = Command::new(program);
        command.args(arguments).envs(variables);
        let group = Group::guarded(command, Some(folder))?;
        Ok(Self {
            #[cfg(unix)]
            terminal: group.ids().and_then(|(group, program)| Terminal::lend(group, program)),
            group,
        })
    }

    /// Waits until it has ended. What it started may go on.
    pub async fn wait(&mut self) -> io::Result<ExitStatus> {
        #[cfg(unix)]
        if let Some(terminal) = &self.terminal {
            return tokio::select! {
                ended = self.group.wait() => ended,
                never = terminal.follow() => match never {},
            };
        }
        self.group.wait().await
    }

    /// Tells it that it is to end, as this process was told: by Ctrl-C, or by SIGTERM.
    pub fn pass_on(&mut self, interrupted: bool) {
        #[cfg(unix)]
        {
            use rustix::process::Signal;
            self.group.signal(if interrupted { Signal::INT } else { Signal::TERM });
        }
        #[cfg(not(unix))]
        let _ = interrupted; // it heard Ctrl-C itself
    }

    /// Kills it.
    pub fn kill(&mut self) {
        self.group.kill();
    }

    /// Ends what is left of it.
    pub async fn stop(self) {
        self.group.stop().await;
    }
}

/// What a program's end is to a shell: its own code, or 128 and the number of the signal that
/// ended it.
#[must_use]
pub fn exit_code(status: ExitStatus) -> u8 {
    #[cfg(unix)]
    let signal = std::os::unix::process::ExitStatusExt::signal(&status);
    #[cfg(not(unix))]
    let signal = None;
    let code = status.code().or(signal.map(|signal: i32| 128 + signal));
    code.and_then(|code| u8::try_from(code & 0xff).ok()).unwrap_or(1)
}
