//! Whatever happens, a run takes back what it made, and touches nothing else.

use serde_json::{Value, json};

use crate::support::program::{Finished, Test};
use crate::support::server::{Behaviour, Kind, Reply, Server, Wire, customer};

type Spoil = fn(&mut Reply);

/// Changes answers to requests of one kind.
fn answered(kind: Kind, change: impl Fn(&mut Reply) + Send + Sync + 'static) -> Behaviour {
    Behaviour::correct().spoils(kind, move |reply| change(reply))
}

fn stranger() -> Value {
    customer(&json!({ "email": "stranger@example.com", "external_id": "stranger" }))
}

/// `customer-mapping`, with a wait that may run out.
fn run(server: &Server, status: i32) -> Finished {
    Test::run("customer-mapping").args(["--wait", "200ms"]).against(server).status(status).done()
}

pub fn left_behind(finished: &Finished) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let report = finished.report();
    let entries = report["left_behind"].as_array().into_iter().flatten();
    entries.map(|entry| (text(&entry["request"]), text(&entry["reason"]))).collect()
}

#[test]
fn a_creation_that_names_a_stranger_is_found_by_external_id() {
    let stranger = stranger();
    let id = stranger["id"].clone();
    let server = Server::start(answered(Kind::Create, move |reply| {
        reply.edit(|record| record["id"] = id.clone());
    }));
    server.add(stranger.clone());
    let finished = run(&server, 1);
    assert_eq!(server.customers(), [stranger]);
    assert_eq!(left_behind(&finished), []);
}

#[test]
fn a_stranger_is_never_deleted() {
    let stranger = stranger();
    let id = stranger["id"].clone();
    let lying = answered(Kind::Create, move |reply| reply.edit(|record| record["id"] = id.clone()));
    // No help from a lookup: it finds nobody, fails, or finds the stranger.
    for help in [Reply::not_found(), Reply::empty(500), Reply::json(200, &stranger)] {
        let lying = lying.clone();
        let server = Server::start(lying.replies(Kind::Lookup, help));
        server.add(stranger.clone());
        let finished = run(&server, 1);
        assert!(server.customers().contains(&stranger));
        assert!(server.of(Kind::Delete).is_empty());
        let left = left_behind(&finished);
        assert_eq!(left.len(), 1, "{finished}");
        assert!(left[0].1.contains("not this run's"), "{finished}");
    }
}

#[test]
fn a_lookup_that_puts_a_stranger_s_id_on_the_record_deletes_nobody() {
    let stranger = stranger();
    let id = stranger["id"].clone();
    let lying = answered(Kind::Create, |reply| reply.wire = Wire::Drop)
        .spoils(Kind::Lookup, move |reply| reply.edit(|record| record["id"] = id.clone()));
    let server = Server::start(lying);
    server.add(stranger.clone());
    let finished = run(&server, 3);
    assert!(server.customers().contains(&stranger));
    assert!(server.of(Kind::Delete).is_empty());
    assert_eq!(left_behind(&finished).len(), 1, "{finished}");
}

#[test]
fn a_creation_whose_answer_is_of_no_use_is_found_by_external_id() {
    let spoils: [(Spoil, i32); 4] = [
        (|reply| reply.wire = Wire::Drop, 3),
        (|reply| reply.wire = Wire::CutAfter(10), 3),
        (|reply| reply.body.clear(), 1),
        (|reply| *reply = Reply::empty(502), 1),
    ];
    for (spoil, status) in spoils {
        let server = Server::start(answered(Kind::Create, spoil));
        let finished = run(&server, status);
        assert_eq!(server.customers(), Vec::<Value>::new(), "{finished}");
        assert_eq!(
            (server.of(Kind::Create).len(), server.of(Kind::Delete).len()),
            (1, 1),
            "{finished}"
        );
        assert_eq!(left_behind(&finished), []);
    }
}

#[test]
fn a_lost_creation_without_an_external_id_is_named() {
    let server = Server::start(answered(Kind::Create, |reply| reply.wire = Wire::Drop));
    let scenario = "
name: nameless
steps:
- name: Create
  request: POST /v1/customers/
  body: { email: a@example.com }
  capture: { id: id }
  undo: DELETE /v1/customers/${id}
";
    let finished = Test::scenario(scenario).against(&server).status(3).done();
    let left = left_behind(&finished);
    assert_eq!(left.len(), 1, "{finished}");
    assert!(left[0].1.contains("no external ID"), "{finished}");
}

