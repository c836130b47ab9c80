//! What ends a process group when this process was killed and cannot.
//!
//! A shell waits at the end of a pipe whose other end this process alone holds. The system closes
//! it however this process ends, and the shell does what is left to do. It leads the group, so that
//! a program belongs to it from its first moment.

use std::io;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// Deaf to what a terminal sends, it reads until the pipe is closed, and ends its own group then.
const SCRIPT: &str = r#"
    trap '' HUP INT QUIT TERM TSTP TTIN TTOU
    read -r _
    test -z "$1" || rm -rf -- "$1"
    kill -KILL 0
"#;

/// Watches over a process group that it leads. Dropping it ends the watch.
#[derive(Debug)]
pub(super) struct Guard(Child);

impl Guard {
    /// Begins to watch over a group without anyone else in it, and over a folder with files of this
    /// run.
    pub(super) fn new(folder: Option<&Path>) -> io::Result<Self> {
        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", SCRIPT, "sh"]).arg(folder.unwrap_or(Path::new(""))).process_group(0);
        shell.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        shell.spawn().map(Self)
    }

    /// The number of the group.
    pub(super) fn group(&self) -> u32 {
        self.0.id()
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        // Before its pipe closes.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
