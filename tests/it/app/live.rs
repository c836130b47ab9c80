//! `webhooks: live`: the API itself sends the app its webhooks.

use serde_json::Value;

use crate::support::app::{self, PRODUCT, SECRET, Way};
use crate::support::program::Test;
use crate::support::running::Running;

const LIVE: &str = "name: live\nwebhooks: live\nsteps:\n  - use: user\n  - request: GET \
                    /v1/customers/external/${user_id}\n    capture: { customer_id: id }\n    undo: \
                    DELETE /v1/customers/${customer_id}\n    within: 10s\n  - request: POST \
                    /v1/subscriptions/\n    body: { product_id: \"${product.id}\", customer_id: \
                    \"${customer_id}\" }\n  - use: state\n    access: true\n    within: 10s\n";

fn sandbox(faults: &[&str]) -> (Running, String) {
    let seed = format!(
        "{{\"products\":[{{\"id\":\"{PRODUCT}\",\"name\":\"Pro\",\"recurring_interval\":\"month\",\
         \"price\":\"free\"}}]}}"
    );
    let test = Test::new("sandbox").file("seed.json", seed);
    let test = test.args(["--listen", "127.0.0.1:0", "--seed", "seed.json"]).args(faults);
    let mut sandbox = test.start();
    let base = format!("http://{}", sandbox.address());
    (sandbox, base)
}

fn run(base: &str, file: &str, scenario: &str, status: i32) -> Value {
    let test = Test::new("run").arg("live.yaml").file("live.yaml", scenario);
    let test = test.file("tieback.yaml", file).format("json").arg("-v");
    let test = test.args(["--app", "tieback.yaml", "--base-url", base, "--wait", "10s"]);
    let finished = test.token("polar_any_1").status(status).done();
    assert!(!finished.stdout.contains(SECRET) && !finished.stderr.contains(SECRET));
    finished.report()
}

/// The endpoints that are left at the API.
fn endpoints(base: &str) -> Value {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let request = client.get(format!("{base}/v1/webhooks/endpoints")).bearer_auth("polar_any_1");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let text = runtime.block_on(async { request.send().await.unwrap().text().await.unwrap() });
    serde_json::from_str::<Value>(&text).unwrap()["items"].clone()
}

fn undone(report: &Value) -> Vec<String> {
    let undo = report["scenarios"][0]["undo"].as_array().unwrap().iter();
    let shown = |undo: &Value| {
        let request = undo["request"].as_str().unwrap();
        let place = request.rsplit_once('/').unwrap().0;
        format!("{place} {}", undo["status"].as_str().unwrap())
    };
    undo.map(shown).collect()
}

const REMOVED: [&str; 3] = [
    "DELETE /v1/customers passed",
    "PATCH /v1/webhooks/endpoints passed",
    "DELETE /v1/webhooks/endpoints passed",
];

#[test]
fn the_api_itself_gives_the_app_its_webhooks() {
    let (_sandbox, base) = sandbox(&[]);
    let app = app::serve(Way::Honest, &base);
    let report = run(&base, &app.file(Way::Honest), LIVE, 0);
    let first = &report["scenarios"][0]["steps"][0];
    assert_eq!(first["name"], "The API sends its webhooks to the app");
    assert_eq!(undone(&report), REMOVED);
    assert_eq!(report["left_behind"], serde_json::json!([]));
    assert_eq!(endpoints(&base), serde_json::json!([]));
}

/// An app that never grants fails, and its endpoint goes all the same.
#[test]
fn the_endpoint_goes_where_the_scenario_fails() {
    let (_sandbox, base) = sandbox(&[]);
    let app = app::serve(Way::NeverGrants, &base);
    let report = run(&base, &app.file(Way::NeverGrants), LIVE, 1);
    assert_eq!(undone(&report), REMOVED);
    assert_eq!(endpoints(&base), serde_json::json!([]));
}

#[test]
fn the_endpoint_goes_where_the_run_is_interrupted() {
    let (_sandbox, base) = sandbox(&[]);
    let app = app::serve(Way::NeverGrants, &base);
    let scenario = LIVE.replace("access: true\n    within: 10s", "access: true\n    within: 60s");
    let test = Test::new("run").arg("live.yaml").file("live.yaml", scenario).format("json");
    let test = test.file("tieback.yaml", app.file(Way::NeverGrants)).token("polar_any_1");
    let test = test.args(["--app", "tieback.yaml", "--base-url", &base]).status(130);
    let running = test.start();
    while endpoints(&base) == serde_json::json!([]) {
        std::thread::yield_now();
    }
    running.signal("INT");
    let report = running.done().report();
    assert_eq!(report["status"], "interrupted");
    assert_eq!(report["left_behind"], serde_json::json!([]));
    assert_eq!(endpoints(&base), serde_json::json!([]));
}

/// A real API takes no address of this machine: what to do is said.
#[test]
fn an_address_that_the_api_refuses_needs_a_tunnel() {
    let (_sandbox, base) = sandbox(&["--fault", "https-only"]);
    let app = app::serve(Way::Honest, &base);
    let file = app.file(Way::Honest);
    let report = run(&base, &file, LIVE, 1);
    let steps = report["scenarios"][0]["steps"].as_array().unwrap();
    assert_eq!(steps[0]["diagnosis"]["code"], "rejected");
    assert!(steps[0]["note"].as_str().unwrap().contains("`webhook.public_url`"));
    // With a tunnel's address the endpoint is made; nothing comes through this one.
    let public = "  webhook:\n    public_url: https://tunnel.example.com/api/webhooks/polar\n";
    let file = file.replace("  webhook:\n", public);
    let scenario = LIVE.replace("access: true\n    within: 10s", "access: false");
    let report = run(&base, &file, &scenario, 0);
    let sent = report["scenarios"][0]["steps"][0]["request"]["body"]["url"].clone();
    assert_eq!(sent, "https://tunnel.example.com/api/webhooks/polar");
    assert_eq!(undone(&report), REMOVED);
}
