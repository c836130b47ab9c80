//! A program with everything that it starts itself, as a group that ends together.

use std::io;
use std::path::Path;
use std::process::ExitStatus;
use std::time::Duration;

use tokio::process::{ChildStderr, ChildStdout, Command};
use tokio::time::timeout;

/// How long a program may take to end by itself before it is killed.
const GRACE: Duration = Duration::from_secs(3);

#[cfg(unix)]
use super::guard::Guard;
#[cfg(unix)]
use unix::Members;
#[cfg(not(unix))]
use windows::Members;

/// A program that runs. Dropping it kills its whole group.
#[derive(Debug)]
pub(super) struct Group(Members);

impl Group {
    /// Starts a program that ends when this is dropped, by however this process ends. `folder` is
    /// removed with it, should this process be killed.
    pub(super) fn guarded(command: Command, folder: Option<&Path>) -> io::Result<Self> {
        Members::guarded(command, folder).map(Self)
    }

    /// Starts a program that is over soon.
    pub(super) fn brief(command: Command) -> io::Result<Self> {
        Members::brief(command).map(Self)
    }

    /// The number of the group, and that of the program in it.
    #[cfg(unix)]
    pub(super) fn ids(&self) -> Option<(u32, u32)> {
        self.0.ids()
    }

    /// What the program prints, once.
    pub(super) fn streams(&mut self) -> (Option<ChildStdout>, Option<ChildStderr>) {
        self.0.streams()
    }

    /// How it ended, if it has.
    pub(super) fn ended(&mut self) -> Option<ExitStatus> {
        self.0.ended()
    }

    /// Waits until it has ended.
    pub(super) async fn wait(&mut self) -> io::Result<ExitStatus> {
        self.0.wait().await
    }

    /// Sends a signal to all of the group.
    #[cfg(unix)]
    pub(super) fn signal(&self, signal: rustix::process::Signal) {
        self.0.signal(signal);
    }

    /// Kills all of it.
    pub(super) fn kill(&mut self) {
        self.0.kill();
    }

    /// Ends all of it: first it is asked to, then it is killed.
    pub(super) async fn stop(mut self) {
        #[cfg(unix)]
        {
            self.signal(rustix::process::Signal::TERM);
            let _ = timeout(GRACE, self.wait()).await;
        }
        // What is left of its group goes as well.
        self.kill();
        let _ = timeout(GRACE, self.wait()).await;
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.kill();
    }
}

#[cfg(unix)]
mod unix {
    use rustix::process::{Pid, Signal, kill_process_group};
    use tokio::process::Child;

    use super::{ChildStderr, ChildStdout, Command, ExitStatus, Guard, Path, io};

    /// The program, and the group that it is in.
    #[derive(Debug)]
    pub(super) struct Members {
        child: Child,
        group: Option<Pid>,
        /// Ends the group where this process cannot any more.
        _guard: Option<Guard>,
    }

    impl Members {
        pub(super) fn guarded(command: Command, folder: Option<&Path>) -> io::Result<Self> {
            let guard = Guard::new(folder)?;
            let group = i32::try_from(guard.group()).unwrap_or(0);
            Self::spawn(command, group, Some(guard))
        }

        pub(super) fn brief(command: Command) -> io::Result<Self> {
            Self::spawn(command, 0, None)
        }

        /// Starts the program in a group; 0 is one of its own.
        fn spawn(mut command: Command, group: i32, guard: Option<Guard>) -> io::Result<Self> {
            let child = command.process_group(group).spawn()?;
            let own = child.id().and_then(|id| i32::try_from(id).ok());
            let group = Pid::from_raw(if group == 0 { own.unwrap_or(0) } else { group });
            Ok(Self { child, group, _guard: guard })
        }

        pub(super) fn ids(&self) -> Option<(u32, u32)> {
            let group = u32::try_from(self.group?.as_raw_nonzero().get()).ok()?;
            Some((group, self.child.id()?))
        }

        pub(super) fn streams(&mut self) -> (Option<ChildStdout>, Option<ChildStderr>) {
            (self.child.stdout.take(), self.child.stderr.take())
        }

        pub(super) fn ended(&mut self) -> Option<ExitStatus> {
            self.child.try_wait().ok().flatten()
        }

        pub(super) async fn wait(&mut self) -> io::Result<ExitStatus> {
            self.child.wait().await
        }

        pub(super) fn signal(&self, signal: Signal) {
            let _ = self.group.map(|group| kill_process_group(group, signal));
        }

        pub(super) fn kill(&mut self) {
            self.signal(Signal::KILL);
        }
    }
}

/// What other systems have. Nothing in here is tested: see the README.
#[cfg(not(unix))]
mod windows {
    use process_wrap::tokio::{ChildWrapper, CommandWrap, JobObject};

    use super::{ChildStderr, ChildStdout, Command, ExitStatus, Path, io};

    /// A job, which the system ends with the process that made it.
    #[derive(Debug)]
    pub(super) struct Members(Box<dyn ChildWrapper>);

    impl Members {
        pub(super) fn guarded(command: Command, _: Option<&Path>) -> io::Result<Self> {
            Self::brief(command)
        }

        pub(super) fn brief(command: Command) -> io::Result<Self> {
            let mut command = CommandWrap::from(command);
            command.wrap(JobObject);
            command.spawn().map(Self)
        }

        pub(super) fn streams(&mut self) -> (Option<ChildStdout>, Option<ChildStderr>) {
            (self.0.stdout().take(), self.0.stderr().take())
        }

        pub(super) fn ended(&mut self) -> Option<ExitStatus> {
            self.0.try_wait().ok().flatten()
        }

        pub(super) async fn wait(&mut self) -> io::Result<ExitStatus> {
            self.0.wait().await
        }

        pub(super) fn kill(&mut self) {
            let _ = self.0.start_kill();
        }
    }
}
