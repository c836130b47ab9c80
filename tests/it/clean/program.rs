//! Running the built program.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use crate::clean::server::Api;

pub const TOKEN: &str = "polar_oat_to_clean_with";

/// A command line in the making.
pub struct Program(Command);

/// What the program printed.
pub struct Ran {
    pub stdout: String,
    pub stderr: String,
}

/// A program that was started.
pub struct Running {
    child: Child,
    /// What of stderr was read already.
    read: String,
}

impl Program {
    /// `tieback clean` with the usual token.
    pub fn clean(api: &Api) -> Self {
        Self::new("clean").args(&["--base-url", &api.base])
    }

    /// `tieback clean --yes`.
    pub fn clean_all(api: &Api) -> Self {
        Self::clean(api).args(&["--yes"])
    }

    pub fn new(name: &str) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tieback"));
        command.env_clear().env("POLAR_ACCESS_TOKEN", TOKEN).arg(name);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        Self(command)
    }

    pub fn args(mut self, arguments: &[&str]) -> Self {
        self.0.args(arguments);
        self
    }

    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.0.env(name, value);
        self
    }

    pub fn folder(mut self, folder: &Path) -> Self {
        self.0.current_dir(folder);
        self
    }

    /// With this on stdin, which is no terminal.
    pub fn stdin(mut self, stdin: File) -> Self {
        self.0.stdin(stdin);
        self
    }

    pub fn start(mut self) -> Running {
        Running { child: self.0.spawn().unwrap(), read: String::new() }
    }

    /// Starts on a terminal; returns its other end as well, where somebody types.
    pub fn start_on_a_terminal(mut self) -> (Running, File) {
        let keyboard = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&keyboard).unwrap();
        unlockpt(&keyboard).unwrap();
        let name = ptsname(&keyboard, Vec::new()).unwrap();
        let terminal = File::options().read(true).write(true).open(name.to_str().unwrap()).unwrap();
        self.0.stdin(terminal);
        (self.start(), File::from(keyboard))
    }

    /// Runs to the end, which has to come with this exit code.
    pub fn ends(self, code: i32) -> Ran {
        self.start().ends(code)
    }
}

impl Running {
    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Reads stderr until it ends like this.
    pub fn reads(&mut self, ending: &str) {
        let stderr = self.child.stderr.as_mut().unwrap();
        while !self.read.ends_with(ending) {
            let mut byte = [0];
            assert_eq!(stderr.read(&mut byte).unwrap(), 1, "`{ending}` never came: {}", self.read);
            self.read.push(char::from(byte[0]));
        }
    }

    /// Waits for the end, which has to come with this exit code.
    pub fn ends(self, code: i32) -> Ran {
        let output = self.child.wait_with_output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        let ran = Ran { stdout: text(output.stdout), stderr: self.read + &text(output.stderr) };
        assert_eq!(output.status.code(), Some(code), "{ran}");
        assert!(!ran.stdout.contains(TOKEN) && !ran.stderr.contains(TOKEN), "{ran}");
        assert!(ran.stderr.starts_with("target: ") || code == 2, "{ran}");
        ran
    }

    /// Kills it as nothing can be caught.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Ran {
    pub fn says(&self, said: &str) -> &Self {
        assert!(self.stderr.contains(said), "`{said}` is not on stderr{self}");
        self
    }

    pub fn prints(&self, said: &str) -> &Self {
        assert!(self.stdout.contains(said), "`{said}` is not on stdout{self}");
        self
    }
}

impl std::fmt::Display for Ran {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "\n--- stdout\n{}\n--- stderr\n{}", self.stdout, self.stderr)
    }
}

/// Types a line.
pub fn types(keyboard: &mut File, text: &str) {
    keyboard.write_all(text.as_bytes()).unwrap();
}