#[test]
fn what_cannot_be_deleted_is_listed_and_fails_nothing() {
    let server = Server::start(
        answered(Kind::Delete, |reply| *reply = Reply::empty(500))
            .replies(Kind::DeleteEndpoint, Reply::empty(409)),
    );
    let finished = run(&server, 0);
    let left = left_behind(&finished);
    let starts = |start: &str| left.iter().any(|(request, _)| request.starts_with(start));
    assert!(
        left.len() == 2
            && starts("DELETE /v1/customers/")
            && starts("DELETE /v1/webhooks/endpoints/"),
        "{finished}"
    );
}

#[test]
fn what_cannot_be_read_by_its_id_is_deleted_on_the_word_of_its_creation() {
    for status in [404, 405, 501] {
        let server = Server::start(Behaviour::correct().replies(Kind::Read, Reply::empty(status)));
        let finished = run(&server, 1);
        assert_eq!(
            (server.customers(), left_behind(&finished)),
            (Vec::new(), Vec::new()),
            "{status}"
        );
    }
}

#[test]
fn a_target_that_dies_leaves_a_list() {
    let dies = Behaviour::correct().answered(|request, reply| {
        if request.kind != Kind::MakeEndpoint && request.kind != Kind::Create {
            reply.wire = Wire::Drop;
        }
    });
    let finished = run(&Server::start(dies), 3);
    assert_eq!(left_behind(&finished).len(), 2, "{finished}");
}

#[test]
fn keep_leaves_what_the_scenario_made_and_says_how_to_remove_it() {
    let server = Server::correct();
    let finished = Test::run("customer-mapping").arg("--keep").against(&server).done();
    let [kept] = server.customers().try_into().unwrap_or_else(|_| panic!("one customer{finished}"));
    let request = format!("DELETE /v1/customers/{}", kept["id"].as_str().unwrap());
    assert_eq!(left_behind(&finished), [(request, "--keep".to_owned())]);
}

#[test]
fn an_endpoint_is_disabled_before_it_is_deleted() {
    let server = Server::correct();
    run(&server, 0);
    let [disabled] = server.of(Kind::UpdateEndpoint).try_into().expect("one update");
    assert_eq!(disabled.json(), json!({ "enabled": false }));
    assert_eq!(server.of(Kind::DeleteEndpoint).len(), 1);
}

/// Small servers have no route to read one endpoint; the answer to its creation showed whose it is.
#[test]
fn an_endpoint_that_cannot_be_read_is_deleted_all_the_same() {
    for status in [404, 405, 501] {
        let server =
            Server::start(Behaviour::correct().replies(Kind::ReadEndpoint, Reply::empty(status)));
        let finished = run(&server, 0);
        assert_eq!(
            (server.endpoints(), left_behind(&finished)),
            (Vec::new(), Vec::new()),
            "{status}"
        );
        assert_eq!(server.of(Kind::UpdateEndpoint).len(), 1);
    }
}

/// An empty 204 is a success like any other.
#[test]
fn an_answer_without_a_body_is_undone_as_well() {
    let scenario = "
name: empty
vars: { user: 'user_${run.id}' }
steps:
- name: Change
  request: PUT /v1/things/${user}
  body: { enabled: true }
  undo: DELETE /v1/things/${user}
";
    let server = Server::start(Behaviour::correct().instead(|request, _| {
        (request.kind == Kind::Other && request.target.starts_with("/v1/things/"))
            .then(|| Reply::empty(204))
    }));
    let finished = Test::scenario(scenario).against(&server).done();
    let sent: Vec<_> = server.of(Kind::Other).into_iter().map(|request| request.method).collect();
    assert_eq!(
        (sent, left_behind(&finished)),
        (vec!["PUT".to_owned(), "DELETE".to_owned()], Vec::new())
    );
}

#[test]
fn undo_runs_last_first_and_tries_a_list_in_order() {
    let scenario = "
name: two
steps:
- name: One
  request: POST /v1/customers/
  body: { email: one@example.com, external_id: 'one_${run.id}' }
  capture: { one: id }
  undo: DELETE /v1/customers/${one}
- name: Two
  request: POST /v1/customers/
  body: { email: two@example.com, external_id: 'two_${run.id}' }
  capture: { two: id }
  undo:
  - DELETE /v1/customers/${two}
  - DELETE /v1/customers/external/two_${run.id}
";
    let refused = std::sync::atomic::AtomicBool::new(false);
    let server = Server::start(Behaviour::correct().instead(move |request, _| {
        let first = request.kind == Kind::Delete
            && !refused.swap(true, std::sync::atomic::Ordering::Relaxed);
        first.then(|| Reply::empty(405))
    }));
    Test::scenario(scenario).against(&server).done();
    let deleted: Vec<_> =
        server.of(Kind::Delete).into_iter().map(|request| request.target).collect();
    assert_eq!(deleted.len(), 3);
    assert!(deleted[1].contains("/external/two_"), "{deleted:?}");
    assert_eq!(server.customers(), Vec::<Value>::new());
}

