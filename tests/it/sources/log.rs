//! The delivery log: when it is asked, and what is made of its rows.

use std::process::Command;

use crate::sources::server::Sends;
use crate::sources::{Api, Behaviour, command, judge, run, run_text};

const LOG: &str = "GET /v1/webhooks/deliveries";

#[test]
fn it_is_read_over_as_many_pages_as_are_new() {
    let api = Api::start(Behaviour { noise: 250, ..Behaviour::default() });
    run(&api, &["--events", "deliveries"]).passed("deliveries");
    assert!(
        api.requests()
            .iter()
            .any(|request| request.starts_with(LOG) && request.ends_with("page=3"))
    );
}

/// What arrives between two pages pushes rows to the next one, which then begins with known ones.
#[test]
fn rows_that_arrive_while_it_is_read_hide_nothing() {
    for arriving in [1, 30, 60] {
        let api = Api::start(Behaviour { noise: 250, arriving, ..Behaviour::default() });
        run(&api, &["--events", "deliveries", "--wait", "20s"]).passed("deliveries");
    }
}

/// One look has a limit; the next one goes on where it ended.
#[test]
fn more_rows_than_one_look_reads_are_read_in_several() {
    let api = Api::start(Behaviour { noise: 4_500, ..Behaviour::default() });
    run(&api, &["--events", "deliveries", "--wait", "20s"]).passed("deliveries");
    let pages = api.count(LOG);
    assert!(pages < 60, "{pages} pages were read");
}

#[test]
fn it_is_not_asked_while_nobody_waits() {
    let scenario = "name: slow
title: A slow request after an event
steps:
  - request: POST /v1/customers/
    body: { email: \"a@example.com\", external_id: \"${run.id}\" }
    capture: { customer_id: id }
    undo: DELETE /v1/customers/${customer_id}
  - event: customer.created
    where: { data: { external_id: \"${run.id}\" } }
  - request: GET /v1/slow
";
    let api = Api::start(Behaviour::default());
    run_text(&api, scenario, &["--events", "deliveries"]).passed("deliveries");
    let requests = api.requests();
    let position = |what: &str| requests.iter().position(|request| request == what).unwrap();
    let (start, end) = (position("GET /v1/slow"), position("end /v1/slow"));
    assert_eq!(requests[start..end].len(), 1, "{requests:#?}");
}

#[test]
fn an_interrupted_wait_leaves_nothing_behind() {
    let api = Api::start(Behaviour { sends: Sends::Nothing, ..Behaviour::default() });
    let child = command(&api, &["--events", "deliveries", "--wait", "60s", "customer-mapping"])
        .spawn()
        .unwrap();
    // The first look is from before the run; with the third it is waiting.
    api.wait_for(LOG, 3);
    let killed = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(killed.success());
    let ran = judge(&api, &child.wait_with_output().unwrap());
    assert_eq!(ran.code, 130, "{}", ran.stderr);
}

#[test]
fn a_log_that_fails_for_a_while_is_read_on() {
    let api = Api::start(Behaviour { log_fails: (2, 500), ..Behaviour::default() });
    let ran = run(&api, &["--events", "deliveries"]);
    ran.passed("deliveries");
    assert!(ran.stderr.contains("the delivery log could not be read"), "{}", ran.stderr);
}

/// While a rate limit keeps the log from being read, the time of the wait does not run out.
#[test]
fn a_log_that_is_limited_for_longer_than_a_wait_is_read_once_more() {
    let api = Api::start(Behaviour { log_fails: (1, 429), ..Behaviour::default() });
    let ran = run(&api, &["--events", "deliveries", "--wait", "300ms"]);
    ran.passed("deliveries");
    assert!(
        ran.stderr.contains("waiting 1 s because the target limits requests (429)"),
        "{}",
        ran.stderr
    );
}

#[test]
fn where_the_log_fails_to_the_end_nothing_is_called_missing() {
    for (status, why) in
        [(500, "the delivery log cannot be read"), (429, "the API limits requests")]
    {
        let api = Api::start(Behaviour { log_fails: (usize::MAX, status), ..Behaviour::default() });
        let limits = ["--wait", "700ms", "--rate-limit-wait", "2s"];
        let ran = run(&api, &[&["--events", "deliveries"][..], &limits].concat());
        assert!(ran.unavailable().contains(why), "{}", ran.stderr);
    }
}
