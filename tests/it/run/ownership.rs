//! What was there before a run is still there after it.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::undo::left_behind;
use crate::support::program::{Finished, Test};
use crate::support::server::{Behaviour, Kind, Reply, Server, customer};

/// Somebody who has been a customer for a year.
fn ann() -> Value {
    let mut ann = customer(&json!({ "email": "ann@corp.example", "external_id": "ann" }));
    ann["created_at"] = json!("2025-01-31T09:30:00Z");
    ann
}

/// Answers a creation with the customer that has the same e-mail, after `merge` took over what was
/// sent.
fn upserting(status: u16, merge: impl Fn(&mut Value, &Value) + Send + Sync + 'static) -> Behaviour {
    Behaviour::correct().instead(move |request, state| {
        let sent = request.json();
        let known = state.customers.iter_mut().find(|each| each["email"] == sent["email"])?;
        (request.kind == Kind::Create).then(|| {
            merge(known, &sent);
            Reply::json(status, known)
        })
    })
}

fn with_ann_s_e_mail(server: &Server) -> Finished {
    let test =
        Test::run("customer-mapping").args(["--var", "email=ann@corp.example", "--wait", "200ms"]);
    let (_, finished) = test.against(server).start().end();
    finished
}

fn is_untouched(server: &Server, finished: &Finished, why: &str) {
    assert!(server.of(Kind::Delete).is_empty(), "{finished}");
    assert_eq!(server.customers().len(), 1, "{finished}");
    let left = left_behind(finished);
    assert_eq!(left.len(), 1, "{finished}");
    let id = server.customers()[0]["id"].as_str().unwrap().to_owned();
    assert!(
        left[0].0.ends_with(&id) && left[0].1.contains(why) && left[0].1.contains("look before"),
        "{finished}"
    );
}

#[test]
fn a_target_that_answers_with_the_old_record() {
    for status in [200, 201] {
        let server = Server::start(upserting(status, |_, _| {}));
        server.add(ann());
        let finished = with_ann_s_e_mail(&server);
        is_untouched(
            &server,
            &finished,
            "was there before this run (it was made at 2025-01-31T09:30:00Z)",
        );
    }
}

/// The old record carries the mark and the run's external ID by then.
#[test]
fn a_target_that_changes_the_old_record() {
    for status in [200, 201] {
        let server = Server::start(upserting(status, |known, sent| {
            known["metadata"] = sent["metadata"].clone();
            known["external_id"] = sent["external_id"].clone();
        }));
        server.add(ann());
        let finished = with_ann_s_e_mail(&server);
        is_untouched(&server, &finished, "was there before this run");
    }
}

/// Nothing says when the record was made.
#[test]
fn in_doubt_it_stays() {
    let timeless = |known: &mut Value| {
        known.as_object_mut().unwrap().remove("created_at");
    };
    let server = Server::start(upserting(200, move |known, sent| {
        known["metadata"] = sent["metadata"].clone();
        timeless(known);
    }));
    server.add(ann());
    let finished = with_ann_s_e_mail(&server);
    is_untouched(&server, &finished, "nothing shows that it is new");
}

/// What its author wrote out is no licence to remove what was there.
#[test]
fn a_path_that_the_author_wrote() {
    let scenario = "
name: written
vars: { user: ann, email: ann@corp.example }
steps:
- name: Create
  request: METHOD
  body: { email: '${email}', external_id: '${user}' }
  undo: DELETE /v1/customers/external/${user}
";
    let lost = |_: &mut Value, _: &Value| {};
    for (method, status) in
        [("POST /v1/customers/", 200), ("POST /v1/customers/", 201), ("POST /v1/customers/", 500)]
    {
        let server = Server::start(upserting(status, lost));
        server.add(ann());
        let (_, finished) =
            Test::scenario(&scenario.replace("METHOD", method)).against(&server).start().end();
        assert_eq!(
            (server.customers().len(), server.of(Kind::Delete).len()),
            (1, 0),
            "{status} {finished}"
        );
        assert_eq!(left_behind(&finished).len(), 1, "{status} {finished}");
    }
}

/// The real API makes a new record, under whatever key, and says when.
#[test]
fn a_new_record_under_a_key_of_the_user_s_own() {
    let server = Server::correct();
    let test = Test::run("customer-mapping").args([
        "--var",
        "email=ann@corp.example",
        "--var",
        "user_id=ann",
    ]);
    let finished = test.against(&server).done();
    assert_eq!(
        (server.customers(), left_behind(&finished)),
        (Vec::new(), Vec::new()),
        "{finished}"
    );
}

/// Its clock may be an hour off: what counts is its own.
#[test]
fn a_target_with_another_clock() {
    for hours in [-1, 1] {
        let now = move || Timestamp::now() + SignedDuration::from_hours(hours);
        let date = move || {
            jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&now()).unwrap()
        };
        let behaviour = Behaviour::correct()
            .stored(move |customer| {
                customer["created_at"] = json!(now().to_string());
                customer["metadata"] = json!({});
            })
            .answered(move |_, reply| reply.headers.push(("date".to_owned(), date())));
        let server = Server::start(behaviour.clone());
        let own = ["--var", "email=ann@corp.example", "--var", "user_id=ann"];
        let finished = Test::run("customer-mapping").args(own).against(&server).done();
        assert_eq!(
            (server.customers(), left_behind(&finished)),
            (Vec::new(), Vec::new()),
            "{hours} {finished}"
        );
        // Made a minute before, by that clock.
        let server = Server::start(behaviour.instead(|request, state| {
            (request.kind == Kind::Create).then(|| Reply::json(201, &state.customers[0]))
        }));
        let mut before = ann();
        before["created_at"] = json!((now() - SignedDuration::from_mins(1)).to_string());
        server.add(before);
        let finished = with_ann_s_e_mail(&server);
        is_untouched(&server, &finished, "was there before this run");
    }
}

/// Steps go by the same rule.
#[test]
fn a_step_does_not_change_what_was_there() {
    let scenario = "
name: steps
vars: { email: ann@corp.example }
steps:
- name: Create
  request: POST /v1/customers/
  body: { email: '${email}' }
  expect: { status: 2xx }
  capture: { id: id }
- name: Change
  request: LINE
";
    let lines = [
        "PATCH /v1/customers/${id}",
        "PUT /v1/customers/${id}",
        "DELETE /v1/customers/${id}",
        "DELETE /v1/customers/${id}?run=${run.id}",
        "DELETE /v1/customers/?id=${id}",
        "DELETE /v1/customers/\n  query: { id: '${id}' }",
    ];
    for line in lines {
        let server = Server::start(upserting(200, |_, _| {}));
        server.add(ann());
        let finished =
            Test::scenario(&scenario.replace("LINE", line)).against(&server).status(1).done();
        let changes = [Kind::Update, Kind::Delete, Kind::Other].map(|kind| server.of(kind).len());
        assert_eq!(
            (changes, server.customers()),
            ([0; 3], vec![ann_as_in(&server)]),
            "{line} {finished}"
        );
        assert_eq!(finished.step("Change")["diagnosis"]["code"], "wrong_customer", "{finished}");
    }
}

fn ann_as_in(server: &Server) -> Value {
    let mut known = ann();
    known["id"] = server.customers()[0]["id"].clone();
    known
}
