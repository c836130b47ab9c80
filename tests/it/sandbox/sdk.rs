//! The official SDKs, unchanged. They are fetched from their registries, so these tests run only
//! when asked for; `docs/sandbox.md` says how.

use std::path::{Path, PathBuf};
use std::process::Command;

use tieback::sandbox::Options;

use super::Sandbox;

const NPM: &str = "@polar-sh/sdk@1.0.1";
const PYPI: &str = "polar-sdk==1.0.2";

fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

#[track_caller]
fn run(command: &mut Command) {
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "fetches the SDK from npm"]
async fn npm_works_with_customers_and_verifies_legacy_signatures() {
    let sandbox = Sandbox::with(Options { legacy_secrets: true, ..Options::default() }).await;
    let folder = folder("npm");
    run(Command::new("npm").args(["install", "--no-save", NPM, "--prefix"]).arg(&folder));
    let script = folder.join("check.mjs");
    std::fs::write(&script, include_str!("sdk/check.mjs")).unwrap();
    run(Command::new("node").arg(script).env("BASE_URL", format!("http://{}", sandbox.address())));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "fetches the SDK from PyPI"]
async fn pypi_works_with_customers_and_verifies_both_signatures() {
    let folder = folder("pypi");
    run(Command::new("python3").args(["-m", "venv"]).arg(&folder));
    run(Command::new(folder.join("bin/pip")).args(["install", "--quiet", PYPI]));
    for legacy_secrets in [false, true] {
        let sandbox = Sandbox::with(Options { legacy_secrets, ..Options::default() }).await;
        let mut python = Command::new(folder.join("bin/python"));
        python.args(["-c", include_str!("sdk/check.py")]);
        run(python.env("BASE_URL", format!("http://{}", sandbox.address())));
    }
}
