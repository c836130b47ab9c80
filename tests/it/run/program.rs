//! Running the built program: what it is given, and what it has to end with.

use std::io::Read;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use super::server::Server;

#[path = "schema.rs"]
pub mod schema;

/// The token of every test that does not say otherwise. Long enough to be worth hiding, with
/// characters that percent-encoding and JSON change.
pub const TOKEN: &str = "polar_oat_s3cret/+\"token\"=1234";

/// A program that runs longer hangs. Far above what a loaded machine needs.
const TIME_LIMIT: Duration = Duration::from_mins(1);

/// One run of the program.
pub struct Test {
    arguments: Vec<String>,
    environment: Vec<(String, String)>,
    format: &'static str,
    folder: TempDir,
    status: i32,
    nohup: bool,
}

impl Test {
    /// `tieback run SCENARIO`, with the JSON report on stdout.
    pub fn run(scenario: &str) -> Self {
        let test = Self {
            arguments: Vec::new(),
            environment: Vec::new(),
            format: "json",
            folder: TempDir::new().expect("a temporary folder"),
            status: 0,
            nohup: false,
        };
        test.args(["run", scenario])
    }

    /// `tieback run` with a scenario of the test's own.
    pub fn scenario(yaml: &str) -> Self {
        let test = Self::run("scenario.yaml");
        std::fs::write(test.path("scenario.yaml"), yaml).expect("the scenario can be written");
        test
    }

    pub fn arg(mut self, argument: impl Into<String>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    pub fn args<const N: usize>(self, arguments: [&str; N]) -> Self {
        arguments.into_iter().fold(self, Self::arg)
    }

    /// What goes to stdout in place of the JSON report.
    pub fn format(self, format: &'static str) -> Self {
        Self { format, ..self }
    }

    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn token(self, token: &str) -> Self {
        self.env("POLAR_ACCESS_TOKEN", token)
    }

    /// Runs against `server`, with the usual token.
    pub fn against(self, server: &Server) -> Self {
        self.arg("--base-url").arg(server.url()).token(TOKEN)
    }

    /// The exit code that is owed.
    pub fn status(mut self, status: i32) -> Self {
        self.status = status;
        self
    }

    /// Starts it with hangups ignored.
    pub fn nohup(self) -> Self {
        Self { nohup: true, ..self }
    }

    /// A file in the folder in which the program runs.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs to the end and checks the exit code.
    pub fn done(self) -> Finished {
        self.start().done()
    }

    /// Starts, and leaves the test to do something meanwhile.
    pub fn start(self) -> Running {
        let program = env!("CARGO_BIN_EXE_tieback");
        let mut command = Command::new(if self.nohup { "nohup" } else { program });
        let child = command
            .args(self.nohup.then_some(program))
            .current_dir(self.folder.path())
            .env_clear()
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .args(&self.arguments)
            .args(["--format", self.format])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        Running { child, test: self }
    }
}

/// A program that was started.
pub struct Running {
    child: Child,
    test: Test,
}

impl Running {
    /// Sends `INT`, `TERM` or `HUP`.
    pub fn signal(&self, name: &str) {
        signal(self.id(), name);
    }

    /// Sends `INT` until the program ends, as somebody does who has no policy left. Two of them at once
    /// would count as one.
    pub fn interrupt(mut self) -> Finished {
        while self.child.try_wait().expect("it can be asked").is_none() {
            self.signal("INT");
            thread::sleep(Duration::from_millis(50));
        }
        self.done()
    }

    /// The process, for whoever sends signals at a moment of its own.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits for the end and checks the exit code.
    pub fn done(self) -> Finished {
        let (status, arguments) = (self.test.status, self.test.arguments.join(" "));
        let (code, finished) = self.end();
        assert_eq!(code, Some(status), "exit code of `tieback {arguments}`{finished}");
        finished
    }

    /// Waits for the end.
    pub fn end(mut self) -> (Option<i32>, Finished) {
        let stdout = drain(self.child.stdout.take().expect("stdout is piped"));
        let stderr = drain(self.child.stderr.take().expect("stderr is piped"));
        let (Ok(stdout), Ok(stderr)) =
            (stdout.recv_timeout(TIME_LIMIT), stderr.recv_timeout(TIME_LIMIT))
        else {
            self.child.kill().expect("it can be killed");
            panic!("`tieback {}` hangs", self.test.arguments.join(" "));
        };
        let code = self.child.wait().expect("it ends").code();
        (code, Finished { stdout, stderr, folder: self.test.folder })
    }
}

/// Sends `INT`, `TERM` or `HUP` to a process.
pub fn signal(process: u32, name: &str) {
    let kill = format!("kill -{name} {process}");
    assert!(Command::new("sh").args(["-c", &kill]).status().expect("there is a shell").success());
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

/// What a run left.
pub struct Finished {
    pub stdout: String,
    pub stderr: String,
    folder: TempDir,
}

impl Finished {
    /// The JSON report on stdout, which is as its schema says.
    pub fn report(&self) -> Value {
        let report: Value = serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("stdout is no report: {error}{self}"));
        let offences = schema::offences(&report);
        assert!(offences.is_empty(), "{offences:#?}{self}");
        report
    }

    /// A file that the program wrote.
    pub fn file(&self, name: &str) -> String {
        std::fs::read_to_string(self.folder.path().join(name))
            .unwrap_or_else(|error| panic!("{name}: {error}{self}"))
    }

    /// The step called `name`, of the first scenario.
    pub fn step(&self, name: &str) -> Value {
        let report = self.report();
        let mut steps = report["scenarios"][0]["steps"].as_array().into_iter().flatten();
        steps
            .find(|step| step["name"] == name)
            .cloned()
            .unwrap_or_else(|| panic!("no step {name}{self}"))
    }
}

impl std::fmt::Display for Finished {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "\n--- stdout\n{}\n--- stderr\n{}", self.stdout, self.stderr)
    }
}
