//! One small history for each cause.

mod blame;
mod golden;
mod rules;
mod seam;

use std::time::Duration;

use serde_json::{Value as Json, json};

use super::format::{how_it_differs, wanted};
use super::paths::record_key;
use super::*;
use crate::event::{Check, StepKind, StepResult};
use crate::evidence::{Exchange, Missing};
use crate::http::{Failure, FailureKind, Response};
use crate::provider::POLAR;
use crate::scenario::StatusPattern;
use crate::variables::FillError;
use crate::webhook::RejectReason;
use crate::webhook::signature::Rejection;

const ID: &str = "6003954a-761f-44ce-8d05-c8f31fff187c";
const EMAIL: &str = "buyer@example.com";
const USER: &str = "user_1";

fn customer() -> Json {
    json!({ "id": ID, "email": EMAIL, "external_id": USER })
}

fn result(name: &str, kind: StepKind, checks: Vec<Check>) -> StepResult {
    let failed = checks.iter().any(|check| check.status == Status::Failed);
    StepResult {
        name: name.to_owned(),
        kind,
        status: if failed { Status::Failed } else { Status::Passed },
        at: Duration::ZERO,
        duration: Duration::ZERO,
        line: 1,
        note: None,
        reason: None,
        calls: Vec::new(),
        rate_limited: Vec::new(),
        request: None,
        response: None,
        event: None,
        arrived: Vec::new(),
        checks,
        diagnosis: None,
    }
}

/// Compares what stands at each path with what is wanted there.
fn checks(body: &Json, wanted: &[(&str, Json)]) -> Vec<Check> {
    let check = |(path, expected): &(&str, Json)| {
        let pointer = format!("/{}", path.trim_start_matches("body.").replace('.', "/"));
        let actual = body.pointer(&pointer);
        Check {
            path: (*path).to_owned(),
            expected: expected.clone(),
            actual: actual.cloned().unwrap_or(Json::Null),
            missing: actual.is_none(),
            status: if actual == Some(expected) { Status::Passed } else { Status::Failed },
            line: None,
        }
    };
    wanted.iter().map(check).collect()
}

/// A request step: what was asked, what came, what was wanted.
struct Step {
    line: &'static str,
    sent: Option<Json>,
    status: u16,
    expected: StatusPattern,
    body: Json,
    raw: Option<&'static str>,
    headers: Vec<(String, String)>,
    wanted: Vec<(&'static str, Json)>,
    with_token: bool,
}

impl Step {
    fn new(line: &'static str, status: u16, body: Json) -> Self {
        let expected = StatusPattern::Code(if line.starts_with("POST") { 201 } else { 200 });
        Self {
            line,
            sent: None,
            status,
            expected,
            body,
            raw: None,
            headers: vec![],
            wanted: vec![],
            with_token: true,
        }
    }

    fn create(status: u16, body: Json) -> Self {
        let sent = Some(json!({ "email": EMAIL, "external_id": USER }));
        Self { sent, ..Self::new("POST /v1/customers/", status, body) }
            .wants(&[("body.external_id", json!(USER))])
    }

    fn read(status: u16, body: Json) -> Self {
        let wanted = [
            ("body.id", json!(ID)),
            ("body.email", json!(EMAIL)),
            ("body.external_id", json!(USER)),
        ];
        Self::new("GET /v1/customers/6003954a-761f-44ce-8d05-c8f31fff187c", status, body)
            .wants(&wanted)
    }

