//! Scenarios about access against the sandbox, right and with faults.

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
