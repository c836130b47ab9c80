//! An app with one fault at a time, and the diagnosis that each owes; and the same app with
//! harmless ways to be different.

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
    let arguments = ["--app", "tieback.yaml", "--base-url", &base, "--wait", "3s"];
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

/// Every way of a list against the whole set; what is wrong, all at once.
fn all(ways: &[(Way, &'static str)]) -> Vec<String> {
    let next = std::sync::atomic::AtomicUsize::new(0);
    let wrong = std::sync::Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                    let Some((way, owed)) = ways.get(index) else { break };
                    let run = || report(*way, &[], i32::from(!owed.is_empty()));
                    let Ok(report) = std::panic::catch_unwind(run) else {
                        wrong.lock().unwrap().push(format!("{way:?} owes {owed}: another end"));
                        continue;
                    };
                    let found = found(&report);
                    let right = found.first().map_or("", |(code, _)| code) == *owed;
                    println!("{way:?} {owed}: {right} {found:?} {}", report["duration_ms"]);
                    if !right {
                        wrong.lock().unwrap().push(format!("{way:?} owes {owed}: {found:?}"));
                    }
                }
            });
        }
    });
    wrong.into_inner().unwrap()
}

#[test]
fn every_fault_gets_its_diagnosis() {
    let wrong = all(&Way::FAULTS);
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn what_is_merely_different_is_let_be() {
    let wrong = all(&Way::HARMLESS.map(|way| (way, "")));
    assert!(wrong.is_empty(), "{wrong:#?}");
}
