//! The page in a real browser. puppeteer and axe-core come from npm, so these tests run only when
//! asked for, and say that they are skipped where there is no Chromium.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::{forgetful, page};
use crate::support::program::Test;
use crate::support::server::Server;

/// The program that the environment names, or one of the usual names.
fn chromium() -> Option<PathBuf> {
    let named = std::env::var_os("TIEBACK_CHROMIUM").map(PathBuf::from);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let usual = std::env::split_paths(&path).flat_map(|folder| {
        ["chromium", "chromium-browser", "google-chrome"].map(|name| folder.join(name))
    });
    named.into_iter().chain(usual).find(|program| program.is_file())
}

#[track_caller]
fn run(command: &mut Command) {
    let output = command.output().expect("it starts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stdout));
}

#[test]
#[ignore = "fetches puppeteer-core and axe-core from npm, and needs Chromium"]
fn pages_open_without_an_error_and_can_be_used_by_keyboard() {
    let Some(chromium) = chromium() else {
        println!("skipped: no Chromium; TIEBACK_CHROMIUM names one");
        return;
    };
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("browser");
    std::fs::create_dir_all(&folder).expect("a folder");
    let packages = ["puppeteer-core@24", "axe-core@4"];
    run(Command::new("npm").args(["install", "--no-save", "--prefix"]).arg(&folder).args(packages));
    let script = folder.join("browser.mjs");
    std::fs::write(&script, include_str!("browser.mjs")).expect("a script");
    for (name, server, status) in [("failed", forgetful(), 1), ("passed", Server::correct(), 0)] {
        let (text, _) = page(Test::run("customer-mapping"), &server, status);
        let file = folder.join(format!("{name}.html"));
        std::fs::write(&file, text).expect("a page");
        run(Command::new("node").arg(&script).arg(file).arg(name).env("CHROMIUM", &chromium));
    }
}
