//! The delivery log: when it is asked, and what is made of its rows.

use std::io::Write as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::Duration;

use serde_json::json;

use super::{ends, honest, noisy, passes, unavailable};
use crate::support::program::Test;
use crate::support::server::{Act, Delivery, Kind, Reply, Server, Wire};

const LOG: &str = "GET /v1/webhooks/deliveries";

/// So many readings of the log fail, after the first.
fn failing(times: usize, status: u16) -> Server {
    Server::start(honest().instead(move |request, _| {
        (request.kind == Kind::Log && (1..=times).contains(&request.nth))
            .then(|| Reply::empty(status))
    }))
}

#[test]
fn it_is_read_over_as_many_pages_as_are_new() {
    let api = Server::start(noisy(250));
    passes(&api, &["--events", "deliveries"], "deliveries");
    let third = |line: &String| line.starts_with(LOG) && line.ends_with("page=3");
    assert!(api.lines().iter().any(third));
}

/// What arrives between two pages pushes rows to the next one, which then begins with known ones.
#[test]
fn rows_that_arrive_while_it_is_read_hide_nothing() {
    for arriving in [1, 30, 60] {
        let api = Server::start(noisy(250).instead(move |request, state| {
            if request.kind != Kind::Log || state.log.is_empty() {
                return None;
            }
            let reply = state.answer(request, |_| {});
            let row = state.log.last().expect("a row");
            let endpoint = json!({ "id": row["endpoint_id"], "secret": "" });
            let new = Delivery::new(&endpoint, "customer.created", &json!({ "id": "stranger" }));
            let rows = std::iter::repeat_with(|| new.clone().of_stranger().attempt());
            state.log.extend(rows.take(arriving));
            Some(reply)
        }));
        passes(&api, &["--events", "deliveries", "--wait", "20s"], "deliveries");
    }
}

/// One look has a limit; the next one goes on where it ended.
#[test]
fn more_rows_than_one_look_reads_are_read_in_several() {
    let api = Server::start(noisy(4_500));
    passes(&api, &["--events", "deliveries", "--wait", "20s"], "deliveries");
    let pages = api.count(LOG);
    assert!(pages < 60, "{pages} pages were read");
}

#[test]
fn it_is_not_asked_while_no_step_waits() {
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
    let (looks, seen) = (Arc::new(AtomicUsize::new(0)), Arc::new(OnceLock::new()));
    let (counted, slept) = (looks.clone(), seen.clone());
    let slow = Act(Arc::new(move |stream, whole| {
        let before = looks.load(Ordering::SeqCst);
        thread::sleep(Duration::from_millis(1500));
        let _ = slept.set((before, looks.load(Ordering::SeqCst)));
        stream.write_all(whole)
    }));
    let api = Server::start(honest().instead(move |request, _| {
        if request.kind == Kind::Log {
            counted.fetch_add(1, Ordering::SeqCst);
        }
        let reply = Reply::json(200, &json!({})).wire(Wire::Act(slow.clone()));
        (request.target == "/v1/slow").then_some(reply)
    }));
    let ran = ends(&api, Test::scenario(scenario).args(["--events", "deliveries"]).against(&api));
    assert_eq!(ran.source(), "deliveries");
    let (before, after) = seen.get().expect("it was asked");
    assert!(*before > 0 && before == after, "{before} looks, then {after}");
}

#[test]
fn an_interrupted_wait_leaves_nothing_behind() {
    let api = Server::start(honest().delivered(|_| Vec::new()));
    let test = Test::run("customer-mapping").args(["--events", "deliveries", "--wait", "60s"]);
    let running = test.against(&api).status(130).start();
    // The first look is from before the run; with the third it is waiting.
    api.wait_for_line(LOG, 3);
    running.signal("INT");
    let ran = running.done();
    assert_eq!(api.left(), (0, 0), "{ran}");
    assert_eq!(ran.report()["left_behind"], json!([]), "{ran}");
}

#[test]
fn a_log_that_fails_for_a_while_is_read_on() {
    let api = failing(2, 500);
    passes(&api, &["--events", "deliveries"], "deliveries")
        .says("the delivery log could not be read");
}

/// While a rate limit keeps the log from being read, the time of the wait does not run out.
#[test]
fn a_log_that_is_limited_for_longer_than_a_wait_is_read_once_more() {
    let api = failing(1, 429);
    passes(&api, &["--events", "deliveries", "--wait", "300ms"], "deliveries")
        .says("waiting 1 s because the target limits requests (429)");
}

#[test]
fn where_the_log_fails_to_the_end_nothing_is_called_missing() {
    for (status, why) in
        [(500, "the delivery log cannot be read"), (429, "the API limits requests")]
    {
        let api = failing(usize::MAX, status);
        let limits = ["--events", "deliveries", "--wait", "700ms", "--rate-limit-wait", "2s"];
        let said = unavailable(&api, &limits);
        assert!(said.contains(why), "{said}");
    }
}
