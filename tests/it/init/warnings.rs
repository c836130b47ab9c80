//! Each pitfall in right and in wrong code. In the wrong one a comment on the line says which page
//! is about it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use regex::Regex;

use super::own;
use crate::support::program::Test;

/// What is to be found in a folder: file, line and page.
fn marked(folder: &Path) -> BTreeSet<(String, usize, String)> {
    let mut marked = BTreeSet::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        for (line, text) in fs::read_to_string(&path).unwrap().lines().enumerate() {
            if let Some((_, page)) = text.split_once("wrong: ") {
                marked.insert((name.clone(), line + 1, page.to_owned()));
            }
        }
    }
    marked
}

/// What the program warns of, and the last line that it prints.
fn found(folder: &Path) -> (BTreeSet<(String, usize, String)>, String) {
    let shown = Test::new("check").arg("--source").arg(folder).done();
    let place = Regex::new(r"(?s)--> ([\w./-]+):(\d+):\d+.*?tieback explain (\w+)").unwrap();
    let found = shown.stderr.split("warning: ").skip(1).map(|warning| {
        let found = place.captures(warning).unwrap_or_else(|| panic!("{warning}"));
        (found[1].to_owned(), found[2].parse().unwrap(), found[3].to_owned())
    });
    (found.collect(), shown.stdout)
}

#[test]
fn wrong_code_is_warned_of_on_its_line() {
    let marked = marked(&own("wrong"));
    let (found, summary) = found(&own("wrong"));
    let missed: Vec<_> = marked.difference(&found).collect();
    let false_alarms: Vec<_> = found.difference(&marked).collect();
    assert!(missed.is_empty() && false_alarms.is_empty(), "{missed:#?} {false_alarms:#?}");
    assert_eq!(summary, format!("8 files of code, {} warnings\n", marked.len()));
    let pages: BTreeSet<_> = marked.into_iter().map(|(_, _, page)| page).collect();
    assert_eq!(pages.len(), 6, "{pages:?}");
    for page in pages {
        Test::new("explain").arg(page).done();
    }
}

#[test]
fn right_code_raises_no_alarm() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    for folder in [own("right"), own("trees"), examples] {
        let (found, summary) = found(&folder);
        assert!(found.is_empty(), "{found:#?}");
        assert!(summary.ends_with(" of code, no warnings\n"), "{summary}");
    }
}

#[test]
fn a_folder_without_code_is_said_to_have_none() {
    let test = Test::new("check").args(["--source", "."]).file("notes.txt", "webhooks").status(2);
    test.done().refuses("no code in .");
    let missing = Test::new("check").args(["--source", "nowhere"]).status(2).done();
    assert!(missing.stderr.contains("cannot read nowhere"), "{}", missing.stderr);
}

/// Tests do wrong on purpose.
#[test]
fn tests_of_the_app_are_left_out() {
    let wrong = fs::read_to_string(own("wrong/raw.mjs")).unwrap();
    let test = Test::new("check").args(["--source", "."]).file("raw.test.mjs", &wrong);
    assert_eq!(test.done().stdout, "1 file of code, no warnings\n");
}
