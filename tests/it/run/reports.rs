//! A report is always written, in every format, whatever came of the run.

use crate::support::program::Test;
use crate::support::report_schema;
use crate::support::server::{Behaviour, Kind, Reply, Server};

/// A server for each exit code, with the diagnosis it owes.
fn servers() -> [(Server, i32, &'static str); 3] {
    let refuses = |status: u16| {
        Server::start(Behaviour::correct().replies(Kind::Create, Reply::empty(status)))
    };
    [
        (Server::correct(), 0, ""),
        (refuses(500), 1, "server_error"),
        (refuses(401), 3, "unauthorized"),
    ]
}

#[test]
fn on_stdout_in_every_format() {
    for (server, status, code) in servers() {
        for format in ["human", "json", "junit", "tap", "html"] {
            let finished =
                Test::run("customer-mapping").format(format).against(&server).status(status);
            let finished = finished.done();
            finished.prints("customer-mapping");
            finished.prints(code);
            assert!(
                finished.stderr.starts_with(&format!("target: {} (loopback)", server.url())),
                "{finished}"
            );
        }
    }
}

#[test]
fn in_files_beside_stdout() {
    let files = ["--report", "json=a.json", "--report", "junit=b.xml", "--report", "tap=c.tap"];
    for (server, status, code) in servers() {
        let test = Test::run("customer-mapping").args(files).args(["--report", "human=d.txt"]);
        let finished = test.against(&server).status(status).done();
        assert_eq!(finished.file("a.json"), finished.stdout);
        assert!(finished.file("b.xml").contains("<testsuites"), "{finished}");
        assert!(finished.file("c.tap").starts_with("TAP version 14"), "{finished}");
        for file in ["a.json", "b.xml", "c.tap", "d.txt"] {
            assert!(finished.file(file).contains(code), "{file}{finished}");
        }
    }
}

#[test]
fn nothing_is_sent_where_a_report_cannot_be_written() {
    let server = Server::correct();
    let test = Test::run("customer-mapping")
        .args(["--report", "json=no/such/folder.json"])
        .against(&server);
    let finished = test.status(2).done();
    finished.says("no/such/folder.json");
    assert_eq!(server.requests().len(), 0);
}

#[test]
fn scenarios_stand_in_the_order_in_which_they_were_selected() {
    let slow = Behaviour::correct().answered(|request, reply| {
        if request.kind == Kind::Create && request.nth == 0 {
            reply.wire = crate::support::server::Wire::Drip(std::time::Duration::from_micros(500));
        }
    });
    let server = Server::start(slow);
    let test = Test::run("customer-lookup")
        .args(["customer-mapping", "--jobs", "2"])
        .against(&server)
        .done();
    let report = test.report();
    assert_eq!(report["scenarios"][0]["name"], "customer-lookup");
    assert_eq!(report["scenarios"][1]["name"], "customer-mapping");
    assert_eq!(report["summary"]["passed"], 2);
}

/// A built-in scenario is no file: what CI systems would open is not named.
#[test]
fn a_built_in_is_named_as_one_with_the_line_of_the_check() {
    let loses = Server::start(Behaviour::correct().spoils(Kind::Read, |reply| {
        reply.edit(|record| record["external_id"] = serde_json::Value::Null);
    }));
    let yaml = std::fs::read_to_string(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/scenarios/customer-mapping.yaml"
    ));
    let yaml = yaml.expect("the built-in scenario");
    let step =
        yaml.lines().position(|line| line.contains("- name: Read it back")).expect("the step");
    let check =
        yaml.lines().skip(step).position(|line| line.trim_start().starts_with("external_id:"));
    let line = 1 + step + check.expect("the check");
    for format in ["human", "json", "junit", "tap"] {
        // A file of the user's own with that name is another one.
        let test = Test::run("customer-mapping").args([
            "--events",
            "none",
            "--report",
            "json=report.json",
        ]);
        std::fs::create_dir(test.path("scenarios")).expect("a folder");
        std::fs::write(test.path("scenarios/customer-mapping.yaml"), "mine").expect("a file");
        let finished = test.format(format).against(&loses).status(1).done();
        assert!(!finished.stdout.contains("scenarios/"), "{finished}");
        if format != "json" {
            let place = format!("built-in customer-mapping, line {line}");
            finished.prints(&place);
        }
        assert!(!finished.stdout.contains(" file=\""), "{finished}");
        let report: serde_json::Value =
            serde_json::from_str(&finished.file("report.json")).expect("JSON");
        let scenario = &report["scenarios"][0];
        assert_eq!(
            (&scenario["file"], &scenario["built_in"]),
            (&"built-in customer-mapping".into(), &true.into())
        );
        let checks = scenario["steps"][1]["checks"].as_array().expect("checks");
        let failed: Vec<_> = checks.iter().filter(|check| check["status"] == "failed").collect();
        assert_eq!(
            (failed[0]["path"].as_str(), &failed[0]["line"]),
            (Some("body.external_id"), &line.into())
        );
    }
}

