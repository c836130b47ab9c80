//! The question before anything is deleted.

use std::io::{self, IsTerminal as _};

use super::print::{Printer, off_thread};

/// What came of asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    /// `y` or `yes`.
    Yes,
    /// Anything else.
    No,
    /// stdin is not a terminal.
    NoTerminal,
    /// A signal came first.
    Interrupted,
}

/// Asks on stderr whether `count` records are to be deleted, and reads the answer from stdin.
pub(super) async fn ask(printer: &Printer, count: usize) -> Answer {
    if !io::stdin().is_terminal() {
        return Answer::NoTerminal;
    }
    let these = if count == 1 { "this one".to_owned() } else { format!("these {count}") };
    if !printer.prompt(&format!("Delete {these}? [y/N] ")).await {
        return Answer::NoTerminal;
    }
    let read = off_thread(|| {
        let mut line = String::new();
        io::stdin().read_line(&mut line).map(|_| line)
    });
    match read.await {
        Some(Ok(line)) if means_yes(&line) => Answer::Yes,
        _ => Answer::No,
    }
}

fn means_yes(line: &str) -> bool {
    matches!(line.trim().to_ascii_lowercase().as_str(), "y" | "yes")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_yes_is_one() {
        assert!(["y\n", "Y", " yes \r\n", "YES"].into_iter().all(means_yes));
        assert!(!["", "\n", "n\n", "yep", "yy", "ja"].into_iter().any(means_yes));
    }
}