/// A step is a request like any other: an id that a target made up must not get anybody hurt.
#[test]
fn a_step_changes_nothing_that_is_not_this_run_s() {
    let scenario = "
name: lied-to
steps:
- name: Create
  request: POST /v1/customers/
  body: { email: 'a+${run.id}@example.com', external_id: 'user_${run.id}' }
  capture: { id: id }
- name: Change
  request: METHOD /v1/customers/${id}QUERY
";
    let queries = [("PATCH", ""), ("PUT", ""), ("DELETE", ""), ("DELETE", "?anonymize=true")];
    for (method, query) in queries {
        let stranger = stranger();
        let id = stranger["id"].clone();
        let server = Server::start(answered(Kind::Create, move |reply| {
            reply.edit(|record| record["id"] = id.clone());
        }));
        server.add(stranger.clone());
        let scenario = scenario.replace("METHOD", method).replace("QUERY", query);
        let finished = Test::scenario(&scenario).against(&server).status(1).done();
        assert!(server.customers().contains(&stranger), "{method}");
        assert_eq!(server.of(Kind::Update).len() + server.of(Kind::Delete).len(), 0, "{method}");
        let diagnosis = &finished.report()["scenarios"][0]["steps"][1]["diagnosis"];
        assert_eq!(diagnosis["code"], "wrong_customer", "{finished}");
        let message = diagnosis["message"].as_str().unwrap_or_default();
        assert!(
            message.contains(&format!("{method} /v1/customers/"))
                && message.contains("was not sent"),
            "{message}"
        );
    }
}

/// One GET at most finds out, and none where a step before has shown it.
#[test]
fn what_is_this_run_s_is_changed_with_at_most_one_request_more() {
    let scenario = "
name: own
steps:
- name: Create
  request: POST /v1/customers/
  body: { email: 'a+${run.id}@example.com', external_id: 'user_${run.id}' }
  capture: { id: id }
- name: Change
  request: PATCH /v1/customers/${id}
  body: { name: New }
- name: Change again
  request: PATCH /v1/customers/${id}
  body: { name: Newer }
- name: Delete
  request: DELETE /v1/customers/${id}
- name: Delete once more
  request: DELETE /v1/customers/${id}
  expect: { status: 404 }
";
    let read = "
- name: Read
  request: GET /v1/customers/${id}
- name: Change
";
    for scenario in [scenario.to_owned(), scenario.replacen("\n- name: Change\n", read, 1)] {
        let server = Server::correct();
        Test::scenario(&scenario).against(&server).done();
        assert_eq!(server.of(Kind::Read).len(), 1);
    }
}

/// A server may drop metadata, and a scenario may name its user without the run's id: what the
/// creation was given is still known.
#[test]
fn what_a_creation_was_given_is_this_run_s_as_well() {
    let scenario = "
name: by-name
steps:
- name: Create
  request: POST /v1/customers/
  body: { email: Ann@example.com, external_id: ' user_ann ' }
  capture: { id: id }
  undo: DELETE /v1/customers/${id}
- name: Change
  request: PATCH /v1/customers/${id}
  body: { name: Ann }
";
    let forgetful = || Behaviour::correct().stored(|customer| customer["metadata"] = json!({}));
    for keep in ["email", "external_id"] {
        let gone = if keep == "email" { "external_id" } else { "email" };
        let server = Server::start(forgetful().stored(move |customer| {
            customer["email"] = json!("ann@example.com");
            customer["external_id"] = json!("user_ann");
            customer[gone] = Value::Null;
        }));
        let finished = Test::scenario(scenario).against(&server).done();
        assert_eq!(
            (server.customers(), left_behind(&finished)),
            (Vec::new(), Vec::new()),
            "{finished}"
        );
    }
    // A creation that was refused, or whose answer got lost, gave nothing to anybody.
    for refusal in [Reply::json(422, &json!({})), Reply::empty(500)] {
        let ann = customer(&json!({ "email": "ann@example.com", "external_id": "user_ann" }));
        let server = Server::start(Behaviour::correct().replies(Kind::Create, refusal));
        server.add(ann.clone());
        Test::scenario(scenario).against(&server).status(1).done();
        assert_eq!(server.customers(), [ann]);
    }
}
