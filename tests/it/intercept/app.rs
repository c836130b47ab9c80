//! `polar: intercept` in an app file: an app whose address of the API stands in its code.

use crate::support::app::{SECRET, Way, app_file, command, own_address, start};
use crate::support::program::Test;

/// The test of an app that calls the API at `api` whatever the app file says.
fn test(api: &str, intercept: &str) -> Test {
    let address = own_address();
    let start = start(&address, &command()).replace("${target.url}", api);
    let start = format!("  polar: {intercept}\n{start}");
    let file = app_file(&format!("http://{address}"), Way::Honest, &start, SECRET);
    Test::new("run").format("json").file("tieback.yaml", file).args(["--app", "tieback.yaml"])
}

#[test]
fn the_calls_of_an_app_that_cannot_be_configured_are_led_to_the_sandbox() {
    for api in ["https://sandbox-api.polar.sh", "https://api.polar.sh"] {
        let report = test(api, "intercept").args(["app-sign-up", "app-access"]).done().report();
        assert_eq!(report["status"], "passed", "{api}");
    }
}

/// An app that goes by no proxy variable is not taken for one that makes no customers.
#[test]
fn an_app_whose_calls_do_not_come_is_told_apart() {
    // Nothing listens there: its calls go nowhere, and not by the proxy.
    let test = test("http://127.0.0.1:1", "intercept").arg("app-sign-up").status(1);
    let finished = test.done();
    assert!(finished.stderr.contains("no call of the app to"), "{}", finished.stderr);
}
