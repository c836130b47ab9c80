//! The places where webhooks are read, through the built program: the same verdicts whichever it is,
//! a fallback that says so, and nothing left behind.

mod choice;
mod log;
mod refusals;
mod routes;
mod send;
mod server;
mod stream;
mod verdicts;

use std::process::{Command, Output, Stdio};

use serde_json::Value as Json;

pub(crate) use server::{Api, Behaviour};

/// What a run printed and how it ended.
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) report: Json,
    pub(crate) stderr: String,
}

/// `tieback run` against `api`, ready to be started.
pub(crate) fn command(api: &Api, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tieback"));
    for variable in ["POLAR_ACCESS_TOKEN", "TIEBACK_BASE_URL", "NO_COLOR", "CLICOLOR_FORCE"] {
        command.env_remove(variable);
    }
    command.args([
        "run",
        "--base-url",
        &api.base,
        "--token",
        "polar_oat_of_the_test",
        "--format",
        "json",
    ]);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Runs the built-in scenario that waits for one event, and checks what holds of every run.
pub(crate) fn run(api: &Api, arguments: &[&str]) -> Ran {
    let output = command(api, &[&["customer-mapping"], arguments].concat())
        .output()
        .expect("the program starts");
    judge(api, &output)
}

/// Runs a scenario of a test's own.
pub(crate) fn run_text(api: &Api, scenario: &str, arguments: &[&str]) -> Ran {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("own.yaml");
    std::fs::write(&file, scenario).unwrap();
    judge(api, &command(api, &[&[file.to_str().unwrap()], arguments].concat()).output().unwrap())
}

/// Reads what a run printed.
pub(crate) fn judge(api: &Api, output: &Output) -> Ran {
    let stdout = String::from_utf8(output.stdout.clone()).unwrap();
    let stderr = String::from_utf8(output.stderr.clone()).unwrap();
    let report: Json =
        serde_json::from_str(&stdout).unwrap_or_else(|error| panic!("{error}\n{stdout}\n{stderr}"));
    for secret in ["polar_oat_of_the_test", "polar_whs_the_secret"] {
        assert!(!stdout.contains(secret) && !stderr.contains(secret), "{stdout}\n{stderr}");
    }
    assert_eq!(api.left(), (0, 0), "something was left behind\n{stderr}");
    assert_eq!(report["left_behind"], serde_json::json!([]), "{stderr}");
    Ran { code: output.status.code().expect("the program ends by itself"), report, stderr }
}

impl Ran {
    /// The code of the first diagnosis, and what it says.
    pub(crate) fn diagnosis(&self) -> (&str, &str) {
        let steps = self.report["scenarios"][0]["steps"].as_array().unwrap();
        let found =
            steps.iter().map(|step| &step["diagnosis"]).find(|diagnosis| !diagnosis.is_null());
        found.map_or(("none", ""), |found| {
            (found["code"].as_str().unwrap(), found["message"].as_str().unwrap())
        })
    }

    /// The webhook that decided the last step.
    pub(crate) fn event(&self) -> &Json {
        &self.report["scenarios"][0]["steps"].as_array().unwrap().last().unwrap()["event"]
    }

    pub(crate) fn source(&self) -> &str {
        self.report["target"]["events"].as_str().unwrap()
    }

    /// Checks that the run passed by way of `source`.
    pub(crate) fn passed(&self, source: &str) {
        assert_eq!((self.code, self.source()), (0, source), "{}\n{:#}", self.stderr, self.report);
    }

    /// Checks that no webhook could be read, and returns why.
    pub(crate) fn unavailable(&self) -> &str {
        let (code, message) = self.diagnosis();
        assert_eq!((self.code, code), (3, "no_event_source"), "{}\n{:#}", self.stderr, self.report);
        message
    }
}
