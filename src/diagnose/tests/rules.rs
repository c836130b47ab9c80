//! Rules that are not kept, and answers that are about something other than a customer.

use super::*;

fn created() -> StepEvidence {
    Step::create(201, customer()).evidence()
}

/// The diagnosis of the last step.
fn last(mut steps: Vec<StepEvidence>) -> Diagnosis {
    diagnose(&mut steps, &POLAR);
    steps.pop().and_then(|step| step.result.diagnosis).expect("a diagnosis")
}

#[test]
fn a_list_that_holds_no_customers_is_not_read_as_one() {
    let rows = json!([{ "id": "a", "webhook_event": { "id": "b" } }]);
    let log = |body: Json, wanted: (&'static str, Json)| {
        Step::new("GET /v1/webhooks/deliveries?limit=100", 200, body).wants(&[wanted]).evidence()
    };
    let wanted = ("body.items", json!({ "$contains": { "succeeded": false } }));
    for items in [rows.clone(), json!([])] {
        let found = last(vec![created(), log(json!({ "items": items }), wanted.clone())]);
        assert_eq!(found.code, Code::Mismatch, "{}", found.message);
    }
    let other = ("body.items.0.webhook_event.id", json!("c"));
    assert_eq!(last(vec![created(), log(json!({ "items": rows }), other)]).code, Code::Mismatch);
}

#[test]
fn a_path_that_is_not_there_is_no_lost_customer() {
    let not_found = json!({ "detail": "Not Found" });
    for line in [
        "GET /v1/webhooks/deliveries",
        "POST /v1/webhooks/events/a/redeliver",
        "POST /v1/customers/a/members",
    ] {
        let found = last(vec![created(), Step::new(line, 404, not_found.clone()).evidence()]);
        assert_eq!(found.code, Code::Rejected);
        assert!(found.hint.contains("may not have this path"), "{}", found.hint);
    }
    let state =
        Step::new("GET /v1/customers/6003954a-761f-44ce-8d05-c8f31fff187c/state", 404, not_found);
    let found = last(vec![created(), state.evidence()]);
    assert_eq!(found.code, Code::CustomerLost);
    assert!(found.message.contains("or does not have this path"), "{}", found.message);
}

#[test]
fn a_member_that_loses_its_user_has_lost_an_external_id() {
    let member = json!({ "id": "m", "customer_id": ID, "external_id": null });
    let add =
        Step::new("POST /v1/customers/6003954a-761f-44ce-8d05-c8f31fff187c/members", 201, member);
    let sent = Some(json!({ "email": "m@example.com", "external_id": "user_2" }));
    let add = Step { sent, ..add.wants(&[("body.external_id", json!("user_2"))]) };
    assert_eq!(last(vec![created(), add.evidence()]).code, Code::ExternalIdLost);
}

#[test]
fn an_event_that_should_name_nobody_is_no_wrong_user() {
    let payload = json!({ "type": "customer.deleted", "data": customer() });
    let checks = checks(&payload, &[("body.data.external_id", json!(null))]);
    let step =
        StepEvidence::plain(result("event", StepKind::Event, checks), Outcome::Arrived(payload));
    let found = last(vec![created(), step]);
    assert_eq!(found.code, Code::Mismatch);
    assert!(
        found.message.contains("`body.data.external_id` is \"user_1\", where null was expected")
    );
}

#[test]
fn an_unmapped_event_says_whether_the_id_was_there_in_time() {
    let gone = with(customer(), "external_id", json!(null));
    assert!(alone(arrived(&gone)).hint.contains("in one request; one that gets it"));
    assert!(
        last(vec![created(), arrived(&gone)])
            .hint
            .contains("the target lost it on the way into the webhook")
    );
    let unseen = Step { wanted: vec![], ..Step::create(201, gone.clone()) };
    assert!(last(vec![unseen.evidence(), arrived(&gone)]).hint.contains("have lost it as well"));
}

