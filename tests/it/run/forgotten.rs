//! Clean-up forgets nothing: what a run made goes, or is listed.

use serde_json::{Value, json};

use super::undo::left_behind;
use crate::support::program::Test;
use crate::support::server::{Behaviour, Kind, Reply, Server, Wire};

const TWO: &str = "
name: two
steps:
- name: One
  request: POST /v1/customers/
  body: { email: 'one+${run.id}@example.com', external_id: 'one_${run.id}' }
  capture: { customer: CAPTURE }
  undo: DELETE /v1/customers/${customer}
- name: Two
  request: POST /v1/customers/
  body: { email: 'two+${run.id}@example.com'REST }
  capture: { customer: CAPTURE }
  undo: DELETE /v1/customers/${customer}
";

/// The id of the first is no id of the second.
#[test]
fn a_second_creation_that_names_no_id() {
    let nameless = |change: fn(&mut Reply)| {
        Behaviour::correct().answered(move |request, reply| {
            if request.kind == Kind::Create && request.nth == 1 {
                change(reply);
            }
        })
    };
    let changes: [fn(&mut Reply); 4] = [
        |reply| reply.edit(|record| drop(record.as_object_mut().unwrap().remove("id"))),
        |reply| reply.edit(|record| record["id"] = Value::Null),
        |reply| reply.edit(|record| *record = json!({ "created": true })),
        |reply| reply.body.clear(),
    ];
    for change in changes {
        let found = Server::start(nameless(change));
        let scenario = TWO.replace("CAPTURE", "id");
        let with_key = scenario.replace("REST", ", external_id: 'two_${run.id}'");
        let (_, finished) = Test::scenario(&with_key).against(&found).start().end();
        assert_eq!(
            (found.customers(), left_behind(&finished)),
            (Vec::new(), Vec::new()),
            "{finished}"
        );

        let listed = Server::start(nameless(change));
        let (_, finished) =
            Test::scenario(&scenario.replace("REST", "")).against(&listed).start().end();
        assert_eq!((listed.customers().len(), listed.of(Kind::Delete).len()), (1, 1), "{finished}");
        let left = left_behind(&finished);
        assert!(left.len() == 1 && left[0].1.contains("does not show its id"), "{finished}");
    }
}

/// Headers are captured as well.
#[test]
fn a_second_creation_without_its_header() {
    let server = Server::start(Behaviour::correct().answered(|request, reply| {
        if request.kind == Kind::Create && request.nth == 0 {
            let id = serde_json::from_slice::<Value>(&reply.body).unwrap()["id"]
                .as_str()
                .unwrap()
                .to_owned();
            reply.headers.push(("x-id".to_owned(), id));
        }
    }));
    let scenario = TWO.replace("CAPTURE", "{ header: x-id }").replace("REST", "");
    let finished = Test::scenario(&scenario).against(&server).status(1).done();
    assert_eq!(
        (server.customers(), left_behind(&finished)),
        (Vec::new(), Vec::new()),
        "{finished}"
    );
}

