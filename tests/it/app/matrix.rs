//! An app with one fault at a time, and the diagnosis that each owes; and the same app with
//! harmless ways to be different.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use crate::support::app::{self, PRODUCT, Way};
use crate::support::program::Test;
use crate::support::running::Running;

/// A sandbox that sells what the app sells.
fn sandbox() -> (Running, String) {
    let benefit = json!({ "type": "custom", "description": "Access", "properties": {} });
    let product = json!({
        "id": PRODUCT, "name": "Pro", "recurring_interval": "month",
        "prices": [{ "amount_type": "free" }], "benefits": ["Access"],
    });
    let seed = json!({ "benefits": [benefit], "products": [product] }).to_string();
    let test = Test::new("sandbox").file("seed.json", seed);
    let mut sandbox = test.args(["--listen", "127.0.0.1:0", "--seed", "seed.json"]).start();
    let base = format!("http://{}", sandbox.address());
    (sandbox, base)
}

/// Runs scenarios against an app that is like this; returns the report.
fn report(way: Way, scenarios: &[&str], status: i32) -> Value {
    let (_sandbox, base) = sandbox();
    let app = app::serve(way, &base);
    let test = Test::new("run").args(scenarios).format("json").file("tieback.yaml", app.file(way));
    let arguments = ["--app", "tieback.yaml", "--base-url", &base, "--wait", "15s"];
    test.args(arguments).token("polar_any_1").status(status).done().report()
}

/// The codes of the diagnoses, and where they stand.
fn found(report: &Value) -> Vec<(String, String)> {
    let scenarios = report["scenarios"].as_array().unwrap();
    let steps = scenarios.iter().flat_map(|scenario| {
        let name = scenario["name"].as_str().unwrap();
        scenario["steps"].as_array().unwrap().iter().map(move |step| (name, step))
    });
    steps
        .filter_map(|(scenario, step)| {
            let code = step["diagnosis"]["code"].as_str()?;
            Some((code.to_owned(), format!("{scenario}: {}", step["name"].as_str().unwrap())))
        })
        .collect()
}

#[test]
fn the_honest_app_passes_everything() {
    let report = report(Way::Honest, &[], 0);
    assert_eq!(report["status"], "passed", "{:#?}", found(&report));
    assert!(report["summary"]["scenarios"].as_u64() > Some(14));
}

/// Slow is no fault yet, and is said.
#[test]
fn an_answer_that_takes_seconds_is_a_notice() {
    let report = report(Way::TakesThreeSeconds, &["app-checkout"], 0);
    let notices = report["scenarios"][0]["notices"].to_string();
    assert!(notices.contains("s to answer order.paid"), "{notices}");
}

/// What the app file calls a secret is printed nowhere, whatever its name is.
#[test]
fn secrets_of_the_app_are_not_printed() {
    let (_sandbox, base) = sandbox();
    let app = app::serve(Way::Honest, &base);
    let file = app.file(Way::Honest).replace("secret: [token]", "secret: [user.email, token]");
    let test = Test::new("run").args(["app-sign-up", "-vv"]).file("tieback.yaml", file);
    let test = test.args(["--app", "tieback.yaml", "--base-url", &base]).format("human");
    let finished = test.token("polar_any_1").done();
    for secret in ["session-", "buyer+", "Tb-9", app::SECRET] {
        assert!(!finished.stdout.contains(secret), "{secret}: {}", finished.stdout);
        assert!(!finished.stderr.contains(secret), "{secret}: {}", finished.stderr);
    }
}

/// Runs each way, some at a time; returns what is wrong, all at once.
fn all(ways: &[(Way, &'static [&'static str], &'static str)]) -> Vec<String> {
    let next = AtomicUsize::new(0);
    let wrong = Mutex::new(Vec::new());
    let one = || {
        while let Some((way, scenarios, owed)) = ways.get(next.fetch_add(1, Ordering::Relaxed)) {
            let run = || report(*way, scenarios, i32::from(!owed.is_empty()));
            let what = match std::panic::catch_unwind(run) {
                Ok(report) => {
                    let found = found(&report);
                    let first = found.first().map_or("", |(code, _)| code);
                    if first == *owed { None } else { Some(format!("{found:?}")) }
                }
                Err(_) => Some("another end".to_owned()),
            };
            let what = what.map(|what| format!("{way:?} owes {owed}: {what}"));
            wrong.lock().unwrap().extend(what);
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(one);
        }
    });
    wrong.into_inner().unwrap()
}

/// Each fault against the scenario that is about it; with `TIEBACK_MATRIX=full`, against all.
#[test]
fn every_fault_gets_its_diagnosis() {
    let full = std::env::var("TIEBACK_MATRIX").is_ok_and(|it| it == "full");
    let ways = Way::FAULTS.map(|(way, scenario, code)| {
        let scenarios: &'static [&'static str] = if full { &[] } else { Vec::leak(vec![scenario]) };
        (way, scenarios, code)
    });
    let wrong = all(&ways);
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn what_is_merely_different_is_let_be() {
    let wrong = all(&Way::HARMLESS.map(|way| (way, &[][..], "")));
    assert!(wrong.is_empty(), "{wrong:#?}");
}
