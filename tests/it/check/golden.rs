//! Every kind of bad file, with the exact message beside it. `UPDATE_GOLDEN=1 cargo test --test it
//! check::golden` writes the messages anew; read the difference before committing it.

use std::path::Path;
use std::{env, fs};

use crate::support::program::Test;

#[test]
fn every_bad_file_gets_its_message() {
    every_file_gets_its_message("tests/it/check/bad", 2, "1 scenario, ");
}

#[test]
fn every_doubtful_file_gets_its_warning_and_can_be_run() {
    every_file_gets_its_message("tests/it/check/warned", 0, "1 scenario, no errors, ");
}

/// Checks each file of a folder: its message, the exit code, and how the summary begins.
fn every_file_gets_its_message(folder: &str, code: i32, summary: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let update = env::var_os("UPDATE_GOLDEN").is_some();
    let mut files: Vec<_> =
        fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "yaml"));
    files.sort();
    let mut wrong = Vec::new();
    for file in files {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        let (ended, finished) = Test::new("check").arg(&name).folder(&folder).start().end();
        let shown = finished.stderr;
        let golden = file.with_extension("stderr");
        if update {
            fs::write(&golden, &shown).unwrap();
        }
        let expected = fs::read_to_string(&golden).unwrap_or_default();
        if shown != expected {
            wrong.push(format!("--- {name}, expected:\n{expected}\n--- but got:\n{shown}"));
        }
        if ended != Some(code) {
            wrong.push(format!("--- {name} ended with {ended:?}"));
        }
        assert!(finished.stdout.starts_with(summary), "{name}");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
