//! Which scenarios run: those that did not pass before, or a share of all.

use std::collections::BTreeSet;

use crate::support::program::{Finished, TOKEN, Test};
use crate::support::server::{Behaviour, Kind, Reply, Server};

/// The names of the scenarios in a report.
fn names(finished: &Finished) -> Vec<String> {
    let report = finished.report();
    let scenarios = report["scenarios"].as_array().cloned().unwrap_or_default();
    scenarios.iter().filter_map(|it| it["name"].as_str()).map(str::to_owned).collect()
}

const OWN: &str = "name: own\nsteps:\n- name: Ask\n  request: GET /v1/customers/\n";

/// The JSON report of a run in which `customer-lookup` and a file of the user's own fail.
fn earlier() -> String {
    let server = Server::start(Behaviour::correct().replies(Kind::List, Reply::empty(500)));
    let test = Test::run("customer-mapping").args(["customer-lookup", "own.yaml"]);
    test.file("own.yaml", OWN).against(&server).status(1).done().stdout
}

fn rerun(report: &str) -> Test {
    let test = Test::new("run").args(["--rerun", "earlier.json"]).format("json");
    test.file("earlier.json", report).file("own.yaml", OWN)
}

#[test]
fn only_what_failed_runs_again() {
    let finished = rerun(&earlier()).against(&Server::correct()).done();
    assert_eq!(names(&finished), ["customer-lookup", "own"]);
    // Its own report says that nothing is left to do.
    let again = rerun(&finished.stdout).token(TOKEN).done();
    assert_eq!(again.stdout, "");
    again.says("nothing to run: everything passed in earlier.json");
}

/// Options mean what they did for the whole run.
#[test]
fn a_variable_of_a_scenario_that_passed_is_no_mistake() {
    let vars = format!("vars: {{ mine: a }}\n{}", OWN.replace("own", "with-vars"));
    let server = Server::start(Behaviour::correct().replies(Kind::Lookup, Reply::empty(500)));
    let test = Test::run("customer-lookup").args(["vars.yaml", "--var", "mine=b"]);
    let first = test.file("vars.yaml", &vars).against(&server).status(1).done();
    let test = rerun(&first.stdout).file("vars.yaml", &vars).args(["--var", "mine=b"]);
    assert_eq!(names(&test.against(&Server::correct()).done()), ["customer-lookup"]);
}

#[test]
fn what_a_failure_left_out_runs_again() {
    let server = Server::start(Behaviour::correct().replies(Kind::List, Reply::empty(500)));
    let test = Test::run("customer-lookup").args(["customer-mapping", "--fail-fast"]);
    let first = test.args(["--jobs", "1"]).against(&server).status(1).done();
    let finished = rerun(&first.stdout).against(&Server::correct()).done();
    assert_eq!(names(&finished), ["customer-lookup", "customer-mapping"]);
}

#[test]
fn a_report_that_cannot_be_read_is_a_mistake() {
    for (report, said) in [
        ("", "earlier.json is not a JSON report"),
        ("{\"schema\": 1}", "earlier.json is not a JSON report"),
        ("{\"schema\": 2, \"scenarios\": []}", "has the layout 2"),
    ] {
        rerun(report).token(TOKEN).status(2).done().refuses(said);
    }
    let missing = Test::new("run").args(["--rerun", "no.json"]).status(2).done();
    missing.refuses("--rerun: cannot read no.json");
    let both = rerun(&earlier()).arg("customer-mapping").status(2).done();
    both.refuses("cannot be used with");
    let gone = earlier().replace("customer-lookup", "no-such-scenario");
    rerun(&gone).status(2).done().refuses("no-such-scenario");
}

#[test]
fn every_scenario_is_in_exactly_one_shard() {
    let all: BTreeSet<String> = tieback::scenario::builtin::BUILT_IN
        .iter()
        .filter(|scenario| !scenario.is_about_an_app())
        .map(|scenario| scenario.name.to_owned())
        .collect();
    let mut found = Vec::new();
    for shard in ["1/3", "2/3", "3/3"] {
        let test = Test::new("run").args(["--shard", shard, "--events", "none"]).format("json");
        found.extend(names(&test.done()));
    }
    assert_eq!(found.len(), all.len(), "{found:?}");
    assert_eq!(found.into_iter().collect::<BTreeSet<_>>(), all);
}

#[test]
fn a_shard_may_be_empty() {
    let shard = |shard| Test::run("customer-mapping").args(["--shard", shard]);
    assert_eq!(names(&shard("3/4").done()), ["customer-mapping"]);
    let empty = shard("1/4").done();
    assert_eq!(empty.stdout, "");
    empty.says("nothing to run: none of the 1 scenarios belongs to shard 1/4");
    for wrong in ["0/4", "5/4", "4"] {
        shard(wrong).status(2).done().refuses("--shard");
    }
}
