//! docs/claims.md names scenarios and steps that are there.

use std::fs;
use std::path::Path;

use regex::Regex;
use tieback::provider::POLAR;
use tieback::scenario::builtin::BuiltIn;

#[test]
fn every_claim_is_shown_by_a_step_that_is_there() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/claims.md");
    let page = fs::read_to_string(page).unwrap();
    let shown = Regex::new(r#"`([a-z-]+)` "([^"]+)""#).unwrap();
    let (mut claims, mut steps) = (0, 0);
    for row in page.lines().filter(|line| line.starts_with("| ")) {
        let cells: Vec<_> = row.trim_matches('|').split(" | ").map(str::trim).collect();
        if cells[0] == "said" {
            continue;
        }
        claims += 1;
        assert_eq!(row.matches(" | ").count(), 2, "{row}");
        let last = row.trim_end_matches('|').rsplit(" | ").next().unwrap().trim();
        let rest = shown.replace_all(last, "").replace([',', ' '], "");
        assert!(rest.is_empty(), "{rest} names no step: {row}");
        for found in shown.captures_iter(last) {
            steps += 1;
            let scenario = BuiltIn::find(&found[1]).unwrap_or_else(|| panic!("no {}", &found[1]));
            let scenario = scenario.read(&POLAR).unwrap();
            let is_there = scenario.steps.iter().any(|step| step.name == found[2]);
            assert!(is_there, "{} has no step {}", &found[1], &found[2]);
        }
    }
    assert!(claims >= 30 && steps >= 35, "{claims} claims, {steps} steps");
}
