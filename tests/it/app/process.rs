//! The app's process: started, waited for, and ended whatever happens.

use std::net::TcpStream;
use std::time::{Duration, Instant};

use crate::support::app::{self, SECRET, Way, app_file, command, own_address, start};
use crate::support::program::Test;

fn test(address: &str, start: &str, secret: &str) -> Test {
    let file = app_file(&format!("http://{address}"), Way::Honest, start, secret);
    Test::new("run").format("json").file("tieback.yaml", file).args(["--app", "tieback.yaml"])
}

/// Waits until nothing listens at an address any more.
fn is_gone(address: &str) -> bool {
    let deadline = Instant::now() + Duration::from_secs(10);
    while TcpStream::connect(address).is_ok() {
        if Instant::now() > deadline {
            return false;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    true
}

/// The embedded sandbox, the app's products, the app with what it needs, and all of it gone.
#[test]
fn an_app_is_started_against_the_embedded_sandbox() {
    let address = own_address();
    let run = test(&address, &start(&address, &command()), SECRET);
    let finished = run.args(["app-access", "app-sign-up"]).done();
    let report = finished.report();
    assert_eq!(report["status"], "passed");
    assert_eq!(report["troubles"], serde_json::json!({ "handled": 2, "all": 2 }));
    assert!(is_gone(&address));
    assert!(!finished.stdout.contains(SECRET) && !finished.stderr.contains(SECRET));
}

/// What it starts itself is ended as well: the shell that ran the command waits for it.
#[test]
fn an_interrupted_run_ends_the_app_and_what_it_started() {
    let address = own_address();
    let nested = format!("sh -c '{}; true' ; true", command());
    let scenario = "name: long\nneeds: [app]\nsteps:\n  - use: user\n  - name: wait\n    app: GET \
                    /api/subscription\n    expect: { body: { plan: never } }\n    within: 5m\n";
    let run = test(&address, &start(&address, &nested), SECRET).file("long.yaml", scenario);
    let mut running = run.arg("long.yaml").status(130).start();
    while TcpStream::connect(&address).is_err() {
        assert!(running.is_running(), "it ended: {}", running.said());
        std::thread::sleep(Duration::from_millis(20));
    }
    running.signal("INT");
    running.done();
    assert!(is_gone(&address));
}

#[test]
fn an_app_that_ends_is_not_ready_and_says_its_last_words() {
    let address = own_address();
    let run = test(&address, &start(&address, "echo no database here; exit 3"), SECRET);
    let finished = run.arg("app-sign-up").status(3).done();
    let report = finished.report();
    let step = &report["scenarios"][0]["steps"][0];
    assert_eq!(step["diagnosis"]["code"], "app_not_ready");
    let message = step["diagnosis"]["message"].as_str().unwrap();
    assert!(message.contains("exit status: 3"), "{message}");
    assert!(finished.stderr.contains("the app said: no database here"), "{}", finished.stderr);
}

#[test]
fn an_app_that_is_never_ready_is_given_up() {
    let address = own_address();
    let start = start(&address, "sleep 60").replace("within: 20s", "within: 300ms");
    let report = test(&address, &start, SECRET).arg("app-sign-up").status(3).done().report();
    let diagnosis = &report["scenarios"][0]["steps"][0]["diagnosis"];
    assert_eq!(diagnosis["code"], "app_not_ready");
    assert!(diagnosis["message"].as_str().unwrap().contains("not ready within 300ms"));
}

#[test]
fn another_program_at_its_address_is_not_taken_for_the_app() {
    let app = app::serve(Way::Honest, "http://127.0.0.1:9");
    let address = app.address.to_string();
    let finished = test(&address, &start(&address, "sleep 60"), SECRET).status(2).done();
    finished.refuses("answers before the app was started");
}

/// Without a secret in its file, one is made up, and the app is told.
#[test]
fn a_secret_is_made_up_for_an_app_that_is_started() {
    let address = own_address();
    let file =
        app_file(&format!("http://{address}"), Way::Honest, &start(&address, &command()), "x");
    let file = file.replace("    secret: \"x\"\n", "");
    let run = Test::new("run").format("json").file("tieback.yaml", file);
    // Nothing names the file: its name is the usual one, and the scenario needs an app.
    let report = run.arg("app-access").done().report();
    assert_eq!(report["status"], "passed");
}

/// Whatever the app prints, and however long its lines are.
#[test]
fn what_the_app_prints_of_its_secrets_is_taken_out() {
    let address = own_address();
    let command = "echo \\\"$DATABASE\\\"; printf '%0500d ' 1; echo $POLAR_WEBHOOK_SECRET; exit 3";
    let start = start(&address, &format!("\"{command}\""));
    let start = format!("{start}      DATABASE: ${{env.MY_DATABASE}}\n");
    let run = test(&address, &start, SECRET).env("MY_DATABASE", "postgres://joe:hunter2@db/x");
    let finished = run.env("PATH", "/usr/bin:/bin").arg("app-sign-up").status(3).done();
    for secret in ["hunter2", SECRET, &SECRET[..16]] {
        assert!(!finished.stderr.contains(secret), "{}", finished.stderr);
        assert!(!finished.stdout.contains(secret), "{}", finished.stdout);
    }
    assert!(finished.stderr.contains("the app said: "), "{}", finished.stderr);
}