#[test]
fn a_second_customer_is_told_unless_ids_are_not_kept_at_all() {
    let second =
        || Step { sent: Some(json!({ "email": "b@example.com", "external_id": USER })), ..again() };
    let found = last(vec![created(), second().evidence()]);
    assert_eq!(found.code, Code::UnexpectedStatus);
    assert!(
        found.message.contains("a second customer for the external_id user_1"),
        "{}",
        found.message
    );
    let lost = Step::create(201, with(customer(), "external_id", json!(null))).evidence();
    assert_eq!(codes(vec![lost, second().evidence()]), [Some(Code::ExternalIdLost), None]);
}

/// A creation that should be refused and is not.
fn again() -> Step {
    Step { wanted: vec![], ..Step::create(201, with(customer(), "id", json!("another"))) }
        .expects(422)
}

#[test]
fn a_deleted_customer_that_is_found_is_told_and_its_id_should_be_free() {
    let delete = || {
        Step::new("DELETE /v1/customers/6003954a-761f-44ce-8d05-c8f31fff187c", 204, Json::Null)
            .expects(204)
    };
    let read = Step { wanted: vec![], ..Step::read(200, customer()) }.expects(404);
    let found = last(vec![created(), delete().evidence(), read.evidence()]);
    assert_eq!(found.code, Code::UnexpectedStatus);
    assert!(found.message.contains("was deleted, and GET"), "{}", found.message);
    let taken = json!({ "detail": [{ "loc": ["body", "external_id"], "msg": "already exists" }] });
    let found =
        last(vec![created(), delete().evidence(), Step::create(422, taken.clone()).evidence()]);
    assert_eq!(found.code, Code::Rejected);
    assert!(
        found.message.contains("The customer that had this external_id was deleted"),
        "{}",
        found.message
    );
    // Without the deletion the refusal is right, and there is nothing to add to it.
    let found = last(vec![created(), Step::create(422, taken).evidence()]);
    assert!(found.message.ends_with("already exists."), "{}", found.message);
}

/// A customer without an external ID.
fn nobody() -> Json {
    with(customer(), "external_id", json!(null))
}

#[test]
fn an_update_of_an_id_that_is_refused() {
    let update = |id: &str, detail: &str| {
        let detail = json!({ "detail": [{ "loc": ["body", "external_id"], "msg": detail }] });
        let step =
            Step::new("PATCH /v1/customers/6003954a-761f-44ce-8d05-c8f31fff187c", 422, detail);
        Step { sent: Some(json!({ "external_id": id })), ..step }.evidence()
    };
    let refused = "Customer external ID cannot be updated.";
    let same = last(vec![created(), update(USER, refused)]);
    assert_eq!(same.code, Code::Rejected);
    assert!(same.message.contains("has this external_id already"), "{}", same.message);
    let another = last(vec![created(), update("user_2", refused)]);
    assert!(another.hint.contains("may be set once"), "{}", another.hint);
    let without = Step {
        sent: Some(json!({ "email": EMAIL })),
        wanted: vec![],
        ..Step::create(201, nobody())
    };
    let first = last(vec![without.evidence(), update(USER, refused)]);
    assert!(
        first.message.contains("was created without one") && first.hint.contains("null may become"),
        "{first:?}"
    );
    // Where it was changed on the way in, that is the cause.
    let changed = Step::create(201, with(customer(), "external_id", json!("USER_1"))).evidence();
    assert_eq!(codes(vec![changed, update(USER, refused)]), [Some(Code::ExternalIdChanged), None]);
}

#[test]
fn a_lost_id_says_what_the_request_did() {
    let gone = nobody;
    let line = "PATCH /v1/customers/6003954a-761f-44ce-8d05-c8f31fff187c";
    let patch = || Step::new(line, 200, gone()).wants(&[("body.external_id", json!(USER))]);
    let found =
        last(vec![created(), Step { sent: Some(json!({ "name": "x" })), ..patch() }.evidence()]);
    assert!(
        found
            .message
            .starts_with("This customer has the external_id user_1, and the answer to PATCH")
    );
    assert!(found.hint.contains("leave the external_id alone"), "{}", found.hint);
    let found = last(vec![
        created(),
        Step { sent: Some(json!({ "external_id": USER })), ..patch() }.evidence(),
    ]);
    assert!(found.message.contains("was sent with PATCH"), "{}", found.message);
    let found = last(vec![created(), Step::read(200, gone()).evidence()]);
    assert!(found.message.contains("and the answer to GET"), "{}", found.message);
    assert!(
        alone(Step::create(201, gone()).evidence())
            .message
            .starts_with("external_id user_1 was sent, and")
    );
}