/// No check accepts these; they show all the same what was made.
#[test]
fn an_answer_that_only_clean_up_can_read() {
    let spoils: [fn(&mut Reply); 5] = [
        |reply| reply.body.splice(..0, "\u{feff}".bytes()).for_each(drop),
        |reply| reply.body.splice(1..1, br#""nick":"\ud83d","#.iter().copied()).for_each(drop),
        |reply| reply.edit(|record| *record = json!({ "data": record.clone() })),
        |reply| reply.edit(|record| *record = json!({ "id": "req_1", "data": record.clone() })),
        |reply| reply.edit(|record| *record = json!([record.clone()])),
    ];
    for spoil in spoils {
        for by_key in [true, false] {
            let server = Server::start(Behaviour::correct().answered(move |request, reply| {
                if matches!(request.kind, Kind::Create | Kind::Read | Kind::Lookup)
                    && reply.status < 300
                {
                    spoil(reply);
                }
            }));
            let key = if by_key { ", external_id: 'two_${run.id}'" } else { "" };
            let scenario = TWO.replace("CAPTURE", "id").replace("REST", key);
            let (_, finished) = Test::scenario(&scenario).against(&server).start().end();
            assert_eq!(
                (server.customers(), left_behind(&finished)),
                (Vec::new(), Vec::new()),
                "{finished}"
            );
        }
    }
}

/// Neither its creation nor the list is answered.
#[test]
fn an_endpoint_of_which_nothing_is_known() {
    let lists: [Reply; 6] = [
        Reply::empty(200).wire(Wire::Silence),
        Reply::empty(200).wire(Wire::Drop),
        Reply::empty(500),
        Reply::empty(404),
        Reply::empty(405),
        Reply::json(200, &json!({ "endpoints": [] })),
    ];
    for list in lists {
        let server =
            Server::start(Behaviour::correct().answered(
                move |request, reply| match request.kind {
                    Kind::MakeEndpoint => reply.wire = Wire::Silence,
                    Kind::ReadEndpoint => *reply = list.clone(),
                    _ => {}
                },
            ));
        let test = Test::run("customer-mapping")
            .args(["--timeout", "300ms", "--events", "listener"])
            .against(&server);
        let (_, finished) = test.start().end();
        assert_eq!(server.endpoints().len(), 1);
        let left = left_behind(&finished);
        let name = server.endpoints()[0]["name"].as_str().unwrap().to_owned();
        assert!(
            left.len() == 1 && left[0].0.starts_with("DELETE /v1/webhooks/endpoints/"),
            "{finished}"
        );
        assert!(left[0].1.contains(&name) && left[0].1.contains("tieback clean"), "{finished}");
    }
}

/// A gateway gave up, and the server behind it did not.
#[test]
fn an_endpoint_behind_a_gateway_that_gave_up() {
    let server = Server::start(Behaviour::correct().spoils(Kind::MakeEndpoint, |reply| {
        *reply = Reply::text(504, "text/html", "<html>Gateway Time-out");
    }));
    let test = Test::run("customer-mapping").args(["--events", "listener"]).against(&server);
    let (_, finished) = test.start().end();
    assert_eq!(
        (server.endpoints(), left_behind(&finished)),
        (Vec::new(), Vec::new()),
        "{finished}"
    );
}

const CREATE: &str = "
name: create
steps:
- name: Create
  request: POST /v1/customers/
  body: { email: 'one+${run.id}@example.com', external_id: 'one_${run.id}' }
  capture: { id: id }
";

/// A server that knows POST and DELETE only.
#[test]
fn a_server_that_reads_nothing_back() {
    let scenario = format!("{CREATE}  undo: DELETE /v1/customers/${{id}}\n");
    for unread in [Reply::empty(404), Reply::not_found(), Reply::empty(405), Reply::empty(501)] {
        for tells in [true, false] {
            let answer = unread.clone();
            let server = Server::start(
                Behaviour::correct()
                    .instead(move |request, _| (request.method == "GET").then(|| answer.clone()))
                    .answered(move |request, reply| {
                        if request.kind == Kind::Create && !tells {
                            reply.edit(|record| *record = json!({ "id": record["id"] }));
                        }
                    }),
            );
            let finished = Test::scenario(&scenario).against(&server).done();
            let listed = left_behind(&finished).len();
            assert_eq!(server.customers().len(), listed, "{} {tells} {finished}", unread.status);
            let undo = &finished.report()["scenarios"][0]["undo"][0]["status"];
            assert_eq!(undo, if listed == 0 { "passed" } else { "failed" }, "{finished}");
        }
    }
}

/// A server that has no such DELETE, and shows the record all the same.
#[test]
fn a_delete_that_is_not_found() {
    let scenario = format!("{CREATE}  undo: DELETE /v1/customers/${{id}}\n");
    for refusal in [Reply::empty(404), Reply::not_found(), Reply::empty(405), Reply::empty(501)] {
        let server = Server::start(Behaviour::correct().replies(Kind::Delete, refusal));
        let finished = Test::scenario(&scenario).against(&server).done();
        assert_eq!((server.customers().len(), left_behind(&finished).len()), (1, 1), "{finished}");
    }
}

/// What its author wrote without captured values is sent as it is written.
#[test]
fn an_undo_without_captured_values() {
    for (path, status) in [
        ("/_sandbox/faults", 204),
        ("/_sandbox/faults/webhook-twice", 204),
        ("/_sandbox/faults", 405),
    ] {
        let server = Server::start(Behaviour::correct().instead(move |request, _| {
            let is_it = request.target == path && request.method == "DELETE";
            let made = request.target == "/_sandbox/faults" && request.method == "POST";
            let faults = json!([{ "name": "webhook-twice", "created_at": "2025-01-31T09:30:00Z" }]);
            let shown = request.target == "/_sandbox/faults" && request.method == "GET";
            (is_it.then(|| Reply::empty(status)))
                .or_else(|| made.then(|| Reply::json(200, &faults)))
                .or_else(|| shown.then(|| Reply::json(200, &faults)))
        }));
        let scenario = format!(
            "name: t\nsteps:\n- name: Arm\n  request: POST /_sandbox/faults\n  body: {{ name: \
                webhook-twice }}\n  undo: DELETE {path}\n"
        );
        let finished = Test::scenario(&scenario).against(&server).done();
        let sent =
            server.of(Kind::Other).into_iter().filter(|request| request.method == "DELETE").count();
        assert_eq!(
            (sent, left_behind(&finished).len()),
            (1, usize::from(status == 405)),
            "{finished}"
        );
    }
}

/// Nobody deletes what a step makes that has no `undo`; it is said.
#[test]
fn a_creation_without_undo() {
    let server = Server::correct();
    let finished = Test::scenario(CREATE).against(&server).done();
    let [left] = server.customers().try_into().unwrap_or_else(|_| panic!("one customer{finished}"));
    let request = format!("DELETE /v1/customers/{}", left["id"].as_str().unwrap());
    assert_eq!(
        left_behind(&finished),
        [(request, "the step that made it has no `undo`".to_owned())],
        "{finished}"
    );

    // Its answer was lost.
    let server =
        Server::start(Behaviour::correct().spoils(Kind::Create, |reply| reply.wire = Wire::Drop));
    let finished = Test::scenario(CREATE).against(&server).status(3).done();
    assert_eq!((server.customers().len(), left_behind(&finished).len()), (1, 1), "{finished}");

    // It was refused, or a later step removed it, or what it belongs to.
    let refused =
        Server::start(Behaviour::correct().replies(Kind::Create, Reply::json(422, &json!({}))));
    let finished = Test::scenario(CREATE).against(&refused).status(1).done();
    assert_eq!(left_behind(&finished), []);
    let member = "
- name: Add
  request: POST /v1/customers/${id}/members
  body: { email: 'm+${run.id}@example.com' }
";
    for rest in [
        "- request: DELETE /v1/customers/${id}\n",
        "- request: DELETE /v1/customers/external/one_${run.id}\n",
        &format!("{member}- request: DELETE /v1/customers/${{id}}\n"),
    ] {
        let server = Server::correct();
        let finished = Test::scenario(&format!("{CREATE}{rest}")).against(&server).done();
        assert_eq!(
            (server.customers(), left_behind(&finished)),
            (Vec::new(), Vec::new()),
            "{rest} {finished}"
        );
    }
    let server = Server::correct();
    let scenario = format!("{CREATE}  undo: DELETE /v1/customers/${{id}}\n{member}");
    let finished = Test::scenario(&scenario).against(&server).done();
    assert_eq!(left_behind(&finished), [], "{finished}");
}

/// The mark is no part of what a scenario compares, and may be left off.
#[test]
fn the_mark() {
    let scenario = "
name: mark
steps:
- name: Create
  request: POST /v1/customers/
  body: { email: 'a+${run.id}@example.com', metadata: { plan: pro } }
  expect: { status: 201, body: { metadata: { $equals: { plan: pro } } } }
  capture: { id: id, metadata: metadata }
  undo: DELETE /v1/customers/${id}
- name: Read
  request: GET /v1/customers/${id}
  expect: { body: { metadata: { $length: 1, $equals: '${metadata}' } } }
- event: customer.created
  where: { data: { metadata: { $equals: { plan: pro } } } }
  expect: { body: { data: { metadata: { $equals: '${metadata}' } } } }
";
    for (scenario, marked) in [
        (scenario.to_owned(), true),
        (scenario.replace("  body: {", "  mark: false\n  body: {"), false),
    ] {
        let server = Server::correct();
        let finished = Test::scenario(&scenario).args(["--wait", "10s"]).against(&server).done();
        let sent = server.of(Kind::Create)[0].json();
        assert_eq!(sent["metadata"]["tieback_run"].is_string(), marked, "{finished}");
        assert_eq!(
            (server.customers(), left_behind(&finished)),
            (Vec::new(), Vec::new()),
            "{finished}"
        );
    }
}

/// A mock that forbids keys it does not know: the hint names the one that the scenario does not
/// show.
#[test]
fn a_mock_that_forbids_the_mark() {
    let strict = || {
        Behaviour::correct().instead(|request, _| {
            let refused = json!({ "detail": [{ "loc": ["body", "metadata"],
                    "msg": "Extra inputs are not permitted" }] });
            let marked = request.kind == Kind::Create && !request.json()["metadata"].is_null();
            marked.then(|| Reply::json(422, &refused))
        })
    };
    let server = Server::start(strict());
    let finished = Test::scenario(CREATE).against(&server).status(1).done();
    let hint = finished.step("Create")["diagnosis"]["hint"].to_string();
    assert!(
        hint.contains("`metadata.tieback_run`") && hint.contains("`mark: false`"),
        "{finished}"
    );
    let server = Server::start(strict());
    let unmarked = CREATE
        .replace("  capture:", "  mark: false\n  undo: DELETE /v1/customers/${id}\n  capture:");
    let finished = Test::scenario(&unmarked).against(&server).done();
    assert_eq!(
        (server.customers(), left_behind(&finished)),
        (Vec::new(), Vec::new()),
        "{finished}"
    );
}
