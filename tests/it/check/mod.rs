//! `tieback check`, `tieback list` and `tieback explain`, through the built program.

mod explain;
mod golden;
mod good;
mod hostile;
mod list;
mod round_trip;
mod sources;

use std::path::Path;
use std::process::{Command, Output};

/// Runs the program in `folder`, with nothing of this environment that decides about colours.
fn tieback(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tieback"))
        .current_dir(folder)
        .env_remove("NO_COLOR")
        .env_remove("CLICOLOR_FORCE")
        .args(arguments)
        .output()
        .expect("the program starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("the program prints UTF-8")
}

/// Errors in arguments are coloured, or not, like everything else.
#[test]
fn colour_of_argument_errors() {
    let folder = tempfile::tempdir().expect("a folder");
    for (arguments, coloured) in [
        (["--color", "never", "run", "--no-such"], false),
        (["run", "--no-such", "--color=never", "--x"], false),
        (["--color", "always", "run", "--no-such"], true),
        (["run", "--no-such", "--color=always", "--x"], true),
        (["run", "--no-such", "--x", "--y"], false),
    ] {
        for environment in [None, Some("1")] {
            let mut command = Command::new(env!("CARGO_BIN_EXE_tieback"));
            command
                .current_dir(folder.path())
                .env_remove("NO_COLOR")
                .env_remove("CLICOLOR_FORCE")
                .args(arguments);
            // The flag wins over the environment.
            command.envs(
                environment
                    .filter(|_| arguments.concat().contains("never"))
                    .map(|on| ("CLICOLOR_FORCE", on)),
            );
            let output = command.output().expect("the program starts");
            assert_eq!(output.status.code(), Some(2));
            assert_eq!(text(&output.stderr).contains('\u{1b}'), coloured, "{arguments:?}");
        }
    }
}