#[test]
fn an_update_of_an_e_mail_that_did_not_happen() {
    let line = "PATCH /v1/customers/6003954a-761f-44ce-8d05-c8f31fff187c";
    let step = Step::new(line, 200, customer()).wants(&[("body.email", json!("new@example.com"))]);
    let found = last(vec![
        created(),
        Step { sent: Some(json!({ "email": "new@example.com" })), ..step }.evidence(),
    ]);
    assert_eq!(found.code, Code::EmailChanged);
    assert!(found.message.contains("the answer still has buyer@example.com"), "{}", found.message);
}

#[test]
fn hints_fit_the_refusal() {
    let hint = |status: u16, msg: &str| {
        let detail = if msg.is_empty() {
            json!({})
        } else {
            json!({ "detail": [{ "loc": ["body", "email"], "msg": msg }] })
        };
        alone(Step::create(status, detail).evidence()).hint
    };
    assert!(
        hint(422, "The domain example.com does not accept email.").contains("--var email_domain=")
    );
    assert!(hint(422, "A customer with this email already exists.").contains("${run.id}"));
    assert!(hint(411, "").contains("at the target's log for why"));
    assert!(hint(422, "No.").starts_with("Change what the reason names"));
    assert!(hint(403, "").contains("does not say which scope"));
    assert!(hint(304, "").contains("has a copy already"));
    let several = "Bearer scope=\"customers:read customers:write\"";
    let step = Step::create(403, json!({})).header("www-authenticate", several);
    assert!(
        alone(step.evidence()).message.contains("it needs one of customers:read, customers:write")
    );
}

#[test]
fn what_was_expected_is_said_in_words() {
    for (expected, words) in [
        (json!({ "$not": "a" }), "anything but \"a\""),
        (json!({ "$type": "uuid" }), "a value of type uuid"),
        (json!({ "$equals": { "a": 1 } }), "exactly {\"a\":1}"),
        (json!({ "$exists": false }), "nothing"),
        (json!({ "$contains": { "a": 1 } }), "an element like {\"a\":1}"),
        (json!({ "$not": { "$contains": { "a": 1 } } }), "no element like {\"a\":1}"),
        (json!({ "$not": { "a": 1 } }), "{\"$not\":{\"a\":1}}"),
        (json!({ "$type": "string", "$length": 2 }), "{\"$type\":\"string\",\"$length\":2}"),
        (json!({ "a": 1 }), "{\"a\":1}"),
    ] {
        assert_eq!(wanted(&expected), words);
    }
    let list =
        Step::new("GET /v1/x", 200, json!({ "items": [{}] })).wants(&[("body.items", json!([]))]);
    assert!(
        alone(list.evidence())
            .message
            .contains("`body.items` has 1 element, where none were expected")
    );
}

#[test]
fn what_looks_alike_is_told_apart() {
    let change = |sent: &str, found: &str| how_it_differs(&json!(sent), &json!(found));
    assert_eq!(change("007", "7"), " (its leading zeros are gone)");
    assert_eq!(change("a  b", "a b"), " (only inner spaces differ)");
    assert_eq!(
        change("e\u{301}", "\u{e9}"),
        " (they differ from character 1 on: U+0065 was sent, U+00E9 came)"
    );
    assert_eq!(change("user_1", "use"), " (cut off after 3 characters)");
    assert_eq!(change("a", "b"), "");
}

#[test]
fn keys_of_records_are_told_from_keys_below_them() {
    assert_eq!(record_key("body.id", "items"), Some("id"));
    assert_eq!(record_key("body.items.3.external_id", "items"), Some("external_id"));
    assert_eq!(record_key("body.items", "items"), Some("items"));
    for path in
        ["body", "status", "body.items.0.webhook_event.id", "body.metadata.id", "headers.id"]
    {
        assert_eq!(record_key(path, "items"), None, "{path}");
    }
}
