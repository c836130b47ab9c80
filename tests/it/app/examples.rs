//! The apps in `examples/`, with what they need from the registries: one command each, named in
//! CONTRIBUTING.md.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::support::program::Test;

const PYTHON: &str = "python3 -m venv .venv && .venv/bin/pip install -q -r requirements.txt";

/// A copy of an example, with what it needs installed by this command.
fn installed(name: &str, command: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(name);
    for entry in std::fs::read_dir(example).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            std::fs::copy(&path, folder.path().join(path.file_name().unwrap())).unwrap();
        }
    }
    let status = Command::new("sh").args(["-c", command]).current_dir(folder.path()).status();
    assert!(status.unwrap().success(), "{command}");
    let bin = folder.path().join(".venv/bin");
    (folder, bin)
}

fn report(folder: &Path, bin: &Path, scenarios: &[&str], status: i32) -> Value {
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
    let test = Test::new("run").args(["--app", "tieback.yaml"]).args(scenarios);
    let test = test.format("json").folder(folder);
    test.env("PATH", &path).status(status).done().report()
}

#[test]
#[ignore = "installs packages"]
fn fastapi_handles_everything_and_deletes_accounts() {
    let (folder, bin) = installed("fastapi", PYTHON);
    let found = report(folder.path(), &bin, &[], 0);
    assert_eq!(found["troubles"]["handled"], found["troubles"]["all"]);
}

/// What the published plugin gets wrong, as its README says.
#[test]
#[ignore = "installs packages"]
fn hono_with_the_published_plugin_shows_what_its_readme_says() {
    let (folder, bin) = installed("hono-better-auth", "npm install --silent");
    let report = report(folder.path(), &bin, &[], 1);
    let found = |scenario: &str, code: &str| {
        let scenarios = report["scenarios"].as_array().unwrap();
        let named = scenarios.iter().find(|one| one["name"] == scenario).unwrap();
        named["steps"].as_array().unwrap().iter().any(|step| step["diagnosis"]["code"] == code)
    };
    assert!(found("app-sign-up", "app_two_calls"));
    assert!(found("app-accepts", "app_rejects_valid"));
}
