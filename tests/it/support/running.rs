//! A program that was started: signals, what it says meanwhile, and its end.

use std::io::Read;
use std::net::SocketAddr;
use std::process::{Child, Command};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use tempfile::TempDir;

use super::program::Finished;

/// A program that runs longer hangs. Far above what a loaded machine needs.
const TIME_LIMIT: Duration = Duration::from_mins(3);

/// A program that was started. It is killed where a test ends before it does.
pub struct Running {
    child: Child,
    line: String,
    /// What must not be printed.
    token: Option<String>,
    status: i32,
    folder: Option<TempDir>,
    /// What of stderr was read already.
    read: String,
}

impl Running {
    pub(super) fn new(
        child: Child,
        line: String,
        token: Option<String>,
        status: i32,
        folder: TempDir,
    ) -> Self {
        Self { child, line, token, status, folder: Some(folder), read: String::new() }
    }

    /// Sends `INT`, `TERM` or `HUP`.
    pub fn signal(&self, name: &str) {
        signal(self.id(), name);
    }

    /// Sends `INT` until the program ends, as a person does who is out of patience. Two of them at
    /// once would count as one.
    pub fn interrupt(mut self) -> Finished {
        while self.child.try_wait().expect("it can be asked").is_none() {
            self.signal("INT");
            thread::sleep(Duration::from_millis(50));
        }
        self.done()
    }

    /// The process, for a server that sends signals at a moment of its own.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().expect("it can be asked").is_none()
    }

    /// Reads on from stderr until what is read ends like this.
    pub fn reads(&mut self, ending: &str) {
        let stderr = self.child.stderr.as_mut().expect("stderr is piped");
        let start = self.read.len();
        while !self.read[start..].ends_with(ending) {
            let mut byte = [0];
            let read = stderr.read(&mut byte).expect("stderr can be read");
            assert_eq!(read, 1, "`{ending}` never came: {}", self.read);
            self.read.push(char::from(byte[0]));
        }
    }

    /// What of stderr was read so far.
    pub fn said(&self) -> &str {
        &self.read
    }

    /// The next line on stderr.
    pub fn line(&mut self) -> String {
        let start = self.read.len();
        self.reads("\n");
        self.read[start..].trim_end().to_owned()
    }

    /// The address that a sandbox names on its first line.
    pub fn address(&mut self) -> SocketAddr {
        let line = self.line();
        let address = line.split("http://").nth(1).and_then(|rest| rest.split(';').next());
        address.and_then(|address| address.parse().ok()).unwrap_or_else(|| panic!("{line}"))
    }

    /// Stops reading, as a pager does that was left.
    pub fn stop_reading(&mut self) {
        drop((self.child.stdout.take(), self.child.stderr.take()));
    }

    /// `kill -9`
    pub fn kill(mut self) {
        self.child.kill().expect("it can be killed");
        self.child.wait().expect("it ends");
    }

    /// Waits for the end and checks the exit code.
    pub fn done(self) -> Finished {
        let (status, line) = (self.status, self.line.clone());
        let (code, finished) = self.end();
        assert_eq!(code, Some(status), "exit code of `{line}`{finished}");
        finished
    }

    /// Waits for the end. The token was printed nowhere.
    pub fn end(mut self) -> (Option<i32>, Finished) {
        let is_read = self.child.stderr.is_some();
        let stdout = self.child.stdout.take().map_or_else(nothing, drain);
        let stderr = self.child.stderr.take().map_or_else(nothing, drain);
        let (Ok(stdout), Ok(stderr)) =
            (stdout.recv_timeout(TIME_LIMIT), stderr.recv_timeout(TIME_LIMIT))
        else {
            panic!("`{}` hangs", self.line);
        };
        let code = self.child.wait().expect("it ends").code();
        let stderr = std::mem::take(&mut self.read) + &stderr;
        let folder = self.folder.take().expect("it ends once");
        let finished = Finished { stdout, stderr, folder };
        // A short token, such as `any`, is part of other words.
        if let Some(token) = self.token.as_ref().filter(|token| token.len() > 15) {
            finished.hides(token);
        }
        if is_read && self.line.starts_with("tieback clean") && code != Some(2) {
            assert!(finished.stderr.starts_with("target: "), "no target is named{finished}");
        }
        (code, finished)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Sends `INT`, `TERM` or `HUP` to a process.
pub fn signal(process: u32, name: &str) {
    let kill = format!("kill -{name} {process}");
    assert!(Command::new("sh").args(["-c", &kill]).status().expect("there is a shell").success());
}

fn nothing() -> mpsc::Receiver<String> {
    let (send, receive) = mpsc::channel();
    let _ = send.send(String::new());
    receive
}

/// Reads to the end on a thread of its own, so that a full pipe never blocks the program.
fn drain(mut from: impl Read + Send + 'static) -> mpsc::Receiver<String> {
    let (send, receive) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        from.read_to_end(&mut bytes).expect("output can be read");
        let _ = send.send(String::from_utf8(bytes).expect("the program prints UTF-8"));
    });
    receive
}
