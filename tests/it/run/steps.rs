//! What a scenario's steps can do, seen from the server.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::program::{Finished, Test};
use crate::support::refusing::Refusing;
use crate::support::server::{Behaviour, Kind, Reply, Server};

fn run(server: &Server, steps: &str) -> Finished {
    Test::scenario(&format!(
        "name: test\nvars: {{ number: 10, flag: true, text: '10', list: [a, b] }}\nsteps:\n{steps}"
    ))
    .against(server)
    .done()
}

#[test]
fn a_get_is_polled_until_it_holds() {
    let server = Server::start(Behaviour::correct().instead(|request, _| {
        (request.kind == Kind::List && request.nth < 2).then(|| Reply::empty(503))
    }));
    let finished = run(&server, "- { name: Poll, request: GET /v1/customers/, within: 30s }");
    assert_eq!(finished.step("Poll")["request"]["attempts"], 3);
}

/// Pauses grow, and the last one ends at the deadline.
#[test]
fn the_last_try_is_made_at_the_deadline() {
    let begun = OnceLock::new();
    let server = Server::start(Behaviour::correct().instead(move |request, _| {
        let late = begun.get_or_init(Instant::now).elapsed() > Duration::from_millis(900);
        (request.kind == Kind::List && !late).then(|| Reply::empty(503))
    }));
    run(&server, "- { name: Poll, request: GET /v1/customers/, within: 1s }");
}

/// The same for a log that is asked at growing intervals.
#[test]
fn the_last_look_at_a_log_is_taken_at_the_deadline() {
    let begun = OnceLock::new();
    let server = Server::start(Behaviour::correct().instead(move |request, state| {
        let early = |begun: &Instant| begun.elapsed() < Duration::from_millis(2_300);
        let hidden = request.kind == Kind::Log && begun.get().is_none_or(early);
        if !state.log.is_empty() {
            begun.get_or_init(Instant::now);
        }
        hidden.then(|| Reply::json(200, &json!({ "items": [] })))
    }));
    Test::run("customer-mapping")
        .args(["--events", "deliveries", "--wait", "3s"])
        .against(&server)
        .done();
}

#[test]
fn what_followed_a_429_is_counted() {
    let server = Server::start(Behaviour::correct().instead(|request, _| {
        (request.kind == Kind::List && request.nth < 2)
            .then(|| Reply::empty(429).header("retry-after", "0"))
    }));
    let finished = run(&server, "- { name: List, request: GET /v1/customers/ }");
    assert_eq!(finished.step("List")["request"]["attempts"], 3);
}

#[test]
fn a_poll_that_runs_out_shows_the_last_answer() {
    let server = Server::correct();
    let steps = "- { name: Poll, request: GET /v1/customers/x, within: 1s }";
    let finished =
        Test::scenario(&format!("name: test\nsteps:\n{steps}")).against(&server).status(1).done();
    assert_eq!(finished.step("Poll")["response"]["status"], 404);
    assert!(server.of(Kind::Read).len() > 1);
}

#[test]
fn headers_are_sent_expected_and_captured() {
    let server = Server::start(Behaviour::correct().answered(|request, reply| {
        reply.headers.push(("X-Request-ID".to_owned(), "abc".to_owned()));
        reply
            .headers
            .push(("x-got".to_owned(), request.header("x-sent").unwrap_or_default().to_owned()));
    }));
    run(
        &server,
        "
- name: One
  request: GET /v1/customers/
  headers: { X-Sent: 'n=${number}' }
  expect: { headers: { x-request-id: abc, X-Got: { $matches: '^n=${number}$' } } }
  capture: { seen: { header: x-request-ID } }
- name: Two
  request: GET /v1/customers/
  headers: { x-sent: '${seen}' }
  expect: { headers: { x-got: abc, x-none: { $exists: false } } }
",
    );
}

#[test]
fn values_keep_their_type() {
    let server = Server::correct();
    let body = "{ a: '${number}', b: '${flag}', c: '${text}', d: '${list}', e: 'n=${number}', f: \
        null, g: '$${number}' }";
    run(
        &server,
        &format!(
            "- name: Create\n  request: POST /v1/customers/\n  body: {body}\n  expect: {{ status: \
                201 }}"
        ),
    );
    let sent = server.of(Kind::Create)[0].json();
    let mut expected = json!({ "a": 10, "b": true, "c": "10", "d": ["a", "b"], "e": "n=10",
        "f": null, "g": "${number}" });
    expected["metadata"] = sent["metadata"].clone();
    assert_eq!(sent, expected);
    assert!(sent["metadata"]["tieback_run"].is_string());
}

#[test]
fn a_variable_from_the_command_line_is_text() {
    let server = Server::correct();
    let scenario = "
name: test
vars: { number: 10, made_of_it: 'n${number}' }
steps:
- { name: Create, request: POST /v1/customers/, body: { number: '${number}', made_of_it: '${made_of_it}' } }
";
    Test::scenario(scenario)
        .args(["--var", "number=1", "--var", "number=0042"])
        .against(&server)
        .done();
    let sent = server.of(Kind::Create)[0].json();
    assert_eq!((&sent["number"], &sent["made_of_it"]), (&json!("0042"), &json!("n0042")));
}

#[test]
fn a_raw_body_is_sent_as_it_is() {
    let server = Server::start(
        Behaviour::correct()
            .replies(Kind::Create, Reply::json(422, &json!({ "detail": "no JSON" }))),
    );
    run(
        &server,
        "
- name: Broken
  request: POST /v1/customers/
  headers: { content-type: text/plain }
  raw: '{\"n\": ${number},'
  expect: { status: 422 }
- name: Empty
  request: POST /v1/customers/
  expect: { status: 4xx }
",
    );
    let sent = server.of(Kind::Create);
    assert_eq!(sent[0].body, b"{\"n\": 10,");
    assert_eq!(sent[0].header("content-type"), Some("text/plain"));
    assert_eq!(sent[1].header("content-length"), Some("0"), "Polar answers 411 without it");
}

