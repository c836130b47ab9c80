//! What prints and counts.

use std::path::Path;
use std::{env, fs};

use super::{text, tieback};

#[test]
fn list_names_every_built_in_with_its_title() {
    let output = tieback(Path::new("."), &["list"]);
    let shown = text(&output.stdout);
    assert!(
        shown.starts_with("customer-mapping   A new customer can be tied back to the user"),
        "{shown}"
    );
    let names: Vec<_> = shown.lines().filter_map(|line| line.split_whitespace().next()).collect();
    let expected = [
        "customer-mapping",
        "customer-lookup",
        "external-id-rules",
        "customer-metadata",
        "customer-update",
        "team-customer",
        "customer-state",
        "customer-deletion",
        "webhook-delivery",
    ];
    assert_eq!(names, expected);
}

#[test]
fn list_prints_a_file_byte_for_byte() {
    let output = tieback(Path::new("."), &["list", "customer-mapping"]);
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/customer-mapping.yaml");
    assert_eq!(output.stdout, fs::read(file).unwrap());
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn list_knows_what_was_meant() {
    let output = tieback(Path::new("."), &["list", "customer-maping"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("did you mean `customer-mapping`?"));
    assert!(output.stdout.is_empty());
}

#[test]
fn list_shows_tags() {
    let output = tieback(Path::new("."), &["list"]);
    let shown = text(&output.stdout);
    assert!(
        shown.lines().next().is_some_and(|line| line.ends_with("who started the flow  [mapping]")),
        "{shown}"
    );
}

#[test]
fn list_is_there_for_programs_as_well() {
    let output = tieback(Path::new("."), &["list", "--format", "json"]);
    assert_eq!(output.status.code(), Some(0));
    let listed: Vec<serde_json::Value> = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(listed.len(), 9);
    assert_eq!(listed[0]["name"], "customer-mapping");
    assert_eq!(
        listed[0]["title"],
        "A new customer can be tied back to the user who started the flow"
    );
    assert_eq!(listed[0]["tags"], serde_json::json!(["mapping"]));
    assert_eq!(
        tieback(Path::new("."), &["list", "customer-mapping", "--format", "json"]).status.code(),
        Some(2)
    );
}

/// The same as `tieback run`, whatever stands in the folder.
#[test]
fn check_takes_the_built_in_scenarios_where_nothing_is_named() {
    let here = tempfile::tempdir().unwrap();
    let output = tieback(here.path(), &["check"]);
    assert_eq!(text(&output.stderr), "checking the built-in scenarios\n");
    assert_eq!(output.status.code(), Some(0));

    fs::create_dir(here.path().join("scenarios")).unwrap();
    fs::write(here.path().join("scenarios/own.yml"), "nmae: own\n").unwrap();
    let output = tieback(here.path(), &["check"]);
    let hint = "checking the built-in scenarios; `tieback check scenarios` checks the folder of \
                that name\n";
    assert_eq!(text(&output.stderr), hint);
    assert_eq!(text(&output.stdout), "9 scenarios, no errors\n");
    assert_eq!(tieback(here.path(), &["check", "scenarios"]).status.code(), Some(2));
}

#[test]
fn colours_come_when_asked_for() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/check/bad");
    let plain = tieback(&folder, &["check", "empty.yaml"]);
    assert!(!text(&plain.stderr).contains('\u{1b}'));
    let coloured = tieback(&folder, &["check", "empty.yaml", "--color", "always"]);
    assert!(text(&coloured.stderr).contains("\u{1b}["));
}
