//! A program with everything that it starts itself, as a group that ends together.

use std::io;
use std::path::Path;
use std::process::ExitStatus;
use std::time::Duration;

use tokio::process::{ChildStderr, ChildStdout, Command};
use tokio::time::timeout;

#[cfg(unix)]
use super::guard::Guard;
#[cfg(unix)]
pub(super) use unix::Group;
#[cfg(not(unix))]
pub(super) use windows::Group;

/// How long a program may take to end by itself before it is killed.
const GRACE: Duration = Duration::from_secs(3);

impl Group {
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

    /// A program that runs, and the group that it is in. Dropping it kills the whole group.
    #[derive(Debug)]
    pub(in crate::app) struct Group {
        child: Child,
        leader: Option<Pid>,
        /// Ends the group where this process cannot any more.
        _guard: Option<Guard>,
    }

    impl Group {
        /// Starts a program that ends when this is dropped, by however this process ends. `folder`
        /// is removed with it, should this process be killed.
        pub(in crate::app) fn guarded(command: Command, folder: Option<&Path>) -> io::Result<Self> {
            let guard = Guard::new(folder)?;
            let group = i32::try_from(guard.group()).unwrap_or(0);
            Self::spawn(command, group, Some(guard))
        }

        /// Starts a program that is over soon.
        pub(in crate::app) fn brief(command: Command) -> io::Result<Self> {
            Self::spawn(command, 0, None)
        }

        /// Starts the program in a group; 0 is one of its own.
        fn spawn(mut command: Command, group: i32, guard: Option<Guard>) -> io::Result<Self> {
            let child = command.process_group(group).spawn()?;
            let own = child.id().and_then(|id| i32::try_from(id).ok());
            let leader = Pid::from_raw(if group == 0 { own.unwrap_or(0) } else { group });
            Ok(Self { child, leader, _guard: guard })
        }

        /// The number of the group, and that of the program in it.
        pub(in crate::app) fn ids(&self) -> Option<(u32, u32)> {
            let group = u32::try_from(self.leader?.as_raw_nonzero().get()).ok()?;
            Some((group, self.child.id()?))
        }

        /// What the program prints, once.
        pub(in crate::app) fn streams(&mut self) -> (Option<ChildStdout>, Option<ChildStderr>) {
            (self.child.stdout.take(), self.child.stderr.take())
        }

        /// How it ended, if it has.
        pub(in crate::app) fn ended(&mut self) -> Option<ExitStatus> {
            self.child.try_wait().ok().flatten()
        }

        /// Waits until it has ended.
        pub(in crate::app) async fn wait(&mut self) -> io::Result<ExitStatus> {
            self.child.wait().await
        }

        /// Sends a signal to all of the group.
        pub(in crate::app) fn signal(&self, signal: Signal) {
            let _ = self.leader.map(|leader| kill_process_group(leader, signal));
        }

        /// Kills all of it.
        pub(in crate::app) fn kill(&mut self) {
            self.signal(Signal::KILL);
        }
    }
}

/// What other systems have. Nothing in here is tested: see the README.
#[cfg(not(unix))]
mod windows {
    use process_wrap::tokio::{ChildWrapper, CommandWrap, JobObject};

    use super::{ChildStderr, ChildStdout, Command, ExitStatus, Path, io};

    /// A program that runs in a job, which the system ends with the process that made it.
    #[derive(Debug)]
    pub(in crate::app) struct Group(Box<dyn ChildWrapper>);

    impl Group {
        /// Starts a program that ends when this is dropped, by however this process ends. `folder`
        /// is removed with it, should this process be killed.
        pub(in crate::app) fn guarded(command: Command, _: Option<&Path>) -> io::Result<Self> {
            Self::brief(command)
        }

        /// Starts a program that is over soon.
        pub(in crate::app) fn brief(command: Command) -> io::Result<Self> {
            let mut command = CommandWrap::from(command);
            command.wrap(JobObject);
            command.spawn().map(Self)
        }

        /// What the program prints, once.
        pub(in crate::app) fn streams(&mut self) -> (Option<ChildStdout>, Option<ChildStderr>) {
            (self.0.stdout().take(), self.0.stderr().take())
        }

        /// How it ended, if it has.
        pub(in crate::app) fn ended(&mut self) -> Option<ExitStatus> {
            self.0.try_wait().ok().flatten()
        }

        /// Waits until it has ended.
        pub(in crate::app) async fn wait(&mut self) -> io::Result<ExitStatus> {
            self.0.wait().await
        }

        /// Kills all of it.
        pub(in crate::app) fn kill(&mut self) {
            let _ = self.0.start_kill();
        }
    }
}
