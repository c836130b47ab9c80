//! The question before anything is deleted.

use std::io::{self, IsTerminal as _, Write as _};

use tokio::sync::oneshot;

/// What came of asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    /// `y` or `yes`.
    Yes,
    /// Anything else.
    No,
    /// stdin is no terminal: there is nobody to ask.
    Nobody,
    /// A signal came first.
    Interrupted,
}

/// Asks on stderr whether `count` records are to be deleted, and reads the answer from stdin.
pub(super) async fn ask(count: usize) -> Answer {
    if !io::stdin().is_terminal() {
        return Answer::Nobody;
    }
    let these = if count == 1 { "this one".to_owned() } else { format!("these {count}") };
    let mut stderr = io::stderr();
    if write!(stderr, "Delete {these}? [y/N] ").and_then(|()| stderr.flush()).is_err() {
        return Answer::Nobody;
    }
    let (send, receive) = oneshot::channel();
    // A thread of its own: reading cannot be given up, and the runtime would wait for one of its own.
    std::thread::spawn(move || {
        let mut line = String::new();
        let read = io::stdin().read_line(&mut line);
        let _ = send.send(if read.is_ok() && means_yes(&line) { Answer::Yes } else { Answer::No });
    });
    receive.await.unwrap_or(Answer::No)
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
