//! When things were sent and arrived, as the JSON report has it.

use serde_json::Value;

use crate::support::program::Test;
use crate::support::server::{Behaviour, Kind, Reply, Server};

fn millis(value: &Value, key: &str) -> f64 {
    value[key].as_f64().unwrap_or_else(|| panic!("no {key}: {value}"))
}

#[test]
fn a_request_that_is_told_to_wait_is_two_calls_and_a_wait() {
    let server = Server::start(Behaviour::correct().instead(|request, _| {
        let first = request.kind == Kind::Create && request.nth == 0;
        first.then(|| Reply::empty(429).header("retry-after", "1"))
    }));
    let finished = Test::run("customer-mapping").against(&server).done();
    let report = finished.report();
    let step = &report["scenarios"][0]["steps"][0];
    let calls = step["calls"].as_array().expect("calls");
    let statuses: Vec<_> = calls.iter().map(|call| call["status"].as_u64()).collect();
    assert_eq!(statuses, [Some(429), Some(201)], "{finished}");
    assert_eq!(calls[0]["what"], "POST /v1/customers/");
    let wait = &step["rate_limited"][0];
    let (from, until) =
        (millis(wait, "at_ms"), millis(wait, "at_ms") + millis(wait, "duration_ms"));
    assert!(millis(&calls[0], "at_ms") <= from && until <= millis(&calls[1], "at_ms") + 0.2);
    assert!(millis(wait, "duration_ms") >= 999.0, "{wait}");
}

/// Webhooks stand at the time of their arrival, whether a step waited for them or not.
#[test]
fn everything_falls_between_the_ends_of_its_scenario() {
    let server = Server::start(Behaviour::correct().delivered(|one| vec![one.clone(), one]));
    let finished = Test::run("customer-mapping").against(&server).done();
    let report = finished.report();
    let scenario = &report["scenarios"][0];
    let began = millis(scenario, "at_ms");
    let ended = began + millis(scenario, "duration_ms") + 0.2;
    let steps = scenario["steps"].as_array().expect("steps");
    let webhooks = scenario["webhooks"].as_array().expect("webhooks");
    let undo = scenario["undo"].as_array().expect("undo requests");
    let calls = steps.iter().flat_map(|step| step["calls"].as_array().into_iter().flatten());
    for one in steps.iter().chain(webhooks).chain(undo).chain(calls) {
        let at = millis(one, "at_ms");
        assert!((began - 0.2..=ended).contains(&at), "{one}{finished}");
    }
    let decided = steps.iter().find_map(|step| step.get("event")).expect("a webhook");
    let copies: Vec<_> =
        webhooks.iter().filter(|one| one["webhook_id"] == decided["webhook_id"]).collect();
    assert_eq!(copies.len(), 2, "{finished}");
    assert_eq!(copies[0]["at_ms"], decided["at_ms"], "{finished}");
}
