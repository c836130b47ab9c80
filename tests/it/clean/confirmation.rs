//! Nothing is deleted that nobody said yes to.

use std::fs;
use std::fs::File;

use rustix::process::Signal;

use crate::clean::program::{Program, types};
use crate::clean::server::Api;

#[test]
fn without_a_terminal_it_takes_a_flag() {
    let folder = tempfile::tempdir().unwrap();
    let yes = folder.path().join("yes");
    fs::write(&yes, "y\ny\n").unwrap();
    for stdin in [yes.as_path(), std::path::Path::new("/dev/null")] {
        let api = Api::with_customers(&["c1", "c2"]);
        let ran = Program::clean(&api).stdin(File::open(stdin).unwrap()).ends(2);
        ran.says(
            "nothing was deleted: stdin is not a terminal, so there is no one to ask; add --yes",
        );
        ran.prints("left behind by runs older than 1h: 2 customers\n").prints("user_c2");
        assert_eq!(api.writes(), [""; 0]);
    }
}

#[test]
fn there_is_nothing_to_ask_where_there_is_nothing_to_delete() {
    let api = Api::with_customers(&[]);
    let ran = Program::clean(&api).ends(0);
    assert_eq!(ran.stdout, "nothing left behind by runs older than 1h\n");
}

#[test]
fn a_yes_deletes() {
    for yes in ["y\n", "Y\n", "yes\n"] {
        let api = Api::with_customers(&["c1", "c2"]);
        let (mut running, mut keyboard) = Program::clean(&api).start_on_a_terminal();
        running.reads("Delete these 2? [y/N] ");
        assert_eq!(api.writes(), [""; 0], "it did not wait");
        types(&mut keyboard, yes);
        running.ends(0).prints("2 deleted\n");
        assert!(api.left().is_empty());
    }
}

#[test]
fn anything_else_does_not() {
    // The last one ends the input.
    for no in ["n\n", "\n", "no\n", "yep\n", "\u{4}"] {
        let api = Api::with_customers(&["c1"]);
        let (mut running, mut keyboard) = Program::clean(&api).start_on_a_terminal();
        running.reads("Delete this one? [y/N] ");
        types(&mut keyboard, no);
        running.ends(2).says("note: nothing was deleted\n");
        assert_eq!(api.writes(), [""; 0]);
    }
}

#[test]
fn a_flag_says_yes_on_a_terminal_as_well() {
    let api = Api::with_customers(&["c1"]);
    let (running, _keyboard) = Program::clean(&api).args(&["-y"]).start_on_a_terminal();
    let ran = running.ends(0);
    assert!(!ran.stderr.contains("[y/N]"), "{ran}");
    assert!(api.left().is_empty());
}

#[test]
fn a_signal_is_no_yes() {
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143)] {
        let api = Api::with_customers(&["c1"]);
        let (mut running, _keyboard) = Program::clean(&api).start_on_a_terminal();
        running.reads("[y/N] ");
        running.signal(signal);
        running.ends(code).says("interrupted; nothing was deleted\n");
        assert_eq!(api.writes(), [""; 0]);
    }
}
