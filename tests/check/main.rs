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
