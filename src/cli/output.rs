//! What a command says beside the report of a run. Who reads it, or stopped to, changes no exit
//! code.

use std::io::{self, Write as _};

use anyhow::Context as _;

use crate::printable::defused;

/// Prints `text`, which ends its own lines, to stdout. A reader that went away has seen enough.
pub(super) fn stdout(text: &str) -> anyhow::Result<()> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written.context("cannot write to stdout"),
    }
}

/// Prints a line, or lines, to stderr, without commands for a CI system. Where that fails there is
/// no place to say so.
pub(super) fn stderr(text: &str) {
    let _ = writeln!(io::stderr(), "{}", defused(text));
}
