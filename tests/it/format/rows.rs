//! One scenario over a table.

use serde_json::json;

use super::{Reply, Test, lines, server};

const IDS: &str = "name: ids
title: Ids of every kind come back as they were sent
each:
  - { id: \"007\", kind: zeros }
  - { id: \"Zoë / 10%\", kind: text }
  - { id: \"u-${run.id}\", kind: own }
vars: { path: \"${kind}-${id}\" }
steps:
  - name: Send it
    request: GET /ids/${path}
    expect: { body: { id: \"${id}\" } }
";

#[test]
fn each_row_runs_by_itself_and_is_reported_by_its_values() {
    let server = server(|request| {
        // Everything but leading zeros survives.
        let id = request.segments[1].split_once('-').unwrap().1.trim_start_matches('0');
        Reply::json(200, &json!({ "id": id }))
    });
    let finished = Test::scenario(IDS).against(&server).status(1).done();
    let report = finished.report();
    let scenarios = report["scenarios"].as_array().unwrap();
    let names: Vec<_> = scenarios.iter().map(|each| each["name"].as_str().unwrap()).collect();
    assert_eq!(
        names,
        [
            "ids (id: 007, kind: zeros)",
            "ids (id: Zoë / 10%, kind: text)",
            "ids (id: u-${run.id}, kind: own)",
        ]
    );
    let statuses: Vec<_> = scenarios.iter().map(|each| each["status"].clone()).collect();
    assert_eq!(statuses, ["failed", "passed", "passed"]);
    assert_eq!(report["summary"]["scenarios"], 3);
    let mut sent = lines(&server);
    sent.sort_unstable();
    assert!(sent.iter().any(|line| line == "GET /ids/text-Zo%C3%AB%20%2F%2010%25"), "{sent:?}");
    assert!(sent[0].starts_with("GET /ids/own-u-"), "{sent:?}");
}

/// Each row has an id of its own.
#[test]
fn rows_share_no_run_id() {
    let server = server(|_| Reply::json(200, &json!({})));
    let scenario = "name: rows\neach: [{ n: 1 }, { n: 2 }]\nsteps:\n  \
                    - request: GET /${n}/${run.id}\n";
    Test::scenario(scenario).args(["--jobs", "1"]).against(&server).done();
    let ids: Vec<_> = server.requests().iter().map(|each| each.segments.clone()).collect();
    assert_eq!((ids[0][0].as_str(), ids[1][0].as_str()), ("1", "2"));
    assert_ne!(ids[0][1], ids[1][1]);
}

#[test]
fn a_value_from_the_command_line_is_that_of_every_row() {
    let server = server(|_| Reply::json(200, &json!({})));
    let scenario = "name: rows\neach: [{ n: 1 }, { n: 2 }]\nsteps:\n  - request: GET /${n}\n";
    Test::scenario(scenario).args(["--var", "n=9"]).against(&server).done();
    assert_eq!(lines(&server), ["GET /9", "GET /9"]);
}
