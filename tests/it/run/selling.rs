//! Scenarios about access against the sandbox, right and with faults.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use serde_json::Value;

use crate::support::program::Test;
use crate::support::running::Running;

const SCENARIOS: [&str; 5] =
    ["access-without-payment", "checkout-mapping", "paid-access", "renewal", "refund"];

fn sandbox(fault: &str) -> (Running, String) {
    let test = Test::new("sandbox").args(["--listen", "127.0.0.1:0", "--fault", fault]);
    let mut sandbox = test.start();
    let base = format!("http://{}", sandbox.address());
    (sandbox, base)
}

/// The codes of a scenario's diagnoses against a sandbox with a fault.
fn codes(scenario: &str, fault: &str, status: i32) -> Vec<String> {
    let (_sandbox, base) = sandbox(fault);
    let test = Test::run(scenario).args(["--base-url", &base, "--wait", "2s"]).token("polar_any_1");
    let report = test.status(status).done().report();
    assert_eq!(report["left_behind"], serde_json::json!([]), "{scenario} {fault}");
    let steps = report["scenarios"][0]["steps"].as_array().unwrap().clone();
    let code = |step: &Value| step["diagnosis"]["code"].as_str().map(str::to_owned);
    steps.iter().filter_map(code).collect()
}

#[test]
fn an_event_that_lost_the_id_is_unmapped() {
    for scenario in SCENARIOS {
        let codes = codes(scenario, "webhook-without-external-id", 1);
        assert!(
            !codes.is_empty() && codes.iter().all(|code| code == "webhook_unmapped"),
            "{codes:?}"
        );
    }
}

#[test]
fn what_is_late_twice_or_out_of_order_is_no_fault() {
    for fault in ["webhook-twice", "webhook-out-of-order", "webhook-early", "stale-state=1s"] {
        for scenario in SCENARIOS {
            assert_eq!(codes(scenario, fault, 0), Vec::<String>::new(), "{scenario} {fault}");
        }
    }
}

#[test]
fn an_event_that_never_comes_is_missing() {
    for scenario in SCENARIOS {
        let codes = codes(scenario, "webhook-never", 1);
        assert!(codes.iter().all(|code| code == "webhook_missing"), "{codes:?}");
        assert!(!codes.is_empty());
    }
}

/// Arms a fault that is aimed at one type of event.
fn arm(base: &str, fault: &str, on: &str) {
    let address = base.strip_prefix("http://").unwrap();
    let body = serde_json::json!({ "name": fault, "on": on }).to_string();
    let head = format!(
        "POST /_sandbox/faults HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\n\
         connection: close\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all((head + &body).as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

/// The id gets lost on the way to one event, or one event does not come, and the others are right.
#[test]
fn one_event_that_goes_wrong_is_found() {
    for (scenario, fault, on, owed) in [
        ("checkout-mapping", "webhook-without-external-id", "customer.created", "webhook_unmapped"),
        ("paid-access", "webhook-without-external-id", "order.paid", "webhook_unmapped"),
        ("renewal", "webhook-without-external-id", "subscription.cycled", "webhook_unmapped"),
        ("renewal", "webhook-without-external-id", "subscription.past_due", "webhook_unmapped"),
        ("refund", "webhook-without-external-id", "order.refunded", "webhook_unmapped"),
        ("access-without-payment", "webhook-never", "benefit_grant.created", "webhook_missing"),
        ("paid-access", "webhook-never", "benefit_grant.created", "webhook_missing"),
        ("refund", "webhook-never", "benefit_grant.revoked", "webhook_missing"),
    ] {
        let sandbox = Test::new("sandbox").args(["--listen", "127.0.0.1:0"]);
        let mut sandbox = sandbox.start();
        let base = format!("http://{}", sandbox.address());
        arm(&base, fault, on);
        let test = Test::run(scenario).args(["--base-url", &base, "--wait", "2s"]);
        let report = test.token("polar_any_1").status(1).done().report();
        let steps = report["scenarios"][0]["steps"].as_array().unwrap();
        let found: Vec<_> =
            steps.iter().filter_map(|step| step["diagnosis"]["code"].as_str()).collect();
        assert_eq!(found, [owed], "{scenario} {fault} on {on}");
    }
}

/// A state that lags behind is waited for, and one that never follows is not let pass.
#[test]
fn a_state_that_stays_stale_is_found() {
    let (_sandbox, base) = sandbox("stale-state=5m");
    let scenario = std::fs::read_to_string(
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/paid-access.yaml"),
    );
    // The scenario waits half a minute for it.
    let scenario = scenario.unwrap().replace("within: 30s", "within: 1s");
    let test = Test::run("stale.yaml").file("stale.yaml", scenario);
    let test = test.args(["--base-url", &base, "--wait", "2s"]).token("polar_any_1");
    let report = test.status(1).done().report();
    let steps = report["scenarios"][0]["steps"].as_array().unwrap();
    let failed: Vec<_> = steps.iter().filter(|step| step["status"] == "failed").collect();
    assert_eq!(failed.len(), 1);
    assert_eq!(failed[0]["name"], "The state shows the access under the user's id");
}
