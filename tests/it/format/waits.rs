//! What has to go on for a while, what must not come, and what is not waited for.

use serde_json::json;

use super::{Reply, Test, run, server};
use crate::support::server::{Behaviour, Kind, Server};

/// A server whose answer changes after so many requests.
fn changing(after: usize) -> Server {
    let seen = std::sync::atomic::AtomicUsize::new(0);
    server(move |_| {
        let nth = seen.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        Reply::json(200, &json!({ "plan": if nth < after { "free" } else { "pro" } }))
    })
}

#[test]
fn what_stays_is_looked_at_until_the_time_is_over() {
    let step = "- { name: Look, request: GET /me, expect: { body: { plan: free } }, stays: 300ms }";
    let steady = changing(usize::MAX);
    let finished = run(&steady, step, 0);
    let attempts = finished.step("Look")["request"]["attempts"].as_u64().unwrap();
    assert!(attempts >= 3, "{finished}");
    let fickle = changing(2);
    let finished = run(&fickle, step, 1);
    let step = finished.step("Look");
    assert_eq!(step["request"]["attempts"], 3, "{finished}");
    assert_eq!(step["checks"][1]["actual"], "pro", "{finished}");
}

/// `within` waits for it to begin, `stays` for it to go on.
#[test]
fn a_change_may_be_waited_for_and_then_has_to_stay() {
    let changes = changing(2);
    let step = "- { name: Look, request: GET /me, expect: { body: { plan: pro } }, within: 30s, \
                stays: 200ms }";
    let finished = run(&changes, step, 0);
    assert!(finished.step("Look")["request"]["attempts"].as_u64().unwrap() >= 4, "{finished}");
    // Without `within` it has to be so at once.
    let changes = changing(1);
    let step = "- { name: Look, request: GET /me, expect: { body: { plan: pro } }, stays: 200ms }";
    assert_eq!(run(&changes, step, 1).step("Look")["request"]["attempts"], 1);
}

const CREATE: &str = "name: waits
vars: { user_id: \"user_${run.id}\" }
steps:
  - name: Create
    request: POST /v1/customers/
    body: { external_id: \"${user_id}\", email: \"a+${run.id}@example.com\" }
    expect: { status: 201 }
    capture: { id: id }
    undo: DELETE /v1/customers/${id}
";

#[test]
fn an_event_that_must_not_come_fails_the_step_when_it_does() {
    let steps = "  - name: None for others
    event: customer.created
    where: { data: { external_id: \"other-${run.id}\" } }
    stays: 300ms
  - name: None for us
    event: customer.created
    where: { data: { external_id: \"${user_id}\" } }
    stays: 10m
";
    let server = Server::correct();
    let finished = Test::scenario(&format!("{CREATE}{steps}")).against(&server).status(1).done();
    assert_eq!(finished.step("None for others")["status"], "passed", "{finished}");
    let came = finished.step("None for us");
    assert_eq!(came["status"], "failed", "{finished}");
    assert_eq!(came["checks"][0]["path"], "event", "{finished}");
    assert_eq!(came["checks"][0]["actual"], "customer.created", "{finished}");
    assert_eq!(came["diagnosis"]["code"], "mismatch", "{finished}");
}

/// The waits would take ten minutes each.
#[test]
fn nothing_is_waited_for_after_a_creation_that_was_refused() {
    let refusing = Behaviour::correct().instead(|request, _| {
        let refusal = json!({ "error": "RequestValidationError", "detail": "no" });
        (request.kind == Kind::Create).then(|| Reply::json(422, &refusal))
    });
    let server = Server::start(refusing);
    let steps = "  - name: The webhook
    event: customer.created
    where: { data: { external_id: \"${user_id}\" } }
    within: 10m
  - name: It is found
    request: GET /v1/customers/external/${user_id}
    within: 10m
";
    let finished = Test::scenario(&format!("{CREATE}{steps}")).against(&server).status(1).done();
    let webhook = finished.step("The webhook");
    assert_eq!(webhook["status"], "skipped", "{finished}");
    assert_eq!(webhook["reason"], "\"Create\" was refused, so nothing is waited for");
    assert_eq!(finished.step("It is found")["request"]["attempts"], 1, "{finished}");
    assert_eq!(finished.step("Create")["diagnosis"]["code"], "rejected", "{finished}");
}

/// A refusal that is wanted keeps nothing from coming.
#[test]
fn a_refusal_that_was_expected_ends_no_wait() {
    let steps = "  - name: The same again
    request: POST /v1/customers/
    body: { external_id: \"${user_id}\", email: \"a+${run.id}@example.com\" }
    expect: { status: 422 }
  - name: The webhook
    event: customer.created
    where: { data: { external_id: \"${user_id}\" } }
";
    let server = Server::correct();
    let finished = Test::scenario(&format!("{CREATE}{steps}")).against(&server).done();
    assert_eq!(finished.step("The webhook")["status"], "passed", "{finished}");
}
