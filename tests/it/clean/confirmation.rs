//! Nothing is deleted that nobody said yes to.

use std::fs::File;
use std::io::Write as _;

use super::{clean, left, with_customers};

/// Types a line.
fn types(keyboard: &mut File, text: &str) {
    keyboard.write_all(text.as_bytes()).unwrap();
}

#[test]
fn without_a_terminal_it_takes_a_flag() {
    for stdin in ["y\ny\n", ""] {
        let api = with_customers(&["c1", "c2"]);
        let ran = clean(&api).stdin_text(stdin).status(2).done();
        ran.says(
            "nothing was deleted: stdin is not a terminal, so there is no one to ask; add --yes",
        );
        ran.prints("left behind by runs older than 1h: 2 customers\n").prints("user_c2");
        assert_eq!(api.writes(), [""; 0]);
    }
}

#[test]
fn there_is_nothing_to_ask_where_there_is_nothing_to_delete() {
    let api = with_customers(&[]);
    let ran = clean(&api).done();
    assert_eq!(ran.stdout, "nothing left behind by runs older than 1h\n");
}

#[test]
fn a_yes_deletes() {
    for yes in ["y\n", "Y\n", "yes\n"] {
        let api = with_customers(&["c1", "c2"]);
        let (mut running, mut keyboard) = clean(&api).start_on_a_terminal();
        running.reads("Delete these 2? [y/N] ");
        assert_eq!(api.writes(), [""; 0], "it did not wait");
        types(&mut keyboard, yes);
        running.done().prints("2 deleted\n");
        assert!(left(&api).is_empty());
    }
}

#[test]
fn anything_else_does_not() {
    // The last one ends the input.
    for no in ["n\n", "\n", "no\n", "yep\n", "\u{4}"] {
        let api = with_customers(&["c1"]);
        let (mut running, mut keyboard) = clean(&api).status(2).start_on_a_terminal();
        running.reads("Delete this one? [y/N] ");
        types(&mut keyboard, no);
        running.done().says("note: nothing was deleted\n");
        assert_eq!(api.writes(), [""; 0]);
    }
}

#[test]
fn a_flag_says_yes_on_a_terminal_as_well() {
    let api = with_customers(&["c1"]);
    let (running, _keyboard) = clean(&api).args(["-y"]).start_on_a_terminal();
    let ran = running.done();
    assert!(!ran.stderr.contains("[y/N]"), "{ran}");
    assert!(left(&api).is_empty());
}

#[test]
fn a_signal_is_no_yes() {
    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        let api = with_customers(&["c1"]);
        let (mut running, _keyboard) = clean(&api).status(code).start_on_a_terminal();
        running.reads("[y/N] ");
        running.signal(signal);
        running.done().says("interrupted; nothing was deleted\n");
        assert_eq!(api.writes(), [""; 0]);
    }
}
