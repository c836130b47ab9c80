//! Where scenarios are read from, beside plain files.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use super::{text, tieback};

const OWN: &str = "name: own\nsteps:\n  - request: GET /v1/customers/\n";

/// `tieback check ARGUMENTS` with `OWN` on stdin.
fn piped(arguments: &[&str]) -> Output {
    let here = tempfile::tempdir().unwrap();
    fs::write(here.path().join("own"), OWN).unwrap();
    let mut cat =
        Command::new("cat").arg(here.path().join("own")).stdout(Stdio::piped()).spawn().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_tieback"))
        .args(arguments)
        .stdin(Stdio::from(cat.stdout.take().unwrap()))
        .output()
        .unwrap();
    cat.wait().unwrap();
    output
}

#[cfg(unix)]
#[test]
fn a_pipe_in_a_folder_is_left_alone_and_said() {
    use rustix::fs::{CWD, FileType, Mode, mknodat};
    let here = tempfile::tempdir().unwrap();
    mknodat(CWD, here.path().join("pipe.yaml"), FileType::Fifo, Mode::RUSR | Mode::WUSR, 0)
        .unwrap();
    fs::write(here.path().join("own.yaml"), OWN).unwrap();
    let output = tieback(here.path(), &["check", "."]);
    assert_eq!(text(&output.stdout), "1 scenario, no errors, 1 warning\n");
    assert!(
        text(&output.stderr).starts_with("warning: ./pipe.yaml is left alone"),
        "{}",
        text(&output.stderr)
    );
    assert_eq!(output.status.code(), Some(0));
}

#[cfg(unix)]
#[test]
fn stdin_and_open_files_are_read_by_their_paths() {
    for path in ["/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"] {
        let output = piped(&["check", path]);
        assert_eq!(
            text(&output.stdout),
            "1 scenario, no errors\n",
            "{path}: {}",
            text(&output.stderr)
        );
    }
    let output = piped(&["check", "/dev/stdin", "/dev/stdin"]);
    assert_eq!(text(&output.stdout), "1 scenario, no errors\n", "a pipe is read once");
}

#[cfg(unix)]
#[test]
fn a_process_substitution_is_read() {
    let program = env!("CARGO_BIN_EXE_tieback");
    let line =
        format!("{program} check <(printf '{}') <(printf 'nmae: x')", OWN.replace('\n', "\\n"));
    let output = Command::new("bash").args(["-c", &line]).output().unwrap();
    assert!(text(&output.stdout).starts_with("2 scenarios, "), "{}", text(&output.stderr));
    assert!(text(&output.stderr).contains("did you mean `name`?"), "{}", text(&output.stderr));
    assert!(!text(&output.stderr).contains("does not exist"));
}

#[test]
fn a_url_is_no_scenario_and_shown_without_its_password() {
    let output = tieback(Path::new("."), &["check", "https://me:sesame@api.example/?key=sesame"]);
    assert_eq!(output.status.code(), Some(2));
    let shown = text(&output.stderr);
    assert!(
        shown.contains("is a URL where a scenario is wanted") && !shown.contains("sesame"),
        "{shown}"
    );
    let shown = text(&tieback(Path::new("."), &["check", "polar_oat_sesame"]).stderr);
    assert!(!shown.contains("sesame"), "{shown}");
}

#[test]
fn an_empty_folder_is_a_mistake_and_a_plain_file_is_not() {
    let here = tempfile::tempdir().unwrap();
    File::create(here.path().join("notes.txt")).unwrap();
    assert_eq!(tieback(here.path(), &["check", "."]).status.code(), Some(2));
}
