//! A program with everything that it starts itself, as a group that ends together.

use std::io;
use std::path::Path;
use std::process::ExitStatus;
use std::time::Duration;

use process_wrap::tokio::{ChildWrapper, CommandWrap};
use tokio::process::{ChildStderr, ChildStdout, Command};
use tokio::time::timeout;

use super::guard::Guard;

/// How long a program may take to end by itself before it is killed.
const GRACE: Duration = Duration::from_secs(3);

/// A program that runs. Dropping it kills its whole group.
#[derive(Debug)]
pub(super) struct Group {
    child: Box<dyn ChildWrapper>,
    /// Ends the group where this process cannot any more. It is dropped after the group ended.
    _guard: Option<Guard>,
}

impl Group {
    /// Starts a program that ends when this is dropped, by however this process ends. `folder` is
    /// removed with it, should this process be killed.
    pub(super) fn guarded(command: Command, folder: Option<&Path>) -> io::Result<Self> {
        let guard = Guard::new(folder);
        let child = spawn(command)?;
        if let (Some(guard), Some(id)) = (&guard, child.id()) {
            guard.watch(id);
        }
        Ok(Self { child, _guard: guard })
    }

    /// Starts a program that is over soon.
    pub(super) fn brief(command: Command) -> io::Result<Self> {
        Ok(Self { child: spawn(command)?, _guard: None })
    }

    /// The number of the group, which is that of its first process.
    #[cfg(unix)]
    pub(super) fn id(&self) -> Option<u32> {
        self.child.id()
    }

    /// What the program prints, once.
    pub(super) fn streams(&mut self) -> (Option<ChildStdout>, Option<ChildStderr>) {
        (self.child.stdout().take(), self.child.stderr().take())
    }

    /// How it ended, if it has.
    pub(super) fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// Waits until it has ended.
    pub(super) async fn wait(&mut self) -> io::Result<ExitStatus> {
        self.child.wait().await
    }

    /// Sends a signal to all of the group.
    #[cfg(unix)]
    pub(super) fn signal(&self, signal: i32) {
        let _ = self.child.signal(signal);
    }

    /// Kills all of it.
    pub(super) fn kill(&mut self) {
        let _ = self.child.start_kill();
    }

    /// Ends all of it: first it is asked to, then it is killed.
    pub(super) async fn stop(mut self) {
        #[cfg(unix)]
        {
            /// SIGTERM has this number on every Unix.
            const TERMINATE: i32 = 15;
            if self.child.signal(TERMINATE).is_ok() {
                let _ = timeout(GRACE, self.child.wait()).await;
            }
        }
        // What is left of its group goes as well.
        self.kill();
        let _ = timeout(GRACE, self.child.wait()).await;
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.kill();
    }
}

fn spawn(command: Command) -> io::Result<Box<dyn ChildWrapper>> {
    let mut command = CommandWrap::from(command);
    #[cfg(unix)]
    command.wrap(process_wrap::tokio::ProcessGroup::leader());
    #[cfg(windows)]
    command.wrap(process_wrap::tokio::JobObject);
    command.spawn()
}
