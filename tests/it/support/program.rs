//! Running the built program: what it is given, and what it has to end with.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use serde_json::Value;
use tempfile::TempDir;

use super::report_schema;
use super::running::Running;
use super::server::Server;

/// The token of every test that does not say otherwise. Long enough to be worth hiding, with
/// characters that percent-encoding and JSON change.
pub const TOKEN: &str = "polar_oat_s3cret/+\"token\"=1234";

const TOKEN_VARIABLE: &str = "POLAR_ACCESS_TOKEN";

/// One run of the program, in a folder of its own and with nothing of this environment.
pub struct Test {
    pub(super) arguments: Vec<OsString>,
    environment: Vec<(String, String)>,
    format: Option<&'static str>,
    pub(super) folder: TempDir,
    elsewhere: Option<PathBuf>,
    streams: [Option<Stdio>; 3],
    pub(super) status: i32,
    /// The program that starts it, with its own arguments.
    starter: &'static [&'static str],
}

impl Test {
    /// `tieback COMMAND`.
    pub fn new(command: &str) -> Self {
        Self {
            arguments: vec![command.into()],
            environment: Vec::new(),
            format: None,
            folder: TempDir::new().expect("a temporary folder"),
            elsewhere: None,
            streams: [None, None, None],
            status: 0,
            starter: &[],
        }
    }

    /// `tieback run SCENARIO`, with the JSON report on stdout.
    pub fn run(scenario: &str) -> Self {
        Self::new("run").arg(scenario).format("json")
    }

    /// `tieback run` with a scenario of the test's own.
    pub fn scenario(yaml: &str) -> Self {
        Self::run("scenario.yaml").file("scenario.yaml", yaml)
    }

    pub fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.arguments.push(argument.as_ref().to_owned());
        self
    }

    pub fn args(self, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        arguments.into_iter().fold(self, Self::arg)
    }

    /// What goes to stdout in place of the JSON report.
    pub fn format(self, format: &'static str) -> Self {
        Self { format: Some(format), ..self }
    }

    pub fn env(self, name: &str, value: &str) -> Self {
        let mut test = self.without_env(name);
        test.environment.push((name.to_owned(), value.to_owned()));
        test
    }

    pub fn without_env(mut self, name: &str) -> Self {
        self.environment.retain(|(known, _)| known != name);
        self
    }

    pub fn token(self, token: &str) -> Self {
        self.env(TOKEN_VARIABLE, token)
    }

    /// Runs against `server`, with the usual token.
    pub fn against(self, server: &Server) -> Self {
        self.arg("--base-url").arg(server.url()).token(TOKEN)
    }

    /// The exit code that is expected.
    pub fn status(mut self, status: i32) -> Self {
        self.status = status;
        self
    }

    /// Starts it with hangups ignored.
    pub fn nohup(self) -> Self {
        Self { starter: &["nohup"], ..self }
    }

    /// A file in the folder in which the program runs.
    pub fn file(self, name: &str, text: impl AsRef<[u8]>) -> Self {
        fs::write(self.path(name), text).expect("the file can be written");
        self
    }

    /// The path of a file in the folder of this test.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs in this folder, and not in one of its own.
    pub fn folder(mut self, folder: &Path) -> Self {
        self.elsewhere = Some(folder.to_owned());
        self
    }

    /// With a pipe on stdin that holds this text.
    pub fn stdin_text(self, text: &str) -> Self {
        let (reader, mut writer) = std::io::pipe().expect("a pipe");
        writer.write_all(text.as_bytes()).expect("it fits into a pipe");
        self.stdin(reader)
    }

    pub fn stdin(mut self, stdin: impl Into<Stdio>) -> Self {
        self.streams[0] = Some(stdin.into());
        self
    }

    /// Sends stdout here, so that the test does not read it.
    pub fn stdout(mut self, stdout: Stdio) -> Self {
        self.streams[1] = Some(stdout);
        self
    }

    /// The same for stderr.
    pub fn stderr(mut self, stderr: Stdio) -> Self {
        self.streams[2] = Some(stderr);
        self
    }

    /// Runs to the end and checks the exit code.
    pub fn done(self) -> Finished {
        self.start().done()
    }

    /// Starts, and leaves the test to do something meanwhile.
    pub fn start(mut self) -> Running {
        let program = env!("CARGO_BIN_EXE_tieback");
        let mut line = self.starter.iter().copied().chain([program]);
        let mut command = Command::new(line.next().unwrap_or(program));
        let [stdin, stdout, stderr] = std::mem::take(&mut self.streams);
        let child = command
            .args(line)
            .current_dir(self.elsewhere.as_deref().unwrap_or(self.folder.path()))
            .env_clear()
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .args(&self.arguments)
            .args(self.format.iter().flat_map(|format| ["--format", format]))
            .stdin(stdin.unwrap_or_else(Stdio::null))
            .stdout(stdout.unwrap_or_else(Stdio::piped))
            .stderr(stderr.unwrap_or_else(Stdio::piped))
            .spawn()
            .expect("the program starts");
        let line: Vec<_> = self.arguments.iter().map(|each| each.to_string_lossy()).collect();
        let line = format!("tieback {}", line.join(" "));
        let token = self.environment.into_iter().find(|(name, _)| name == TOKEN_VARIABLE);
        Running::new(child, line, token.map(|(_, token)| token), self.status, self.folder)
    }

    /// Starts on a terminal whose keys are signals to what is in the foreground there.
    pub fn start_in_a_session(mut self) -> (Running, File) {
        self.starter = &["setsid", "--ctty", "--wait"];
        self.start_on_a_terminal()
    }

    /// Starts on a terminal; returns its other end as well, where a person types.
    pub fn start_on_a_terminal(self) -> (Running, File) {
        let keyboard = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a terminal");
        grantpt(&keyboard).expect("a terminal");
        unlockpt(&keyboard).expect("a terminal");
        let name = ptsname(&keyboard, Vec::new()).expect("a terminal");
        let name = name.to_str().expect("a path in UTF-8");
        let terminal = File::options().read(true).write(true).open(name).expect("a terminal");
        (self.stdin(terminal).start(), File::from(keyboard))
    }
}

