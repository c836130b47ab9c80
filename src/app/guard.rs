//! What ends a process group when this process was killed and cannot.
//!
//! A shell waits at the end of a pipe whose other end this process alone holds. The system closes
//! it however this process ends, and the shell does what is left to do.

use std::path::Path;

#[cfg(unix)]
pub(super) use unix::Guard;

#[cfg(not(unix))]
pub(super) use elsewhere::Guard;

#[cfg(unix)]
mod unix {
    use std::io::Write as _;
    use std::os::unix::process::CommandExt as _;
    use std::process::{Child, Command, Stdio};

    use super::Path;

    /// Deaf to what a terminal sends, it reads which group it is, and then until the pipe is
    /// closed.
    const SCRIPT: &str = r#"
        trap '' HUP INT TERM QUIT
        read -r group
        read -r _
        test -z "$group" || kill -KILL "-$group"
        test -z "$1" || rm -rf -- "$1"
    "#;

    /// Watches over a process group. Dropping it ends the watch and touches nothing.
    #[derive(Debug)]
    pub(in crate::app) struct Guard(Child);

    impl Guard {
        /// Begins to watch over a folder with files of this run, before there is a group. `None`
        /// where there is no shell.
        pub(in crate::app) fn new(folder: Option<&Path>) -> Option<Self> {
            let mut shell = Command::new("/bin/sh");
            shell.args(["-c", SCRIPT, "sh"]).arg(folder.unwrap_or(Path::new(""))).process_group(0);
            shell.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
            shell.spawn().ok().map(Self)
        }

        /// Watches over a process group as well.
        pub(in crate::app) fn watch(&self, group: u32) {
            // It is gone only where it was killed itself.
            let _ = self.0.stdin.as_ref().map(|mut pipe| writeln!(pipe, "{group}"));
        }
    }

    impl Drop for Guard {
        fn drop(&mut self) {
            // Before its pipe closes.
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
    }
}

#[cfg(not(unix))]
mod elsewhere {
    use super::Path;

    /// Job objects end with the process that made them, so there is nothing to watch.
    #[derive(Debug)]
    pub(in crate::app) struct Guard;

    impl Guard {
        /// None is needed.
        pub(in crate::app) fn new(_: Option<&Path>) -> Option<Self> {
            None
        }

        /// Never called.
        #[allow(clippy::unused_self)] // as on systems where there is something to watch
        pub(in crate::app) fn watch(&self, _: u32) {}
    }
}
