//! `tieback deliver`.

use crate::support::app::{self, SECRET, Way};
use crate::support::program::{Finished, Test};

fn deliver(way: Way, arguments: &[&str], status: i32) -> Finished {
    let app = app::serve(way, "http://127.0.0.1:9");
    let url = format!("http://{}/api/webhooks/polar", app.address);
    let test = Test::new("deliver").args(arguments).args(["--to", &url]).format("json");
    test.env("POLAR_WEBHOOK_SECRET", SECRET).status(status).done()
}

#[test]
fn a_right_handler_takes_one_and_refuses_the_rest() {
    deliver(Way::Honest, &["subscription.active"], 0);
    deliver(Way::Honest, &["order.paid", "--set", "data.metadata.score=97.0"], 0);
    deliver(Way::Honest, &["order.paid", "--scheme", "legacy"], 0);
    for sign in ["none", "wrong", "tampered", "cut"] {
        deliver(Way::Honest, &["order.paid", "--sign", sign], 0);
    }
    deliver(Way::Honest, &["order.paid", "--age", "10m"], 0);
    deliver(Way::Honest, &["order.paid", "--age", "-10m"], 0);
    let all = deliver(Way::Honest, &["--all"], 0);
    assert!(!all.stdout.contains(SECRET));
}

#[test]
fn a_wrong_answer_is_exit_1_with_its_diagnosis() {
    for (way, arguments, code) in [
        (Way::AcceptsUnsigned, &["order.paid", "--sign", "none"][..], "app_accepts_unsigned"),
        (Way::AcceptsStale, &["order.paid", "--age", "10m"][..], "app_accepts_stale"),
        (Way::LegacyKeyOnly, &["order.paid"][..], "app_rejects_valid"),
        (Way::RejectsUnknownTypes, &["--all"][..], "app_rejects_unknown_event"),
    ] {
        let report = deliver(way, arguments, 1).report();
        let steps = report["scenarios"][0]["steps"].as_array().unwrap();
        let found = steps.iter().find_map(|step| step["diagnosis"]["code"].as_str());
        assert_eq!(found, Some(code), "{way:?}");
    }
}

#[test]
fn what_was_typed_is_checked_before_anything_is_sent() {
    let to = "http://127.0.0.1:9/hook";
    let test = |arguments: &[&str]| Test::new("deliver").args(arguments).status(2);
    let secret = |test: Test| test.env("POLAR_WEBHOOK_SECRET", SECRET).done();
    secret(test(&["order", "--to", to])).refuses("is not a type of event");
    secret(test(&["order.paid", "--to", "nowhere"])).refuses("--to: write it like");
    secret(test(&["order.paid", "--to", to, "--set", "data"])).refuses("write it like");
    secret(test(&["order.paid", "--to", to, "--age", "soon"])).refuses("invalid age");
    test(&["order.paid", "--to", to]).done().refuses("no secret to sign with");
    let unreachable = Test::new("deliver").args(["order.paid", "--to", to]).format("json");
    let report = unreachable.env("POLAR_WEBHOOK_SECRET", SECRET).status(1).done().report();
    assert_eq!(report["scenarios"][0]["steps"][0]["diagnosis"]["code"], "app_error");
}
