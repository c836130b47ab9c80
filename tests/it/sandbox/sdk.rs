//! The official SDKs and adapters, unchanged. They are fetched from their registries, so these tests run only
//! when asked for; `docs/sandbox.md` says how.

use std::path::{Path, PathBuf};
use std::process::Command;

use tieback::sandbox::Options;

use super::Sandbox;

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

/// Installs packages from npm and runs a script with them against a sandbox of its own, whose
/// secrets are of the legacy kind: these packages know no other.
async fn node(name: &str, packages: &[&str], script: &str) {
    let sandbox = Sandbox::with(Options { legacy_secrets: true, ..Options::default() }).await;
    let folder = folder(name);
    let mut npm = Command::new("npm");
    run(npm.args(["install", "--no-save", "--prefix"]).arg(&folder).args(packages));
    let file = folder.join("check.mjs");
    std::fs::write(&file, script).unwrap();
    run(Command::new("node").arg(file).env("BASE_URL", format!("http://{}", sandbox.address())));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "fetches the SDK from npm"]
async fn npm_works_with_customers_and_verifies_legacy_signatures() {
    node("npm", &["@polar-sh/sdk@1.0.1"], include_str!("sdk/check.mjs")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "fetches the SDK from npm"]
async fn npm_0_47_sells_and_reads_every_record() {
    node("npm-0.47", &["@polar-sh/sdk@0.47.1"], include_str!("sdk/legacy.mjs")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "fetches the plugin and better-auth from npm"]
async fn better_auth_signs_up_sells_and_measures() {
    let packages = [
        "@polar-sh/better-auth@1.8.4",
        "@polar-sh/sdk@0.47.1",
        "better-auth@1.7.25",
        "better-sqlite3@12.11.1",
        "hono@4.13.19",
        "@hono/node-server@2.1.9",
    ];
    node("better-auth", &packages, include_str!("sdk/better_auth.mjs")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "fetches the adapter and Hono from npm"]
async fn hono_opens_a_checkout_and_the_portal_and_takes_webhooks() {
    let packages = ["@polar-sh/hono@0.5.3", "hono@4.13.19", "@hono/node-server@2.1.9"];
    node("hono", &packages, include_str!("sdk/hono.mjs")).await;
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