#[test]
fn numbers_are_compared_by_value() {
    let server = Server::start(Behaviour::correct().answered(|_, reply| {
        reply.body = br#"{"a": 3.0, "b": 3, "c": 9007199254740993}"#.to_vec();
    }));
    run(
        &server,
        "- { name: Get, request: GET /v1/customers/, expect: { body: { a: 3, b: 3.0, c: 9007199254740993 } } }",
    );
}

#[test]
fn large_numbers_are_not_rounded_together() {
    let server = Server::start(Behaviour::correct().answered(|_, reply| {
        reply.body = br#"{"c": 9007199254740992}"#.to_vec();
    }));
    let scenario = "name: test\nsteps:\n- { name: Get, request: GET /v1/customers/, expect: { \
        body: { c: 9007199254740993 } } }";
    Test::scenario(scenario).against(&server).status(1).done();
}

#[test]
fn a_capture_that_is_not_there_fails_its_step_and_skips_those_that_need_it() {
    let server = Server::correct();
    let scenario = "
name: test
steps:
- { name: Get, request: GET /v1/customers/, capture: { id: items.0.id } }
- { name: Use, request: 'GET /v1/customers/${id}' }
- { name: Other, request: GET /v1/customers/ }
";
    let finished = Test::scenario(scenario).against(&server).status(1).done();
    let status = |name: &str| finished.step(name)["status"].clone();
    assert_eq!([status("Get"), status("Use"), status("Other")], ["failed", "skipped", "passed"]);
}

#[test]
fn every_capture_that_finds_nothing_is_named() {
    let scenario = "
name: nothing
steps:
- { name: Read, request: GET /v1/customers/, capture: { a: nope, b: items.7.id, c: { header: x-nope } } }
";
    let finished = Test::scenario(scenario).against(&Server::correct()).status(1).done();
    let checks = finished.step("Read")["checks"].clone();
    let failed =
        checks.as_array().into_iter().flatten().filter(|check| check["status"] == "failed");
    let paths: Vec<_> = failed.map(|check| check["path"].as_str().unwrap_or_default()).collect();
    assert_eq!(paths, ["body.nope", "body.items.7.id", "headers.x-nope"]);
}

/// Where no request can be answered, that is the cause, also where the first step sends none.
#[test]
fn a_target_that_cannot_be_used_is_the_diagnosis_of_a_first_step_that_waits() {
    let scenario = "
name: waits-first
steps:
- name: Wait
  event: customer.created
- name: Ask
  request: GET /v1/customers/
";
    let refusing = Server::start(Behaviour::correct().instead(|_, _| Some(Reply::empty(401))));
    let nobody = Refusing::new();
    for (url, code) in [(refusing.url(), "unauthorized"), (nobody.url(), "target_unreachable")] {
        let finished =
            Test::scenario(scenario).args(["--base-url", &url]).token("any").status(3).done();
        let steps = &finished.report()["scenarios"][0]["steps"];
        assert_eq!(steps[0]["diagnosis"]["code"], code, "{finished}");
        assert_eq!(steps[1]["status"], "skipped", "{finished}");
    }
}

#[test]
fn an_element_of_a_list_is_captured_by_what_it_is() {
    let server = Server::correct();
    for name in ["ann", "bob", "eve"] {
        server.add(
            json!({ "id": format!("id_{name}"), "name": name, "external_id": null, "email": null }),
        );
    }
    let finished = run(
        &server,
        "
- name: List
  request: GET /v1/customers/
  capture:
    bob: { in: items, where: { name: { $contains: o } }, path: id }
- name: Read
  request: GET /v1/customers/${bob}
  expect: { body: { name: bob } }
",
    );
    assert_eq!(finished.step("Read")["status"], "passed");
    let nobody = "
name: test
steps:
- name: List
  request: GET /v1/customers/
  capture: { nobody: { in: items, where: { name: nobody }, path: id } }
- name: Read
  request: GET /v1/customers/${nobody}
";
    let finished = Test::scenario(nobody).against(&server).status(1).done();
    assert_eq!(finished.step("List")["checks"][1]["path"], "body.items");
    assert_eq!(finished.step("Read")["status"], "skipped");
}

/// The capture of a refusal is for the undo of a target that accepts.
#[test]
fn a_refusal_has_nothing_to_capture_and_what_is_accepted_is_taken_back() {
    let scenario = "
name: test
vars: { user_id: 'user_${run.id}' }
steps:
- name: First
  request: POST /v1/customers/
  body: { email: 'a+${run.id}@example.com', external_id: '${user_id}' }
  capture: { first: id }
  undo: DELETE /v1/customers/${first}
- name: Second
  request: POST /v1/customers/
  body: { email: 'b+${run.id}@example.com', external_id: '${user_id}' }
  expect: { status: 422 }
  capture: { second: id }
  undo: DELETE /v1/customers/${second}
";
    let server = Server::correct();
    Test::scenario(scenario).against(&server).done();
    let careless = Behaviour::correct().stored(|customer| customer["external_id"] = json!(null));
    let server = Server::start(careless);
    let finished = Test::scenario(scenario).against(&server).status(1).done();
    assert_eq!(finished.report()["scenarios"][0]["undo"].as_array().map(Vec::len), Some(2));
    assert_eq!(server.customers(), Vec::<serde_json::Value>::new());
}
