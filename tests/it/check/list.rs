//! What prints and counts.

use std::fs;
use std::path::Path;

use super::tieback;
use crate::support::program::Test;

#[test]
fn list_names_every_built_in_with_its_title() {
    let shown = tieback(&["list"]).done().stdout;
    assert!(
        shown.starts_with("customer-mapping         A new customer can be tied back to the user"),
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
        "access-without-payment",
        "checkout-mapping",
        "paid-access",
        "renewal",
        "refund",
        "app-sign-up",
        "app-api-trouble",
        "app-accepts",
        "app-refuses",
        "app-access",
        "app-two-users",
        "app-duplicate",
        "app-orders",
        "app-order",
        "app-early",
        "app-unmapped",
        "app-not-yet-active",
        "app-cancel-and-revoke",
        "app-second-subscription",
        "app-deletion-and-return",
        "app-checkout",
        "app-live",
        "app-account-deletion",
    ];
    assert_eq!(names, expected);
}

#[test]
fn list_prints_a_file_byte_for_byte() {
    let listed = tieback(&["list", "customer-mapping"]).done().stdout;
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/customer-mapping.yaml");
    assert_eq!(listed.into_bytes(), fs::read(file).unwrap());
}

#[test]
fn list_knows_what_was_meant() {
    let misspelt = tieback(&["list", "customer-maping"]).status(2).done();
    misspelt.refuses("did you mean `customer-mapping`?");
}

#[test]
fn list_shows_tags() {
    let shown = tieback(&["list"]).done().stdout;
    assert!(
        shown.lines().next().is_some_and(|line| line.ends_with("who started the flow  [mapping]")),
        "{shown}"
    );
}

#[test]
fn list_is_there_for_programs_as_well() {
    let listed = tieback(&["list", "--format", "json"]).done().stdout;
    let listed: Vec<serde_json::Value> = serde_json::from_str(&listed).unwrap();
    assert_eq!(listed.len(), 32);
    assert_eq!(listed[0]["name"], "customer-mapping");
    assert_eq!(
        listed[0]["title"],
        "A new customer can be tied back to the user who started the flow"
    );
    assert_eq!(listed[0]["tags"], serde_json::json!(["mapping"]));
    tieback(&["list", "customer-mapping", "--format", "json"]).status(2).done();
}

/// The same as `tieback run`, whatever stands in the folder.
#[test]
fn check_takes_the_built_in_scenarios_where_nothing_is_named() {
    let checked = tieback(&["check"]).done();
    assert_eq!(checked.stderr, "checking the built-in scenarios\n");

    let here = tempfile::tempdir().unwrap();
    fs::create_dir(here.path().join("scenarios")).unwrap();
    fs::write(here.path().join("scenarios/own.yml"), "nmae: own\n").unwrap();
    let checked = tieback(&["check"]).folder(here.path()).done();
    let hint = "checking the built-in scenarios; `tieback check scenarios` checks the folder of \
                that name\n";
    assert_eq!(checked.stderr, hint);
    assert_eq!(checked.stdout, "32 scenarios, no errors\n");
    tieback(&["check", "scenarios"]).folder(here.path()).status(2).done();
}

#[test]
fn colours_come_when_asked_for() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/check/bad");
    let empty = || Test::new("check").arg("empty.yaml").folder(&folder).status(2);
    assert!(!empty().done().stderr.contains('\u{1b}'));
    assert!(empty().args(["--color", "always"]).done().stderr.contains("\u{1b}["));
}