/// What a run left.
pub struct Finished {
    pub stdout: String,
    pub stderr: String,
    pub(super) folder: TempDir,
}

impl Finished {
    /// The JSON report on stdout, which is as its schema says.
    pub fn report(&self) -> Value {
        let report: Value = serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("stdout is no report: {error}{self}"));
        let offences = report_schema::offences(&report);
        assert!(offences.is_empty(), "{offences:#?}{self}");
        report
    }

    /// A file that the program wrote.
    pub fn file(&self, name: &str) -> String {
        fs::read_to_string(self.folder.path().join(name))
            .unwrap_or_else(|error| panic!("{name}: {error}{self}"))
    }

    /// The steps of the first scenario.
    pub fn steps(&self) -> Vec<Value> {
        let report = self.report();
        report["scenarios"][0]["steps"].as_array().cloned().unwrap_or_default()
    }

    /// The step called `name`, of the first scenario.
    pub fn step(&self, name: &str) -> Value {
        let mut steps = self.steps().into_iter();
        steps.find(|step| step["name"] == name).unwrap_or_else(|| panic!("no step {name}{self}"))
    }

    /// The code of the first diagnosis and what it says; empty where there is none.
    pub fn diagnosis(&self) -> (String, String) {
        let first = self.steps().into_iter().find(|step| !step["diagnosis"].is_null());
        let first = first.unwrap_or_default();
        ["code", "message"]
            .map(|key| first["diagnosis"][key].as_str().unwrap_or_default().to_owned())
            .into()
    }

    /// Where webhooks were read.
    pub fn source(&self) -> String {
        self.report()["target"]["events"].as_str().unwrap_or_default().to_owned()
    }

    /// Checks that stderr holds `said`.
    #[track_caller]
    pub fn says(&self, said: &str) -> &Self {
        assert!(self.stderr.contains(said), "`{said}` is not on stderr{self}");
        self
    }

    /// Checks that stdout holds `said`.
    #[track_caller]
    pub fn prints(&self, said: &str) -> &Self {
        assert!(self.stdout.contains(said), "`{said}` is not on stdout{self}");
        self
    }

    /// Checks that `said` is the reason on stderr, and that stdout is empty.
    #[track_caller]
    pub fn refuses(&self, said: &str) {
        self.says(said);
        assert_eq!(self.stdout, "", "{self}");
    }

    /// Checks that neither stdout nor stderr holds `secret`.
    #[track_caller]
    pub fn hides(&self, secret: &str) -> &Self {
        let shown = self.stdout.contains(secret) || self.stderr.contains(secret);
        assert!(!shown, "{secret} was printed{self}");
        self
    }
}

impl std::fmt::Display for Finished {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "\n--- stdout\n{}\n--- stderr\n{}", self.stdout, self.stderr)
    }
}
