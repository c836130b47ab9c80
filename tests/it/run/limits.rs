//! Rate limits: waited out, said, and given up on after a stated time.

use crate::support::program::{Finished, Test};
use crate::support::server::{Behaviour, Kind, Reply, Server};

/// Answers the first requests of a kind with 429.
fn limits(kind: Kind, times: usize, retry_after: &'static str) -> Server {
    Server::start(Behaviour::correct().instead(move |request, _| {
        let limited = request.kind == kind && request.nth < times;
        limited.then(|| Reply::empty(429).header("retry-after", retry_after))
    }))
}

fn notices(finished: &Finished) -> Vec<String> {
    let report = finished.report();
    let notices = report["notices"].as_array().into_iter().flatten();
    notices.map(|notice| notice.as_str().unwrap_or_default().to_owned()).collect()
}

#[test]
fn a_wait_is_said_before_it_begins_and_in_the_report() {
    for kind in [Kind::MakeEndpoint, Kind::Create, Kind::Read, Kind::Delete] {
        let server = limits(kind, 1, "1");
        let finished = Test::run("customer-mapping").against(&server).done();
        let said = "waiting 1 s because the target limits requests (429)";
        finished.says(&format!("note: {said}"));
        assert!(notices(&finished).contains(&said.to_owned()), "{kind:?} {finished}");
        assert_eq!(
            (server.customers().len(), server.endpoints().len()),
            (0, 0),
            "{kind:?} {finished}"
        );
    }
}

#[test]
fn a_creation_that_was_refused_by_the_limit_is_sent_again_and_made_once() {
    let server = limits(Kind::Create, 2, "0");
    let finished = Test::run("customer-mapping").against(&server).done();
    assert_eq!(
        (server.of(Kind::Create).len(), server.of(Kind::Delete).len()),
        (3, 1),
        "{finished}"
    );
}

/// While one request is told to wait, no other is sent.
#[test]
fn scenarios_side_by_side_share_the_limit() {
    let server = Server::start(Behaviour::correct().instead(|request, _| {
        (request.kind == Kind::Create && request.nth == 0)
            .then(|| Reply::empty(429).header("retry-after", "1"))
    }));
    let scenarios = ["customer-mapping", "customer-lookup", "--jobs", "2", "--events", "none"];
    Test::run("customer-mapping").args(scenarios).against(&server).done();
    let creations = server.of(Kind::Create).len();
    assert!(
        creations <= 4,
        "{creations} creations, of which at most two were under way when the limit was told"
    );
}

#[test]
fn what_would_take_too_long_is_given_up_at_once() {
    let server = limits(Kind::Create, usize::MAX, "60");
    let test = Test::run("customer-mapping").args(["--rate-limit-wait", "59s"]).against(&server);
    let finished = test.status(3).done();
    let report = finished.report();
    let diagnosis = &report["scenarios"][0]["steps"][0]["diagnosis"];
    assert_eq!(diagnosis["code"], "rate_limited", "{finished}");
    let message = diagnosis["message"].as_str().unwrap_or_default();
    assert!(
        message.contains("60 s") && message.contains("59 s at most (--rate-limit-wait)"),
        "{message}"
    );
    assert_eq!(server.of(Kind::Create).len(), 1, "{finished}");
}

#[test]
fn no_retry_after_makes_a_run_hang_or_crash() {
    for retry_after in [
        "18446744073709551615",
        "99999999999999999999",
        "-1",
        "soon",
        "Fri, 31 Dec 9999 23:59:59 GMT",
        "",
    ] {
        let server = limits(Kind::Create, usize::MAX, retry_after);
        let test =
            Test::run("customer-mapping").args(["--rate-limit-wait", "100ms"]).against(&server);
        let finished = test.status(3).done();
        assert_eq!(
            finished.report()["scenarios"][0]["steps"][0]["diagnosis"]["code"],
            "rate_limited",
            "{finished}"
        );
    }
}

/// One request waits for it, and no other: not the steps that follow, not the clean-up.
#[test]
fn a_limit_that_never_lifts_is_waited_for_once() {
    let limited = std::sync::atomic::AtomicBool::new(false);
    let server = Server::start(Behaviour::correct().instead(move |request, _| {
        // From the first look-up on, everything.
        let now = request.kind == Kind::Read || limited.load(std::sync::atomic::Ordering::Relaxed);
        limited.store(now, std::sync::atomic::Ordering::Relaxed);
        now.then(|| Reply::empty(429).header("retry-after", "2"))
    }));
    let test = Test::run("customer-mapping").args([
        "customer-lookup",
        "--jobs",
        "1",
        "--rate-limit-wait",
        "3s",
    ]);
    let finished = test.against(&server).status(3).done();
    let waits = finished.stderr.lines().filter(|line| line.contains("waiting 2 s because")).count();
    assert_eq!(waits, 1, "{finished}");
    assert_eq!(
        finished.report()["scenarios"][1]["steps"][0]["diagnosis"]["code"],
        "rate_limited",
        "{finished}"
    );
    // Each of the others was tried once, and not told to wait.
    let tried = server.of(Kind::Create).len();
    assert_eq!(tried, 2, "{finished}");
    assert!(server.of(Kind::Read).len() <= 4, "{finished}");
}

#[test]
fn equal_notes_are_one() {
    let server = Server::start(Behaviour::correct().instead(|request, _| {
        let limited = request.kind == Kind::List && request.nth % 2 == 0;
        limited.then(|| Reply::empty(429).header("retry-after", "1"))
    }));
    let list = "- { request: GET /v1/customers/ }\n";
    let scenario = format!("name: lists\nsteps:\n{}", list.repeat(3));
    let finished = Test::scenario(&scenario).against(&server).done();
    let said = finished.stderr.lines().filter(|line| line.starts_with("note: waiting")).count();
    assert_eq!(said, 1, "{finished}");
}

/// The look at a record before it is changed is a request like others: without an answer to it
/// nothing is known, and nothing is blamed on the record.
#[test]
fn a_look_that_the_limit_holds_up_blames_nobody() {
    let scenario = "
name: changes
steps:
- name: Create
  request: POST /v1/customers/
  body: { email: a@example.com }
  capture: { id: id }
- { name: Change, request: 'PATCH /v1/customers/${id}', body: { name: New } }
";
    let server = Server::start(
        Behaviour::correct()
            .stored(|customer| customer["metadata"] = serde_json::json!({}))
            .spoils(Kind::Read, |reply| *reply = Reply::empty(429).header("retry-after", "60")),
    );
    let test = Test::scenario(scenario).args(["--rate-limit-wait", "1s"]).against(&server);
    let step = test.status(3).done().step("Change");
    assert_eq!(
        (&step["status"], &step["diagnosis"]["code"]),
        (&"errored".into(), &"rate_limited".into()),
        "{step:#}"
    );
}
