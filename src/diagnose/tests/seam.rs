//! The same causes at a provider with other names for everything.

use super::*;
use crate::provider::made_up::ACME;

fn person() -> Json {
    json!({ "key": "p1", "mail": EMAIL, "ref": USER })
}

fn create(record: Json) -> StepEvidence {
    let sent = Some(json!({ "mail": EMAIL, "ref": USER }));
    let step = Step { sent, ..Step::new("POST /people/", 201, record) };
    step.wants(&[("body.ref", json!(USER))]).evidence()
}

fn read(line: &'static str, status: u16, body: Json) -> StepEvidence {
    let wanted =
        [("body.key", json!("p1")), ("body.mail", json!(EMAIL)), ("body.ref", json!(USER))];
    Step::new(line, status, body).wants(&wanted).evidence()
}

fn event(kind: &str, record: &Json) -> StepEvidence {
    let payload = json!({ "what": kind, "person": record });
    let checks = checks(&payload, &[("body.person.ref", json!(USER))]);
    StepEvidence::plain(result("event", StepKind::Event, checks), Outcome::Arrived(payload))
}

/// The diagnosis of the last step, which names nothing of another provider.
fn last(mut steps: Vec<StepEvidence>) -> (Code, String) {
    diagnose(&mut steps, &ACME);
    let said = steps.pop().and_then(|step| step.result.diagnosis).expect("a diagnosis");
    let text = format!("{} {}", said.message, said.hint);
    for name in ["external_id", "/v1", "customer_id", "POLAR", "webhook-", "whsec_"] {
        assert!(!text.contains(name), "{name}: {text}");
    }
    (said.code, text)
}

fn holds(steps: Vec<StepEvidence>, code: Code, words: &str) {
    let (found, text) = last(steps);
    assert_eq!(found, code, "{text}");
    assert!(text.contains(words), "{text}");
}

#[test]
fn a_ref_that_is_lost_or_changed() {
    let lost = with(person(), "ref", json!(null));
    holds(vec![create(lost.clone())], Code::ExternalIdLost, "ref user_1 was sent, and");
    let reads = vec![create(person()), read("GET /people/p1", 200, lost)];
    holds(reads, Code::ExternalIdLost, "This customer has the ref user_1");
    let changed = with(person(), "ref", json!("USER_1"));
    holds(vec![create(changed)], Code::ExternalIdChanged, "(only the case differs)");
    let scripted = json!({ "key": "p1", "mail": "x@y.z", "ref": "canned" });
    holds(vec![create(scripted)], Code::NotStateful, "about x@y.z with ref canned");
    let missing = json!({ "why": "no such person" });
    let by_ref = read("GET /people/by-ref/user_1", 404, missing);
    holds(vec![create(person()), by_ref], Code::CustomerLost, "does not find who paid");
}

#[test]
fn people_that_were_not_asked_for() {
    let other = json!({ "key": "p2", "mail": "x@y.z", "ref": "user_2" });
    let reads = vec![create(person()), read("GET /people/p1", 200, other.clone())];
    holds(reads, Code::WrongCustomer, "was for the customer p1 and returned p2");
    let list = Step::new("GET /people/?find=user_1", 200, json!({ "rows": [other] }));
    let list = list.wants(&[("body.rows", json!([{ "key": "p1" }]))]).evidence();
    holds(vec![create(person()), list], Code::WrongCustomer, "returned a record that was not");
    let by_key = read("GET /people/user_1", 404, json!({}));
    holds(vec![create(person()), by_key], Code::Rejected, "it is GET /people/by-ref/{ref}.");
}

#[test]
fn webhooks_without_a_user_or_with_the_wrong_one() {
    let lost = with(person(), "ref", json!(null));
    let added = vec![create(person()), event("person.added", &lost)];
    holds(added, Code::WebhookUnmapped, "carries no ref (null where user_1");
    let removed = vec![create(person()), event("person.removed", &lost)];
    holds(removed, Code::WebhookUnmapped, ACME.hints.deleted_without_external_id);
    let own_id = with(person(), "ref", json!("p1"));
    let wrong = vec![create(person()), event("person.added", &own_id)];
    holds(wrong, Code::WebhookWrongUser, "names the user p1, and user_1 was expected (that is the");
}

#[test]
fn webhooks_that_are_missing_or_unsigned() {
    let waited = |missing: Missing| vec![broken(Outcome::Missing(Box::new(missing)))];
    let missing = || Missing { event_type: "person.added".to_owned(), ..nothing() };
    holds(waited(missing()), Code::WebhookMissing, "it never grants access");
    let unsigned = RejectReason::Signature(Rejection::Unsigned, None);
    let unsigned = waited(Missing { fitting: vec![unsigned], ..missing() });
    holds(unsigned, Code::WebhookUnsigned, "Send acme-id, acme-time and acme-signature");
}

#[test]
fn requests_without_a_good_token() {
    let refused = Step { with_token: false, ..Step::new("POST /people/", 401, json!({})) };
    holds(vec![refused.evidence()], Code::Unauthorized, "Set ACME_TOKEN or give");
}
