//! Where scenarios are read from, beside plain files.

use std::process::Command;

use super::tieback;

const OWN: &str = "name: own\nsteps:\n  - request: GET /v1/customers/\n";

#[cfg(unix)]
#[test]
fn a_pipe_in_a_folder_is_left_alone_and_said() {
    use rustix::fs::{CWD, FileType, Mode, mknodat};
    let test = tieback(&["check", "."]).file("own.yaml", OWN);
    let mode = Mode::RUSR | Mode::WUSR;
    mknodat(CWD, test.path("pipe.yaml"), FileType::Fifo, mode, 0).unwrap();
    let checked = test.done();
    assert_eq!(checked.stdout, "1 scenario, no errors, 1 warning\n");
    assert!(checked.stderr.starts_with("warning: ./pipe.yaml is left alone"), "{checked}");
}

#[cfg(unix)]
#[test]
fn stdin_and_open_files_are_read_by_their_paths() {
    for path in ["/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"] {
        let checked = tieback(&["check", path]).stdin_text(OWN).done();
        assert_eq!(checked.stdout, "1 scenario, no errors\n", "{path}{checked}");
    }
    let checked = tieback(&["check", "/dev/stdin", "/dev/stdin"]).stdin_text(OWN).done();
    assert_eq!(checked.stdout, "1 scenario, no errors\n", "a pipe is read once");
}

#[cfg(unix)]
#[test]
fn a_process_substitution_is_read() {
    let program = env!("CARGO_BIN_EXE_tieback");
    let line =
        format!("{program} check <(printf '{}') <(printf 'nmae: x')", OWN.replace('\n', "\\n"));
    let output = Command::new("bash").args(["-c", &line]).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let (stdout, stderr) = (text(output.stdout), text(output.stderr));
    assert!(stdout.starts_with("2 scenarios, "), "{stderr}");
    assert!(stderr.contains("did you mean `name`?"), "{stderr}");
    assert!(!stderr.contains("does not exist"));
}

#[test]
fn a_url_is_no_scenario_and_shown_without_its_password() {
    let url = tieback(&["check", "https://me:sesame@api.example/?key=sesame"]).status(2).done();
    url.says("is a URL where a scenario is wanted").hides("sesame");
    tieback(&["check", "polar_oat_sesame"]).status(2).done().hides("sesame");
}

#[test]
fn an_empty_folder_is_a_mistake_and_a_plain_file_is_not() {
    tieback(&["check", "."]).file("notes.txt", "").status(2).done();
}
