//! Running the built program.

use std::process::{Child, Command, Stdio};

use serde_json::Value as Json;

use crate::remote::world::{HOST, World};

pub const TOKEN: &str = "polar_oat_for_billing_example";

/// Every name that a proxy is given by.
pub const PROXY_VARIABLES: [&str; 6] =
    ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"];

/// What the program printed and how it ended.
pub struct Ran {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

/// A command line in the making.
pub struct Program(Command);

impl Program {
    /// `tieback NAME` with a token, and the proxy of `world` in its environment.
    pub fn new(world: &World, name: &str) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tieback"));
        command
            .env_clear()
            .env("POLAR_ACCESS_TOKEN", TOKEN)
            .env("HTTPS_PROXY", format!("http://{}", world.proxy));
        command.arg(name).stdin(Stdio::null());
        Self(command)
    }

    /// One scenario with an event against `https://billing.example`, with the JSON report.
    pub fn run(world: &World) -> Self {
        Self::run_at(world, &format!("https://{HOST}")).args(&["--cacert", &world.file("ca.pem")])
    }

    /// The same against another base URL, with the built-in authorities only.
    pub fn run_at(world: &World, base: &str) -> Self {
        let program = Self::new(world, "run").args(&[
            "customer-mapping",
            "--base-url",
            base,
            "--format",
            "json",
        ]);
        program.args(&["--var", "email_domain=example.com"])
    }

    /// `tieback clean --yes`.
    pub fn clean(world: &World) -> Self {
        let base = format!("https://{HOST}");
        Self::new(world, "clean").args(&[
            "--yes",
            "--base-url",
            &base,
            "--cacert",
            &world.file("ca.pem"),
        ])
    }

    pub fn args(mut self, arguments: &[&str]) -> Self {
        self.0.args(arguments);
        self
    }

    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.0.env(name, value);
        self
    }

    /// Names the proxy by another variable.
    pub fn proxy_as(mut self, name: &str, value: &str) -> Self {
        self.0.env_remove("HTTPS_PROXY").env(name, value);
        self
    }

    /// Starts, and leaves the test to do something meanwhile.
    pub fn start(mut self) -> Child {
        self.0.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// Runs to the end, which has to come with this exit code.
    pub fn ends(mut self, code: i32) -> Ran {
        let output = self.0.output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        let ran = Ran {
            code: output.status.code(),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        };
        assert_eq!(ran.code, Some(code), "{ran}");
        assert!(!ran.stdout.contains(TOKEN) && !ran.stderr.contains(TOKEN), "{ran}");
        ran
    }
}

impl Ran {
    pub fn report(&self) -> Json {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}{self}"))
    }

    /// The code and the message of the first diagnosis.
    pub fn diagnosis(&self) -> (String, String) {
        let report = self.report();
        let steps = report["scenarios"][0]["steps"].as_array().unwrap();
        let found =
            steps.iter().map(|step| &step["diagnosis"]).find(|diagnosis| !diagnosis.is_null());
        let found = found.unwrap_or_else(|| panic!("no diagnosis{self}"));
        (found["code"].as_str().unwrap().to_owned(), found["message"].as_str().unwrap().to_owned())
    }

    /// Says `said` on stderr, and nothing on stdout.
    pub fn refuses(&self, said: &str) {
        assert!(self.stderr.contains(said), "`{said}` is not said{self}");
        assert_eq!(self.stdout, "", "{self}");
    }
}

impl std::fmt::Display for Ran {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            formatter,
            "\n{:?}\n--- stdout\n{}\n--- stderr\n{}",
            self.code, self.stdout, self.stderr
        )
    }
}
