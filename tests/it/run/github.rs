//! What a job on GitHub gets: annotations, and a summary.

use serde_json::Value;

use crate::support::program::{Finished, Test};
use crate::support::server::{Behaviour, Kind, Server};

/// A scenario with a check on line 8 that does not hold.
const OWN: &str = "name: own
title: Own
steps:
- name: Create
  request: POST /v1/customers/
  body: { email: \"a@example.com\" }
  expect:
    body: { name: \"100%, exactly: this\" }
  undo: DELETE /v1/customers/1
";

/// A server that names customers as someone does who wants to command a runner.
fn hostile() -> Server {
    let name = "x\n::error file=forged.rs,line=1::forged\r\n::add-mask::a";
    Server::start(Behaviour::correct().spoils(Kind::Create, move |reply| {
        reply.edit(|record| record["name"] = Value::from(name));
    }))
}

fn run(format: &'static str) -> Test {
    let test = Test::new("run").args(["own.yaml", "--events", "none"]).format(format);
    test.file("own.yaml", OWN).against(&hostile()).status(1)
}

/// The commands among the lines.
fn commands(text: &str) -> Vec<&str> {
    text.lines().filter(|line| line.trim_start().starts_with("::")).collect()
}

const EXPECTED: &str = "::error title=";

fn is_the_only_command(text: &str) {
    let commands = commands(text);
    assert_eq!(commands.len(), 1, "{text}");
    let command = commands[0];
    assert!(command.starts_with(EXPECTED) && command.contains(",file=own.yaml,line=8::"), "{text}");
    assert!(command.contains("expected \"100%25, exactly: this\""), "{text}");
}

#[test]
fn with_its_format_annotations_stand_below_the_report() {
    let finished = run("github").done();
    is_the_only_command(&finished.stdout);
    assert_eq!(commands(&finished.stderr), [""; 0]);
    finished.prints("actual    \"x\\n");
}

#[test]
fn in_a_job_they_go_to_stderr_beside_every_format() {
    for format in ["human", "json", "junit", "tap", "github"] {
        let finished = run(format).env("GITHUB_ACTIONS", "true").done();
        let (with, without) = if format == "github" {
            (&finished.stdout, &finished.stderr)
        } else {
            (&finished.stderr, &finished.stdout)
        };
        is_the_only_command(with);
        assert_eq!(commands(without), [""; 0]);
        if format == "json" {
            finished.report();
        }
    }
    let elsewhere = run("json").done();
    assert_eq!(commands(&elsewhere.stderr), [""; 0]);
}

/// A file is named from the top of the repository.
#[test]
fn below_the_top_of_the_repository() {
    let test = run("github").env("GITHUB_ACTIONS", "true");
    let folder = test.path("").canonicalize().expect("a folder");
    let (top, name) = (folder.parent().expect("a parent"), folder.file_name().expect("a name"));
    let finished = test.env("GITHUB_WORKSPACE", top.to_str().expect("UTF-8")).done();
    finished.prints(&format!(",file={}/own.yaml,line=8::", name.to_str().expect("UTF-8")));
}

#[test]
fn a_passed_run_has_none() {
    let test = Test::new("run").arg("customer-mapping").env("GITHUB_ACTIONS", "true");
    let finished = test.against(&Server::correct()).done();
    assert_eq!(
        commands(&finished.stderr).len() + commands(&finished.stdout).len(),
        0,
        "{finished}"
    );
    let alone = Test::new("run").arg("customer-mapping").env("GITHUB_ACTIONS", "true").done();
    let said = commands(&alone.stderr);
    assert!(said.len() == 1 && said[0].starts_with("::warning title=tieback::nothing of yours"));
}

fn with_summary(test: Test) -> Finished {
    let summary = test.path("summary.md");
    let test = test.env("GITHUB_ACTIONS", "true").file("summary.md", "# Before\n");
    test.env("GITHUB_STEP_SUMMARY", summary.to_str().expect("UTF-8")).done()
}

#[test]
fn the_summary_is_added_to_what_is_there() {
    let finished = with_summary(run("json").args(["--report", "markdown=page.md"]));
    let summary = finished.file("summary.md");
    let page = finished.file("page.md");
    assert_eq!(summary, format!("# Before\n{page}"));
    for part in [
        "## tieback: 0 of 1 scenarios passed\n",
        "### The first failure\n",
        "actual    \"x\\n::error file=forged.rs",
        "Reports: page.md",
    ] {
        assert!(page.contains(part), "{part}\n{page}");
    }
    assert_eq!(commands(&page), [""; 0]);
}

/// Nothing asked for the summary.
#[test]
fn a_summary_that_cannot_be_written_changes_no_exit_code() {
    let test = run("json").env("GITHUB_ACTIONS", "true");
    let finished = test.env("GITHUB_STEP_SUMMARY", "/no/such/folder/summary.md").done();
    finished.says("cannot write the summary of the job");
    finished.report();
}
