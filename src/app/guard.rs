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
    use std::process::Stdio;

    use process_wrap::tokio::{ChildWrapper, CommandWrap, ProcessGroup};
    use tokio::process::Command;

    use super::Path;

    /// Deaf to what a terminal sends, it reads until the pipe is closed.
    const SCRIPT: &str = r#"
        trap '' HUP INT TERM QUIT
        read -r _
        kill -KILL "-$1"
        test -z "$2" || rm -rf -- "$2"
    "#;

    /// Watches over a process group. Dropping it ends the watch and touches nothing.
    #[derive(Debug)]
    pub(in crate::app) struct Guard(Box<dyn ChildWrapper>);

    impl Guard {
        /// Begins to watch over a group, and over a folder with files of this run. `None` where
        /// there is no shell.
        pub(in crate::app) fn over(group: u32, folder: Option<&Path>) -> Option<Self> {
            let mut shell = Command::new("/bin/sh");
            shell.args(["-c", SCRIPT, "sh", &group.to_string()]);
            shell.arg(folder.unwrap_or(Path::new("")));
            shell.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
            let mut shell = CommandWrap::from(shell);
            shell.wrap(ProcessGroup::leader());
            shell.spawn().ok().map(Self)
        }
    }

    impl Drop for Guard {
        fn drop(&mut self) {
            // Before its pipe closes.
            let _ = self.0.start_kill();
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
        pub(in crate::app) fn over(_: u32, _: Option<&Path>) -> Option<Self> {
            None
        }
    }
}
