//! `--compare`: what broke, what healed, what is new.

use serde_json::Value;

use super::{all, forgetful, page, words};
use crate::support::program::Test;
use crate::support::server::Server;

const BOTH: [&str; 3] = ["customer-lookup", "--events", "none"];

/// The report of a run of `customer-mapping`.
fn earlier(server: &Server, status: i32) -> String {
    let test = Test::run("customer-mapping").args(["--events", "none"]).against(server);
    test.status(status).done().stdout
}

fn names(report: &Value, list: &str) -> Vec<String> {
    let list = report["comparison"][list].as_array().expect("a list");
    list.iter().map(|one| one["scenario"].as_str().expect("a name").to_owned()).collect()
}

#[test]
fn what_broke_what_healed_and_what_is_new() {
    let (correct, forgetful) = (Server::correct(), forgetful());
    for (before, now, list, status) in
        [(&correct, &forgetful, "broke", 1), (&forgetful, &correct, "healed", 0)]
    {
        let old = earlier(before, 1 - status);
        let test = Test::run("customer-mapping").args(BOTH).args(["--compare", "old.json"]);
        let test = test.file("old.json", &old).args(["--report", "human=report.txt"]);
        let finished = test.against(now).status(status).done();
        let report = finished.report();
        assert_eq!(names(&report, list), ["customer-mapping"], "{finished}");
        assert_eq!(names(&report, "new"), ["customer-lookup"], "{finished}");
        let said = finished.file("report.txt");
        assert!(said.contains("compared with old.json:"), "{said}");
        assert!(said.contains(&format!("  {list}: customer-mapping\n")), "{said}");
        assert!(said.contains("  new: customer-lookup\n"), "{said}");
        let code = if list == "broke" { "codes" } else { "codes_before" };
        assert_eq!(report["comparison"][list][0][code][0], "external_id_lost");
    }
}

#[test]
fn what_fails_as_before_and_what_was_left_out() {
    let server = forgetful();
    let old = earlier(&server, 1);
    let other = old.replace("\"external_id_lost\"", "\"mismatch\"");
    for (old, list) in [(&old, "still"), (&other, "changed")] {
        let test = Test::run("customer-mapping").args(["--events", "none"]);
        let test = test.args(["--compare", "old.json"]).file("old.json", old);
        let report = test.against(&server).status(1).done().report();
        assert_eq!(names(&report, list), ["customer-mapping"]);
    }
    let test = Test::run("customer-lookup").args(["--events", "none"]);
    let test = test.args(["--compare", "old.json"]).file("old.json", &old);
    let finished = test.against(&Server::correct()).done();
    assert_eq!(names(&finished.report(), "untested"), ["customer-mapping"]);
}

#[test]
fn the_page_says_it() {
    let old = earlier(&Server::correct(), 0);
    let test = Test::run("customer-mapping").args(["--events", "none", "--compare", "old.json"]);
    let (_, page) = page(test.file("old.json", &old), &forgetful(), 1);
    let compared = words(all(&page, ".compared")[0]);
    assert!(compared.contains("1 broke"), "{compared}");
    assert!(
        compared.contains("customer-mapping: passed → failed (external_id_lost)"),
        "{compared}"
    );
}

#[test]
fn what_cannot_be_compared_is_said_before_anything_is_sent() {
    let server = Server::correct();
    for (old, why) in [
        (None, "cannot read old.json"),
        (Some("{"), "is not a JSON report"),
        (Some("{\"schema\":1}"), "is not a JSON report"),
        (Some("{\"schema\":2,\"anything\":[]}"), "its schema is 2"),
    ] {
        let test = Test::run("customer-mapping").args(["--compare", "old.json"]);
        let test = match old {
            Some(old) => test.file("old.json", old),
            None => test,
        };
        test.against(&server).status(2).done().says(why);
    }
    assert_eq!(server.requests().len(), 0);
}