/// In a file, each format leads to the line that does not hold.
#[test]
fn a_failed_check_stands_on_its_own_line() {
    let scenario = "name: own
title: Own
steps:
- name: A step
  request: GET /v1/customers/
  expect:
    status: 404
- name: Another
  request: GET /v1/customers/
  expect:
    headers:
      X-None: here
    body:
      items:
        $length: 9
- name: A capture
  request: GET /v1/customers/
  capture:
    pages: pagination.pages
";
    for (format, place) in
        [("human", "scenario.yaml:"), ("tap", "scenario.yaml:"), ("junit", "line=\"")]
    {
        let finished =
            Test::scenario(scenario).format(format).against(&Server::correct()).status(1).done();
        for line in [7, 12, 19] {
            finished.prints(&format!("{place}{line}"));
        }
    }
    let finished =
        Test::scenario(scenario).format("junit").against(&Server::correct()).status(1).done();
    finished.prints("file=\"scenario.yaml\"");
}

#[test]
fn the_summary_counts_what_was_skipped() {
    let test =
        Test::run("customer-mapping").args(["--events", "none", "--report", "json=report.json"]);
    let finished = test.format("human").against(&Server::correct()).done();
    assert!(finished.stdout.trim_end().ends_with("; 1 step skipped"), "{finished}");
    assert!(finished.file("report.json").contains("\"skipped_steps\": 1"));
}

#[test]
fn the_schema_knows_every_code_and_the_documented_report() {
    let schema = report_schema::schema();
    let codes = &schema["$defs"]["step"]["properties"]["diagnosis"]["properties"]["code"]["enum"];
    let all: Vec<serde_json::Value> =
        tieback::event::Code::ALL.iter().map(|code| code.as_str().into()).collect();
    assert_eq!(codes.as_array(), Some(&all));
    let page = include_str!("../../../docs/reports.md");
    let example = page
        .split("```json\n")
        .nth(1)
        .and_then(|rest| rest.split("```").next())
        .expect("an example");
    let mut report: serde_json::Value = serde_json::from_str(example).expect("JSON");
    assert_eq!(report_schema::offences(&report), Vec::<String>::new());
    // What is wrong is seen.
    report["scenarios"][0]["steps"][0]["status"] = "fine".into();
    report["summary"]["more"] = 1.into();
    report["target"].as_object_mut().expect("an object").remove("kind");
    assert_eq!(report_schema::offences(&report).len(), 3);
}

/// A report with as much in it as there is: answers, webhooks, skipped steps, what failed and what
/// stays.
#[test]
fn every_kind_of_report_is_as_the_schema_says() {
    let stays = Server::start(Behaviour::correct().instead(|request, _| {
        matches!(request.kind, Kind::Delete | Kind::Lookup).then(|| Reply::empty(500))
    }));
    for events in ["listener", "stream", "deliveries", "none"] {
        Test::run("customer-lookup")
            .args(["customer-mapping", "--events", events])
            .against(&stays)
            .status(1)
            .done()
            .report();
    }
    for (server, status, _) in servers() {
        Test::run("customer-mapping").arg("--keep").against(&server).status(status).done().report();
    }
}
