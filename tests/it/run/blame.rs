//! Whose fault it is: scenarios that send or ask for something else than they expect, against a
//! server that does everything right.

use serde_json::Value;

use crate::support::program::{Finished, Test};
use crate::support::server::{Behaviour, Kind, Reply, Server};

/// A creation with `body`, and a second step.
fn scenario(body: &str, second: &str) -> String {
    format!(
        "name: own\ntitle: A scenario with a slip\nvars:\n  email: a+${{run.id}}@${{email_domain}}\nsteps:\n  - name: Create\n    \
         request: POST /v1/customers/\n    body: {body}\n    capture: {{ id: id }}\n    undo: DELETE /v1/customers/${{id}}\n  \
         - name: Second\n{second}"
    )
}

/// The diagnosis of the second step, against a server that does everything right.
fn second(yaml: &str) -> (String, String, Finished) {
    let server = Server::correct();
    let finished = Test::scenario(yaml).against(&server).status(1).done();
    let diagnosis = finished.step("Second")["diagnosis"].clone();
    let text = |key: &str| diagnosis[key].as_str().unwrap_or_default().to_owned();
    (text("code"), format!("{} {}", text("message"), text("hint")), finished)
}

#[test]
fn a_look_up_of_what_nothing_was_created_with_is_no_lost_customer() {
    let body = "{ email: \"${email}\", external_id: \"u_${run.id}\" }";
    let get =
        "    request: GET /v1/customers/external/user_${run.id}\n    expect: { status: 200 }\n";
    let (code, said, finished) = second(&scenario(body, get));
    assert_eq!(code, "rejected", "{finished}");
    assert!(
        said.contains("created no customer with it") && said.contains("has the external_id u_"),
        "{said}"
    );
    let list = "    request: GET /v1/customers/\n    query: { email: \"b+${email}\" }\n    expect:\n      body:\n        items: \
                [{ id: \"${id}\" }]\n";
    let (code, said, finished) = second(&scenario(body, list));
    assert_eq!(code, "mismatch", "{finished}");
    assert!(said.contains("asks for the e-mail b+a+"), "{said}");
}

#[test]
fn what_was_sent_under_another_key_was_never_had() {
    let body = "{ email: \"${email}\", externalId: \"user_${run.id}\" }";
    let read = "    request: GET /v1/customers/${id}\n    expect: { body: { external_id: \
        \"user_${run.id}\" } }\n";
    let (_, said, finished) = second(&scenario(body, read));
    assert!(said.contains("its body has `externalId` user_"), "{said}{finished}");
    assert!(!said.contains("This customer has the external_id"), "{said}");
}

#[test]
fn an_id_is_not_gone_because_a_longer_one_was_deleted() {
    // The API loses the first customer when the second one, whose id ends alike, is deleted.
    let server = Server::start(Behaviour::correct().instead(|request, state| {
        let lost = request.kind == Kind::Lookup && state.customers.len() == 1;
        lost.then(Reply::not_found)
    }));
    let two = "name: own\ntitle: Two ids that end alike\nsteps:\n\
        \x20 - { name: One, request: POST /v1/customers/, body: { email: \"a@${email_domain}\", external_id: \"1${run.id}\" }, \
           capture: { one: id }, undo: \"DELETE /v1/customers/${one}\" }\n\
        \x20 - { name: Other, request: POST /v1/customers/, body: { email: \"b@${email_domain}\", external_id: \"b1${run.id}\" } }\n\
        \x20 - { name: Delete, request: \"DELETE /v1/customers/external/b1${run.id}\", expect: { status: 204 } }\n\
        \x20 - { name: Second, request: \"GET /v1/customers/external/1${run.id}\", expect: { status: 200 } }\n";
    let finished = Test::scenario(two).against(&server);
    let (_, finished) = finished.start().end();
    assert_eq!(
        finished.step("Second")["diagnosis"]["code"],
        Value::from("customer_lost"),
        "{finished}"
    );
}
