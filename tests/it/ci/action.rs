//! `action.yml`: its steps, run as a runner would.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

use super::{file, yaml};
use crate::support::server::{Behaviour, Kind, Server};

pub fn action() -> Value {
    yaml::read(&file("action.yml"))
}

/// What a step left.
pub struct Done {
    pub code: Option<i32>,
    /// stdout and stderr.
    pub said: String,
    folder: TempDir,
}

/// The script of the step of this name.
fn script(name: &str) -> String {
    let action = action();
    let steps = action["runs"]["steps"].as_array().expect("steps").iter();
    let step = steps.clone().find(|step| step["name"] == name).expect("the step");
    assert_eq!(step["shell"], "bash");
    step["run"].as_str().expect("a script").to_owned()
}

/// Runs a step, as runners start bash.
fn bash(name: &str, folder: TempDir, variables: &[(&str, &str)]) -> Done {
    let program = Path::new(env!("CARGO_BIN_EXE_tieback")).parent().expect("a folder");
    let path = std::env::var("PATH").expect("a path");
    let output = Command::new("bash")
        .args(["--noprofile", "--norc", "-eo", "pipefail", "-c", &script(name)])
        .current_dir(folder.path())
        .env_clear()
        .env("PATH", format!("{}:{path}", program.display()))
        .env("GITHUB_ACTIONS", "true")
        .env("GITHUB_PATH", folder.path().join("path"))
        .env("RUNNER_TEMP", folder.path())
        .envs(variables.iter().copied())
        .output()
        .expect("bash starts");
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8(said).expect("UTF-8");
    Done { code: output.status.code(), said, folder }
}

/// The step that runs tieback.
pub fn run(arguments: &str, base_url: &str, files: &[(&str, &str)]) -> Done {
    let folder = TempDir::new().unwrap();
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    let variables = [
        ("ARGUMENTS", arguments),
        ("BASE_URL", base_url),
        ("REPORTS", "out/reports"),
        ("POLAR_ACCESS_TOKEN", "any-token"),
    ];
    bash("Run", folder, &variables)
}

const OWN: &str =
    "name: own\nsteps:\n- name: Ask\n  request: GET /v1/customers/\n  expect:\n    status: 200\n";

#[test]
fn every_value_comes_from_an_input_that_there_is() {
    let action = action();
    let text = file("action.yml");
    for name in text.split("inputs.").skip(1) {
        let name: String =
            name.chars().take_while(|it| it.is_ascii_lowercase() || *it == '-').collect();
        assert!(action["inputs"][&name]["default"].is_string(), "{name}");
    }
    // An expression inside of a script could be code from the one who fills it in.
    for step in action["runs"]["steps"].as_array().expect("steps") {
        assert!(!step["run"].as_str().unwrap_or_default().contains("${{"), "{step}");
    }
}

#[test]
fn it_passes_and_fails_as_the_run_does_and_leaves_reports() {
    let bad = Behaviour::correct().instead(|request, _| {
        (request.kind == Kind::List).then(|| crate::support::server::Reply::empty(500))
    });
    let (good, bad) = (Server::correct(), Server::start(bad));
    for (server, code) in [(&good, 0), (&bad, 1)] {
        let done = run("my own.yaml\n--events\nnone\n", &server.url(), &[("my own.yaml", OWN)]);
        assert_eq!(done.code, Some(code), "{}", done.said);
        let report =
            |name: &str| fs::read_to_string(done.folder.path().join("out/reports").join(name));
        assert!(report("report.json").unwrap().contains("\"name\": \"own\""));
        assert!(report("report.xml").unwrap().contains("<testsuite name=\"own\""));
        let said = done.said.contains("::error title=server_error%3A own,file=my own.yaml,line=");
        assert_eq!(said, code == 1, "{}", done.said);
    }
}

#[test]
fn without_inputs_the_sandbox_is_tested_and_that_is_said() {
    let done = run("", "", &[]);
    assert_eq!(done.code, Some(0), "{}", done.said);
    assert!(
        done.said.contains("::warning title=tieback::nothing of yours was tested"),
        "{}",
        done.said
    );
}

/// A release as the release workflow packs it.
fn download(sum: impl Fn(&[u8]) -> String) -> Done {
    let folder = TempDir::new().unwrap();
    let name = "tieback-v9.9.9-x86_64-unknown-linux-musl";
    let releases = folder.path().join("releases/v9.9.9");
    fs::create_dir_all(releases.join(name)).unwrap();
    fs::write(releases.join(name).join("tieback"), "a program").unwrap();
    fs::write(releases.join(name).join("README.md"), "a page").unwrap();
    let archive = releases.join(format!("{name}.tar.gz"));
    let mut tar = Command::new("tar");
    tar.arg("-czf").arg(&archive).arg(name).current_dir(&releases);
    assert!(tar.status().expect("tar starts").success());
    let sum = sum(&fs::read(&archive).unwrap());
    fs::write(releases.join(format!("{name}.tar.gz.sha256")), format!("{sum}  {name}.tar.gz\n"))
        .unwrap();
    let url = format!("file://{}/releases", folder.path().display());
    let variables = [
        ("RELEASES", url.as_str()),
        ("VERSION", "v9.9.9"),
        ("RUNNER_OS", "Linux"),
        ("RUNNER_ARCH", "X64"),
    ];
    bash("Download", folder, &variables)
}

fn sha256(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(&Sha256::digest(bytes))
}

#[test]
fn a_release_is_unpacked_where_the_path_leads_if_its_sum_is_right() {
    let done = download(sha256);
    assert_eq!(done.code, Some(0), "{}", done.said);
    let path = fs::read_to_string(done.folder.path().join("path")).unwrap();
    let program = Path::new(path.trim()).join("tieback");
    assert_eq!(fs::read_to_string(program).unwrap(), "a program");
    let done = download(|_| "0".repeat(64));
    assert_ne!(done.code, Some(0), "{}", done.said);
    assert!(!done.folder.path().join("path").exists());
}