    fn wants(self, wanted: &[(&'static str, Json)]) -> Self {
        Self { wanted: wanted.to_vec(), ..self }
    }

    fn expects(self, code: u16) -> Self {
        Self { expected: StatusPattern::Code(code), ..self }
    }

    fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    fn evidence(self) -> StepEvidence {
        let (method, path) = self.line.split_once(' ').unwrap();
        let status = Check {
            path: "status".to_owned(),
            expected: json!("status"),
            actual: json!(self.status),
            missing: false,
            status: if self.expected.holds(self.status) { Status::Passed } else { Status::Failed },
            line: None,
        };
        let mut all = vec![status];
        let json = if self.raw.is_none() { Some(self.body.clone()) } else { None };
        all.extend(checks(json.as_ref().unwrap_or(&Json::Null), &self.wanted));
        let exchange = Exchange {
            method: method.to_owned(),
            path: path.to_owned(),
            with_token: self.with_token,
            sent: self.sent,
            expected: self.expected,
            response: Response {
                status: self.status,
                headers: self.headers,
                body: self.raw.map_or_else(|| self.body.to_string(), str::to_owned).into_bytes(),
                url: url::Url::parse("http://target/").unwrap(),
            },
            json,
            wants_json: !self.wanted.is_empty(),
        };
        StepEvidence::plain(
            result(self.line, StepKind::Request, all),
            Outcome::Exchange(Box::new(exchange)),
        )
    }
}

fn arrived(data: &Json) -> StepEvidence {
    let payload = json!({ "type": "customer.created", "data": data });
    let wanted = [("body.data.external_id", json!(USER)), ("body.data.email", json!(EMAIL))];
    let checks = checks(&payload, &wanted);
    StepEvidence::plain(result("event", StepKind::Event, checks), Outcome::Arrived(payload))
}

fn nothing() -> Missing {
    Missing {
        event_type: "customer.created".to_owned(),
        wanted: vec![("data.id".to_owned(), json!(ID))],
        waited: Duration::from_millis(1500),
        fitting: vec![],
        unreadable: vec![],
        others: vec![],
        used_up: false,
    }
}

/// A step with a outcome of its own, which did not pass.
fn broken(outcome: Outcome) -> StepEvidence {
    let mut result = result("step", StepKind::Event, vec![]);
    result.status = Status::Failed;
    StepEvidence::plain(result, outcome)
}

/// The codes in order, `None` for a step without a diagnosis of its own.
fn codes(mut steps: Vec<StepEvidence>) -> Vec<Option<Code>> {
    diagnose(&mut steps, &POLAR);
    for step in &steps {
        let passed = step.result.status == Status::Passed;
        let explained = step.result.diagnosis.is_some() || step.result.reason.is_some();
        assert_eq!(passed, !explained, "{:?}", step.result);
    }
    steps.into_iter().map(|step| step.result.diagnosis.map(|diagnosis| diagnosis.code)).collect()
}

/// The one diagnosis of a step that stands alone.
fn alone(step: StepEvidence) -> Diagnosis {
    let mut steps = [step];
    diagnose(&mut steps, &POLAR);
    let [step] = steps;
    let diagnosis = step.result.diagnosis.expect("a diagnosis");
    assert_eq!(step.result.status == Status::Errored, diagnosis.code.is_error());
    diagnosis
}

fn with(mut record: Json, key: &str, value: Json) -> Json {
    record[key] = value;
    record
}

fn without(mut record: Json, key: &str) -> Json {
    record.as_object_mut().unwrap().remove(key);
    record
}

#[test]
fn what_passed_needs_no_explanation() {
    let steps = vec![
        Step::create(201, customer()).evidence(),
        Step::read(200, customer()).evidence(),
        arrived(&customer()),
    ];
    assert_eq!(codes(steps), [None, None, None]);
}

#[test]
fn an_external_id_that_is_gone_is_told_once() {
    for gone in [
        with(customer(), "external_id", json!(null)),
        with(customer(), "external_id", json!("")),
        without(customer(), "external_id"),
    ] {
        let steps = vec![
            Step::create(201, gone.clone()).evidence(),
            Step::read(200, gone.clone()).evidence(),
            arrived(&gone),
        ];
        assert_eq!(codes(steps), [Some(Code::ExternalIdLost), None, None]);
    }
}

#[test]
fn an_external_id_that_got_lost_later_is_told_where_it_shows() {
    let gone = with(customer(), "external_id", json!(null));
    let steps = vec![
        Step::create(201, customer()).evidence(),
        Step::read(200, gone).evidence(),
        arrived(&customer()),
    ];
    assert_eq!(codes(steps), [None, Some(Code::ExternalIdLost), None]);
}

#[test]
fn an_external_id_that_changed_says_how() {
    let change = |value: Json| {
        let changed = with(customer(), "external_id", value);
        alone(Step::create(201, changed).evidence())
    };
    let cases = [
        (json!("USER_1"), "only the case"),
        (json!(" user_1"), "only outer spaces"),
        (json!(1), "text became a number"),
        (json!("other"), "other came back."),
    ];
    for (value, how) in cases {
        let diagnosis = change(value);
        assert_eq!(diagnosis.code, Code::ExternalIdChanged);
        assert!(diagnosis.message.contains(how), "{}", diagnosis.message);
    }
}

#[test]
fn an_e_mail_that_changed_is_told_and_explains_the_webhook() {
    let changed = with(customer(), "email", json!("other@example.com"));
    let steps = vec![
        Step::create(201, changed.clone()).evidence(),
        Step::read(200, changed.clone()).evidence(),
        arrived(&changed),
    ];
    assert_eq!(codes(steps), [None, Some(Code::EmailChanged), None]);
}

#[test]
fn another_id_is_somebody_else() {
    let other = json!({ "id": "another", "email": "x@y.z", "external_id": "user_2" });
    let steps = vec![Step::create(201, customer()).evidence(), Step::read(200, other).evidence()];
    assert_eq!(codes(steps), [None, Some(Code::WrongCustomer)]);
}

#[test]
fn the_right_id_with_nothing_else_right_is_a_script() {
    let canned = json!({ "id": ID, "email": "canned@example.com", "external_id": "usr_1337" });
    let steps = vec![
        Step::create(201, canned.clone()).evidence(),
        Step::read(200, canned.clone()).evidence(),
        broken(Outcome::Missing(Box::new(nothing()))),
    ];
    assert_eq!(codes(steps), [Some(Code::NotStateful), None, None]);
    let later = vec![Step::create(201, customer()).evidence(), Step::read(200, canned).evidence()];
    assert_eq!(codes(later), [None, Some(Code::NotStateful)]);
}

#[test]
fn one_wrong_field_is_no_script() {
    let lost = with(customer(), "external_id", json!(null));
    assert_eq!(alone(Step::create(201, lost).evidence()).code, Code::ExternalIdLost);
    let case = json!({ "id": ID, "email": EMAIL.to_uppercase(), "external_id": "other" });
    assert_eq!(alone(Step::create(201, case).evidence()).code, Code::ExternalIdChanged);
    let terse = json!({ "id": ID });
    assert_eq!(alone(Step::create(201, terse).evidence()).code, Code::ExternalIdLost);
}

#[test]
fn created_and_then_not_found_is_lost() {
    let not_found = json!({ "error": "ResourceNotFound", "detail": "Not found" });
    for status in [404, 410] {
        let steps = vec![
            Step::create(201, customer()).evidence(),
            Step::read(status, not_found.clone()).evidence(),
            Step::read(status, not_found.clone()).evidence(),
        ];
        assert_eq!(codes(steps), [None, Some(Code::CustomerLost), None]);
    }
    let empty_answer =
        vec![Step::create(201, customer()).evidence(), Step::read(200, json!({})).evidence()];
    assert_eq!(codes(empty_answer), [None, Some(Code::CustomerLost)]);
}

fn listing(line: &'static str, items: &Json) -> Step {
    let wanted = json!([{ "id": ID }]);
    Step::new(line, 200, json!({ "items": items })).wants(&[("body.items", wanted)])
}

#[test]
fn an_empty_list_is_lost_and_a_full_one_somebody_else() {
    let created = || Step::create(201, customer()).evidence();
    let line = "GET /v1/customers/?query=user";
    assert_eq!(
        codes(vec![created(), listing(line, &json!([])).evidence()]),
        [None, Some(Code::CustomerLost)]
    );
    let others = json!([{ "id": "a" }, { "id": "b" }]);
    assert_eq!(
        codes(vec![created(), listing(line, &others).evidence()]),
        [None, Some(Code::WrongCustomer)]
    );
    let everybody = json!([{ "id": "a" }, { "id": ID }]);
    assert_eq!(
        codes(vec![created(), listing(line, &everybody).evidence()]),
        [None, Some(Code::WrongCustomer)]
    );
    let twice = json!([{ "id": ID }, { "id": ID }]);
    assert_eq!(
        codes(vec![created(), listing(line, &twice).evidence()]),
        [None, Some(Code::Mismatch)]
    );
}

#[test]
fn a_lookup_by_a_key_that_did_not_survive_is_that_key_s_fault() {
    let changed = with(customer(), "email", json!("other@example.com"));
    let by_email = listing("GET /v1/customers/?email=Buyer%40example.com", &json!([]));
    assert_eq!(
        codes(vec![Step::create(201, changed).evidence(), by_email.evidence()]),
        [None, Some(Code::EmailChanged)]
    );
    let lost = with(customer(), "external_id", json!(null));
    let create = Step { wanted: vec![], ..Step::create(201, lost) };
    let by_user = Step::new("GET /v1/customers/external/user_1", 404, json!({}));
    assert_eq!(
        codes(vec![create.evidence(), by_user.evidence()]),
        [None, Some(Code::ExternalIdLost)]
    );
}

#[test]
fn a_lookup_for_nobody_that_finds_somebody() {
    let nobody =
        |body: Json| Step::new("GET /v1/customers/external/nobody", 200, body).expects(404);
    for somebody in [json!({ "id": "stranger", "external_id": "x" }), customer()] {
        let steps = vec![Step::create(201, customer()).evidence(), nobody(somebody).evidence()];
        assert_eq!(codes(steps), [None, Some(Code::WrongCustomer)]);
    }
    // The customer that should be gone is still there: nobody was mistaken for another.
    let still_there = Step::new("GET /v1/customers/external/user_1", 200, customer()).expects(404);
    let steps = vec![Step::create(201, customer()).evidence(), still_there.evidence()];
    assert_eq!(codes(steps), [None, Some(Code::UnexpectedStatus)]);
}

#[test]
fn refusals_by_their_status() {
    let refuse = |status: u16, body: Json| alone(Step::create(status, body).evidence());
    assert_eq!(refuse(401, json!({})).code, Code::Unauthorized);
    assert_eq!(refuse(403, json!({})).code, Code::Forbidden);
    assert_eq!(refuse(500, json!({})).code, Code::ServerError);
    assert_eq!(refuse(599, json!({})).code, Code::ServerError);
    assert_eq!(refuse(404, json!({})).code, Code::Rejected);
    assert_eq!(
        refuse(302, json!({})).code,
        Code::UnexpectedStatus,
        "whatever the body of a redirect says"
    );
    let detail = json!({
        "detail": [{ "loc": ["body", "email"], "msg": "is taken." }, { "msg": "and more" }],
    });
    let rejected = refuse(422, detail);
    assert_eq!(rejected.code, Code::Rejected);
    assert!(
        rejected.message.contains("it says: body.email: is taken.; and more."),
        "{}",
        rejected.message
    );
}

#[test]
fn a_missing_token_is_told_from_a_bad_one() {
    let bad = alone(Step::create(401, json!({ "error_description": "expired" })).evidence());
    assert!(
        bad.message.contains("refuses the token") && bad.message.contains("it says: expired"),
        "{}",
        bad.message
    );
    let none = alone(Step { with_token: false, ..Step::create(401, json!({})) }.evidence());
    assert!(none.message.contains("none was sent"), "{}", none.message);
    // A step that tries the API without a token is a check like any other.
    let open = Step::new("GET /v1/customers/", 200, json!({})).expects(401);
    assert_eq!(alone(open.evidence()).code, Code::UnexpectedStatus);
}

#[test]
fn a_missing_scope_is_named() {
    let header = "Bearer realm=\"polar\", scope=\"customers:write\", error=\"insufficient_scope\"";
    let step = Step::create(403, json!({})).header("www-authenticate", header);
    assert!(alone(step.evidence()).message.contains("it needs customers:write"));
}

#[test]
fn an_unexpected_status_names_the_redirect() {
    let step =
        Step::new("GET /v1/x", 302, json!({})).header("location", "https://elsewhere.example/");
    let diagnosis = alone(step.evidence());
    assert_eq!(diagnosis.code, Code::UnexpectedStatus);
    assert!(
        diagnosis.message.contains("a redirect to https://elsewhere.example/; 200 was expected")
    );
    // The mapping is what matters: a status that is merely another success comes second.
    let lost = with(customer(), "external_id", json!(null));
    assert_eq!(alone(Step::create(200, lost).evidence()).code, Code::ExternalIdLost);
    assert_eq!(alone(Step::create(200, customer()).evidence()).code, Code::UnexpectedStatus);
}

#[test]
fn a_body_that_is_no_json_says_what_it_is() {
    let cases = [
        ("", "a body that is empty."),
        (" <!DOCTYPE html><p>", "HTML"),
        ("<html>", "HTML"),
        ("<?xml?>", "or XML"),
        ("{\"id\": \"6", "broken JSON (EOF while parsing"),
        ("[1] x", "broken JSON (trailing characters at line 1 column 5)"),
        ("hello", "not JSON, of 5 bytes"),
    ];
    for (raw, what) in cases {
        let diagnosis = alone(Step { raw: Some(raw), ..Step::create(201, json!({})) }.evidence());
        assert_eq!(diagnosis.code, Code::NotJson);
        assert!(diagnosis.message.contains(what), "{}", diagnosis.message);
    }
}

#[test]
fn anything_else_is_a_mismatch_and_stands_on_every_step() {
    let odd = || {
        Step::new("GET /v1/x", 200, json!({ "name": "b" }))
            .wants(&[("body.name", json!("a"))])
            .evidence()
    };
    assert_eq!(codes(vec![odd(), odd()]), [Some(Code::Mismatch), Some(Code::Mismatch)]);
    let two =
        Step::new("GET /v1/x", 200, json!({})).wants(&[("body.a", json!(1)), ("body.b", json!(1))]);
    assert!(
        alone(two.evidence())
            .message
            .contains("`body.a` is missing, where 1 was expected, and one more check")
    );
}

#[test]
fn no_answer_is_what_the_transport_says() {
    for (kind, code) in [
        (FailureKind::Unreachable, Code::TargetUnreachable),
        (FailureKind::TimedOut, Code::TimedOut),
        (FailureKind::ConnectionLost, Code::ConnectionLost),
        (FailureKind::Tls, Code::TlsFailed),
        (FailureKind::RateLimited, Code::RateLimited),
    ] {
        let diagnosis = alone(broken(Outcome::Failed(Failure::new(kind, "so it is"))));
        assert_eq!(diagnosis.code, code);
        assert!(diagnosis.message.contains("so it is"));
        let known = Failure::new(kind, "so it is").with_hint("Do that.");
        assert_eq!(alone(broken(Outcome::Failed(known))).hint, "Do that.");
    }
}

#[test]
fn what_cannot_be_sent_or_awaited() {
    let bad = FillError::BadSegment { template: "${id}".to_owned(), segment: "..".to_owned() };
    assert_eq!(alone(broken(Outcome::Unsendable(bad))).code, Code::Mismatch);
    assert_eq!(alone(broken(Outcome::NoSource("why".to_owned()))).code, Code::NoEventSource);
}

#[test]
fn a_webhook_without_the_external_id_is_unmapped() {
    for gone in [
        with(customer(), "external_id", json!(null)),
        with(customer(), "external_id", json!("")),
        without(customer(), "external_id"),
    ] {
        assert_eq!(alone(arrived(&gone)).code, Code::WebhookUnmapped);
    }
}

#[test]
fn a_webhook_with_another_user_or_e_mail_is_wrong() {
    let user = with(customer(), "external_id", json!("user_2"));
    assert_eq!(alone(arrived(&user)).code, Code::WebhookWrongUser);
    let email = with(customer(), "email", json!("x@y.z"));
    assert_eq!(alone(arrived(&email)).code, Code::WebhookWrongUser);
    let no_email = with(customer(), "email", json!(null));
    assert_eq!(alone(arrived(&no_email)).code, Code::Mismatch);
}

#[test]
fn a_webhook_that_must_be_rejected_says_why() {
    let cases = [
        (RejectReason::Signature(Rejection::Unsigned, None), Code::WebhookUnsigned),
        (RejectReason::Signature(Rejection::BadSignature, None), Code::WebhookBadSignature),
        (RejectReason::Signature(Rejection::Stale, None), Code::WebhookStale),
        (RejectReason::Malformed("its body is not JSON".to_owned()), Code::WebhookMalformed),
    ];
    for (problem, code) in cases {
        let fitting = Missing { fitting: vec![problem.clone()], ..nothing() };
        assert_eq!(alone(broken(Outcome::Missing(Box::new(fitting)))).code, code);
        let unreadable = Missing { unreadable: vec![problem], ..nothing() };
        assert_eq!(alone(broken(Outcome::Missing(Box::new(unreadable)))).code, code);
    }
    let seen =
        RejectReason::Signature(Rejection::Unsigned, Some("webhook-id is missing".to_owned()));
    let told =
        alone(broken(Outcome::Missing(Box::new(Missing { fitting: vec![seen], ..nothing() }))))
            .message;
    assert!(
        told.starts_with(
            "customer.created arrived without a whole signature (webhook-id is missing)."
        ),
        "{told}"
    );
}

#[test]
fn a_webhook_that_is_missing_says_what_came_instead() {
    let message = |missing: Missing| {
        let diagnosis = alone(broken(Outcome::Missing(Box::new(missing))));
        assert_eq!(diagnosis.code, Code::WebhookMissing);
        diagnosis.message
    };
    let asked = format!("No customer.created with `data.id` \"{ID}\" arrived within 1.5 s");
    assert!(message(nothing()).starts_with(&asked), "{}", message(nothing()));
    assert!(
        message(nothing())
            .contains("within 1.5 s of the last request. No other webhook arrived either.")
    );
    let others: Vec<_> = (1..=7).map(|count| (format!("event.{count}"), count)).collect();
    let told = message(Missing { others, used_up: true, ..nothing() });
    assert!(told.contains("an earlier step had used it"), "{told}");
    assert!(told.contains("What did arrive: event.1, event.2 2 times, event.3 3 times"), "{told}");
    assert!(told.contains("event.5 5 times, and 2 more."), "{told}");
}
