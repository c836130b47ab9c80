//! Ctrl-C and SIGTERM. The server says when: it has a request, and does not answer.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use crate::support::program::{Finished, Test};
use crate::support::running::signal;
use crate::support::server::{Behaviour, Kind, Reply, Server, Wire};

/// Never answers requests of one kind.
fn silent(kind: Kind) -> Server {
    Server::start(Behaviour::correct().spoils(kind, move |reply| reply.wire = Wire::Silence))
}

fn statuses(report: &serde_json::Value) -> Vec<&str> {
    let steps = report["scenarios"][0]["steps"].as_array().into_iter().flatten();
    steps.filter_map(|step| step["status"].as_str()).collect()
}

#[test]
fn while_waiting_for_a_webhook() {
    for (signal, status) in [("INT", 130), ("TERM", 143), ("HUP", 143)] {
        let server = Server::start(Behaviour::correct().delivered(|_| Vec::new()));
        let running = Test::run("customer-mapping").against(&server).status(status).start();
        server.wait_for(Kind::Read);
        running.signal(signal);
        let finished = running.done();
        let report = finished.report();
        assert_eq!(report["status"], "interrupted", "{finished}");
        assert_eq!(statuses(&report), ["passed", "passed", "interrupted"], "{finished}");
        assert_eq!((server.customers().len(), server.endpoints().len()), (0, 0), "{finished}");
    }
}

/// Started to outlive its terminal.
#[cfg(target_os = "linux")]
#[test]
fn a_hangup_that_is_ignored() {
    let server = Server::start(Behaviour::correct().delivered(|_| Vec::new()));
    let test = Test::run("customer-mapping").args(["--wait", "1s"]).against(&server).status(1);
    let running = test.nohup().start();
    server.wait_for(Kind::Read);
    running.signal("HUP");
    let finished = running.done();
    assert_eq!(finished.report()["status"], "failed", "{finished}");
}

/// A wait that no test can sit out. The limit holds for the clean-up as well, which is waited for
/// until a second signal.
fn interrupted_while_limited(kind: Kind) -> Finished {
    let server = Server::start(Behaviour::correct().instead(move |request, _| {
        let limit = Reply::empty(429).header("retry-after", "100");
        (request.kind == kind && request.nth == 0).then_some(limit)
    }));
    let test = Test::run("customer-mapping").args(["--timeout", "10m"]).against(&server);
    let running = test.status(130).start();
    server.wait_for(kind);
    running.interrupt()
}

/// The clean-up waits for the limit as well, and says so; a second signal ends that at once.
#[test]
fn while_a_rate_limit_holds_up_the_clean_up() {
    for kind in [Kind::Create, Kind::Delete, Kind::DeleteEndpoint] {
        let finished = interrupted_while_limited(kind);
        let said =
            finished.stderr.lines().find(|line| line.contains("; Ctrl-C again ends at once"));
        assert!(
            said.is_some_and(|said| said.contains("cleaning up, waiting ")),
            "{kind:?} {finished}"
        );
        let report = finished.report();
        assert_ne!(report["left_behind"].as_array().map_or(0, Vec::len), 0, "{kind:?} {finished}");
    }
}

#[test]
fn while_a_creation_is_in_flight() {
    let server = silent(Kind::Create);
    let running = Test::run("customer-mapping")
        .args(["--timeout", "2s"])
        .against(&server)
        .status(130)
        .start();
    server.wait_for(Kind::Create);
    running.signal("INT");
    let finished = running.done();
    assert_eq!(finished.report()["status"], "interrupted", "{finished}");
    assert_eq!((server.customers().len(), server.endpoints().len()), (0, 0), "{finished}");
}

#[test]
fn while_the_endpoint_is_made() {
    let server = silent(Kind::MakeEndpoint);
    let running = Test::run("customer-mapping")
        .args(["--timeout", "2s"])
        .against(&server)
        .status(130)
        .start();
    server.wait_for(Kind::MakeEndpoint);
    running.signal("INT");
    let finished = running.done();
    assert_eq!(
        statuses(&finished.report()),
        ["interrupted", "interrupted", "interrupted"],
        "{finished}"
    );
    assert_eq!((server.of(Kind::Create).len(), server.endpoints().len()), (0, 0), "{finished}");
}

fn while_limited(kind: Kind) {
    let finished = interrupted_while_limited(kind);
    let report = finished.report();
    let statuses = statuses(&report);
    assert!(statuses.contains(&"interrupted") && !statuses.contains(&"errored"), "{finished}");
}

#[test]
fn while_a_rate_limit_holds_up_the_endpoint() {
    while_limited(Kind::MakeEndpoint);
}

#[test]
fn while_a_rate_limit_holds_up_a_step() {
    while_limited(Kind::Create);
}

/// Whichever request the signal falls on, nothing stays and the report is whole. The server sends
/// it, once it has done what was asked and before it answers.
#[test]
fn at_every_request() {
    let whole = Server::correct();
    Test::run("customer-mapping").against(&whole).done();
    let requests = whole.requests().len();
    for number in 0..requests {
        for (name, status) in [("INT", 130), ("TERM", 143)] {
            let (seen, process) = (AtomicUsize::new(0), Arc::new(OnceLock::new()));
            let known = process.clone();
            let server = Server::start(Behaviour::correct().answered(move |_, _| {
                if seen.fetch_add(1, Ordering::Relaxed) == number {
                    signal(*known.wait(), name);
                }
            }));
            let running = Test::run("customer-mapping").against(&server).start();
            process.set(running.id()).expect("it is started once");
            let (code, finished) = running.end();
            // After its last request a run may end before it hears of a signal.
            let ended = code == Some(status) || (number + 1 == requests && code == Some(0));
            assert!(ended, "{name} at request {number}: {code:?} {finished}");
            assert_eq!(
                (server.customers().len(), server.endpoints().len()),
                (0, 0),
                "request {number} {finished}"
            );
            assert_eq!(
                finished.report()["left_behind"].to_string(),
                "[]",
                "request {number} {finished}"
            );
        }
    }
}

#[test]
fn while_a_poll_goes_on() {
    let scenario = "
name: poll
steps:
- name: Wait for it
  request: GET /v1/customers/
  within: 10m
  expect: { body: { items: { $length: 1 } } }
";
    let server = Server::correct();
    let running = Test::scenario(scenario).against(&server).status(130).start();
    server.wait_for(Kind::List);
    running.signal("INT");
    let finished = running.done();
    assert_eq!(finished.report()["status"], "interrupted", "{finished}");
    let step = finished.step("Wait for it");
    assert_eq!(
        (&step["status"], step.get("diagnosis")),
        (&"interrupted".into(), None),
        "{finished}"
    );
}

/// The second signal does not wait for a clean-up that hangs; what stays is listed.
#[test]
fn twice() {
    let server = Server::start(
        Behaviour::correct()
            .delivered(|_| Vec::new())
            .spoils(Kind::Delete, |reply| reply.wire = Wire::Silence),
    );
    let test = Test::run("customer-mapping")
        .args(["--timeout", "10m", "--report", "tap=report.tap"])
        .against(&server);
    let running = test.status(130).start();
    server.wait_for(Kind::Read);
    running.signal("INT");
    server.wait_for(Kind::Delete);
    running.signal("INT");
    let finished = running.done();
    let left = finished.report()["left_behind"].as_array().map_or(0, Vec::len);
    assert_eq!(left, 2, "{finished}");
    assert!(finished.file("report.tap").starts_with("TAP version 14"), "{finished}");
}
