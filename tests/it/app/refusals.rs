//! What cannot be tested, or is not to be.

use crate::support::app::{self, SECRET, Way, app_file, own_address};
use crate::support::program::Test;

fn run(file: &str) -> Test {
    Test::new("run").format("json").file("tieback.yaml", file).args(["--app", "tieback.yaml"])
}

#[test]
fn an_app_that_is_not_there_is_unreachable() {
    let file = app_file(&format!("http://{}", own_address()), Way::Honest, "", SECRET);
    let report = run(&file).arg("app-access").status(3).done().report();
    let steps = report["scenarios"][0]["steps"].as_array().unwrap();
    assert_eq!(steps[0]["diagnosis"]["code"], "app_unreachable");
    assert!(steps[1..].iter().all(|step| step["reason"] == "the app is not there"));
}

#[test]
fn without_a_secret_or_a_path_nothing_is_delivered() {
    let app = app::serve(Way::Honest, "http://127.0.0.1:9");
    let url = format!("http://{}", app.address);
    let file = app_file(&url, Way::Honest, "", "x");
    for (file, why) in [
        (file.replace("    secret: \"x\"\n", ""), "names no `webhook.secret`"),
        (file.replace("/api/webhooks/polar", "/nowhere").replace("path: /nowhere", "{}"), ""),
    ] {
        let file = if why.is_empty() {
            // No path, and an app that has none of the usual ones either.
            let start = file.find("  webhook:").unwrap();
            let end = file.find("  user:").unwrap();
            format!("{}  webhook: {{ secret: x }}\n{}", &file[..start], &file[end..])
        } else {
            file
        };
        let scenario = "name: one\nneeds: [app]\nsteps:\n  - deliver: order.paid\n";
        let test = run(&file).file("one.yaml", scenario).arg("one.yaml");
        let report = test.status(if why.is_empty() { 1 } else { 3 }).done().report();
        let diagnosis = &report["scenarios"][0]["steps"][0]["diagnosis"];
        if why.is_empty() {
            // It was found, by the answer to an unsigned body; a secret of one letter is not its own.
            assert_eq!(diagnosis["code"], "app_rejects_valid");
        } else {
            assert_eq!(diagnosis["code"], "app_no_handler");
            assert!(diagnosis["message"].as_str().unwrap().contains(why));
        }
    }
}

#[test]
fn scenarios_about_an_app_are_skipped_without_one() {
    let report = Test::run("app-access").status(3).done();
    let report = report.report();
    assert_eq!(report["scenarios"][0]["status"], "skipped");
    let reason = report["scenarios"][0]["steps"][0]["reason"].as_str().unwrap();
    assert!(reason.contains("--app"), "{reason}");
}

#[test]
fn an_app_file_is_read_strictly() {
    let file = app_file("http://localhost:1", Way::Honest, "", SECRET);
    for (from, to, error) in [
        ("  access:", "  acces:", "did you mean `access`?"),
        (
            "capture: { user_id: user.id }",
            "capture: { id: user.id }",
            "without the capture `user_id`",
        ),
        ("    app: GET /api/subscription", "    {}", "`state` that does nothing"),
        ("price: free", "price: cheap", "invalid `price`"),
        ("${email}", "${mail}", "did you mean `email`?"),
        ("  webhook:", "  polar: intercept\n  webhook:", "`polar: intercept` without `start`"),
    ] {
        let wrong = file.replace(from, to);
        assert_ne!(wrong, file, "{from}");
        run(&wrong).status(2).done().refuses(error);
    }
    let checked = Test::new("check").file("tieback.yaml", file).arg("tieback.yaml").done();
    assert_eq!(checked.stdout, "0 scenarios, 1 app file, no errors\n");
}

/// An app on another machine gets no webhooks unless that is allowed.
#[test]
fn webhooks_stay_on_this_machine() {
    let to = "https://app.example.com/hook";
    let test = Test::new("deliver").args(["order.paid", "--to", to]);
    test.env("POLAR_WEBHOOK_SECRET", SECRET).status(2).done().refuses("--allow-deliver");
}

/// The app files and scenarios that the documentation shows can be read as they stand.
#[test]
fn what_the_documentation_shows_can_be_read() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |name: &str| std::fs::read_to_string(root.join(name)).unwrap();
    let mut seen = (0, 0);
    for text in [read("README.md"), read("docs/app.md")] {
        for block in text.split("```yaml\n").skip(1) {
            let block = block.split("```").next().unwrap();
            let (name, counts) = if block.contains("app:\n  url:") {
                ("tieback.yaml", &mut seen.0)
            } else if block.starts_with("name: ") {
                ("scenario.yaml", &mut seen.1)
            } else {
                continue;
            };
            *counts += 1;
            let test = Test::new("check").file(name, block).arg(name);
            let checked = test.done();
            assert!(checked.stdout.contains("no errors"), "{block}\n{}", checked.stdout);
        }
    }
    assert_eq!(seen, (2, 2));
}
