//! Every diagnosis as people read it, and every status with the code that it is owed. Whoever
//! changes a sentence or a rule sees here what else changes with it.

use std::fmt::Write as _;

use super::*;
use crate::event::{Quote, pieces};
use crate::http::FailureKind;

const RECORD: &str = "/v1/customers/6003954a-761f-44ce-8d05-c8f31fff187c";

pub(super) fn created() -> StepEvidence {
    Step::create(201, customer()).evidence()
}

/// A customer that was made without an external ID.
fn made_without() -> StepEvidence {
    let nobody = with(customer(), "external_id", json!(null));
    let sent = Some(json!({ "email": EMAIL }));
    Step { sent, wanted: vec![], ..Step::create(201, nobody) }.evidence()
}

pub(super) fn deleted() -> StepEvidence {
    Step::new("DELETE /v1/customers/6003954a-761f-44ce-8d05-c8f31fff187c", 204, Json::Null)
        .expects(204)
        .evidence()
}

pub(super) fn taken(key: &str) -> Json {
    json!({ "detail": [{ "loc": ["body", key], "msg": "It already exists." }] })
}

pub(super) fn sends(step: Step, body: Json) -> Step {
    Step { sent: Some(body), ..step }
}

pub(super) fn patch(status: u16, body: Json) -> Step {
    Step::new("PATCH /v1/customers/6003954a-761f-44ce-8d05-c8f31fff187c", status, body)
}

fn members(status: u16, body: Json) -> Step {
    Step::new("POST /v1/customers/6003954a-761f-44ce-8d05-c8f31fff187c/members", status, body)
}

pub(super) fn event(kind: &str, data: &Json, wanted: &[(&'static str, Json)]) -> StepEvidence {
    let payload = json!({ "type": kind, "data": data });
    let checks = checks(&payload, wanted);
    StepEvidence::plain(result("event", StepKind::Event, checks), Outcome::Arrived(payload))
}

fn waited(missing: Missing) -> StepEvidence {
    broken(Outcome::Missing(Box::new(missing)))
}

pub(super) fn rejected(problem: RejectReason) -> StepEvidence {
    waited(Missing { fitting: vec![problem], ..nothing() })
}

/// A customer beside the usual one.
fn another() -> StepEvidence {
    let record = json!({ "id": "b", "email": "b@b.c", "external_id": "user_2" });
    let sent = json!({ "email": "b@b.c", "external_id": "user_2" });
    sends(Step { wanted: vec![], ..Step::create(201, record) }, sent).evidence()
}

/// A step whose whole body is not what was expected.
pub(super) fn whole(step: Step) -> StepEvidence {
    let body = step.body.clone();
    let mut evidence = Step { wanted: vec![], ..step }.evidence();
    evidence.result.checks.push(Check {
        path: "body".to_owned(),
        expected: json!({ "$type": "object" }),
        actual: body,
        missing: false,
        status: Status::Failed,
        line: None,
    });
    evidence.result.status = Status::Failed;
    evidence
}

/// A sentence as reporters cut it.
fn cut(sentence: &str) -> String {
    let line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let shown = |(piece, quote): (&str, Option<Quote>)| match quote {
        Some(quote) if piece.chars().nth(quote.limit()).is_some() => {
            line(piece).chars().take(quote.limit() - 1).chain(['…']).collect()
        }
        Some(_) => line(piece),
        None => piece.to_owned(),
    };
    pieces(sentence).into_iter().map(shown).collect()
}

/// What the last step of each history is told.
pub(super) fn told(stories: Vec<(&str, Vec<StepEvidence>)>) -> String {
    let mut text = String::new();
    for (history, mut steps) in stories {
        diagnose(&mut steps, &POLAR);
        let last = steps.pop().expect("a step").result;
        writeln!(text, "# {history}").unwrap();
        match (last.diagnosis, last.reason) {
            (Some(told), _) => {
                let message = cut(&told.message);
                write!(text, "{}: {message}\n-> {}\n\n", told.code.as_str(), told.hint).unwrap();
            }
            (None, Some(reason)) => write!(text, "{reason}\n\n").unwrap(),
            (None, None) => write!(text, "nothing\n\n").unwrap(),
        }
    }
    text
}

#[test]
#[expect(clippy::too_many_lines, reason = "one history after the other")]
fn what_is_said_of_answers() {
    let gone = || with(customer(), "external_id", json!(null));
    let user = |value: Json| Step::create(201, with(customer(), "external_id", value)).evidence();
    let read = |body: Json| vec![created(), Step::read(200, body).evidence()];
    let scope = |scopes: &str| {
        let header = format!("Bearer scope=\"{scopes}\"");
        Step::create(403, json!({})).header("www-authenticate", &header).evidence()
    };
    let raw = |raw: &'static str| {
        vec![Step { raw: Some(raw), ..Step::create(201, json!({})) }.evidence()]
    };
    let list = |line: &'static str, items: Json| vec![created(), listing(line, &items).evidence()];
    let second = |body: Json| {
        sends(
            Step { wanted: vec![], ..Step::create(201, with(customer(), "id", json!("b"))) },
            body,
        )
    };
    let longer = json!({ "name": "x".repeat(200) });
    let many = [("body.a", json!(1)), ("body.b", json!(1)), ("body.c", json!(1))];
    let said = told(vec![
        (
            "a token that is refused",
            vec![Step::create(401, json!({ "error_description": "expired" })).evidence()],
        ),
        ("no token", vec![Step { with_token: false, ..Step::create(401, json!({})) }.evidence()]),
        ("a missing scope", vec![scope("customers:write")]),
        ("one of several scopes", vec![scope("customers:read customers:write")]),
        (
            "a scope that is not named",
            vec![Step::create(403, json!({ "detail": "No." })).evidence()],
        ),
        ("500", vec![Step::create(500, json!({ "detail": "Oops", "message": "Oops" })).evidence()]),
        ("503", vec![Step::create(503, json!({})).evidence()]),
        (
            "a redirect",
            vec![Step::new("GET /v1/x", 302, json!({})).header("location", "/login").evidence()],
        ),
        ("304", vec![Step::new("GET /v1/x", 304, json!({})).evidence()]),
        ("another success", vec![Step::create(200, customer()).evidence()]),
        ("an empty body", raw("")),
        ("HTML", raw(" <html>")),
        ("a byte order mark", raw("\u{feff}{}")),
        ("broken JSON", raw("{\"id\": \"6")),
        ("text", raw("hello")),
        (
            "a script",
            vec![
                Step::create(201, json!({ "id": "x", "email": "a@b.c", "external_id": "y" }))
                    .evidence(),
            ],
        ),
        ("lost on creation", vec![user(json!(null))]),
        ("empty on creation", vec![user(json!(""))]),
        (
            "no key on creation",
            vec![Step::create(201, without(customer(), "external_id")).evidence()],
        ),
        ("lost later", read(gone())),
        (
            "lost by an update",
            vec![
                created(),
                sends(patch(200, gone()), json!({ "name": "x" }))
                    .wants(&[("body.external_id", json!(USER))])
                    .evidence(),
            ],
        ),
        ("changed case", vec![user(json!("USER_1"))]),
        ("changed outer spaces", vec![user(json!(" user_1 "))]),
        ("changed inner spaces", vec![user(json!("user _1"))]),
        ("a number", vec![user(json!(1))]),
        ("look-alikes", vec![user(json!("us\u{0435}r_1"))]),
        (
            "spaces kept",
            vec![
                sends(
                    Step::create(201, with(customer(), "external_id", json!(" user_1"))),
                    json!({ "external_id": " user_1" }),
                )
                .evidence(),
            ],
        ),
        (
            "invented",
            vec![
                sends(Step::create(201, customer()), json!({ "email": EMAIL }))
                    .wants(&[("body.external_id", json!(null))])
                    .evidence(),
            ],
        ),
        ("another e-mail", read(with(customer(), "email", json!("x@y.z")))),
        ("another customer", read(json!({ "id": "b", "email": "x@y.z", "external_id": "user_2" }))),
        ("no record", read(json!({}))),
        ("nobody in a list", list("GET /v1/customers/?query=user", json!([]))),
        ("a stranger in a list", list("GET /v1/customers/?query=user", json!([{ "id": "b" }]))),
        (
            "strangers in a list",
            list("GET /v1/customers/?query=user", json!([{ "id": "b" }, { "id": "c" }])),
        ),
        (
            "not found",
            vec![created(), Step::read(404, json!({ "detail": "Not found" })).evidence()],
        ),
        (
            "no such path of a customer",
            vec![
                created(),
                Step::new(
                    "GET /v1/customers/6003954a-761f-44ce-8d05-c8f31fff187c/state",
                    404,
                    json!({}),
                )
                .evidence(),
            ],
        ),
        (
            "somebody where nobody is",
            vec![
                created(),
                Step::new("GET /v1/customers/external/nobody", 200, json!({ "id": "b" }))
                    .expects(404)
                    .evidence(),
            ],
        ),
        (
            "found after its deletion",
            vec![
                created(),
                deleted(),
                Step { wanted: vec![], ..Step::read(200, customer()) }.expects(404).evidence(),
            ],
        ),
        (
            "listed after its deletion",
            vec![
                created(),
                deleted(),
                Step::new("GET /v1/customers/?email=x", 200, json!({ "items": [customer()] }))
                    .wants(&[("body.items", json!([]))])
                    .evidence(),
            ],
        ),
        (
            "taken after a deletion",
            vec![created(), deleted(), Step::create(422, taken("external_id")).evidence()],
        ),
        ("taken by somebody", vec![Step::create(422, taken("external_id")).evidence()]),
        (
            "taken by another case",
            vec![
                created(),
                sends(
                    Step::create(422, taken("external_id")),
                    json!({ "email": "b@b.c", "external_id": "USER_1" }),
                )
                .evidence(),
            ],
        ),
        ("refused without a reason", vec![Step::create(400, json!({})).evidence()]),
        (
            "refused with a reason",
            vec![
                Step::create(
                    422,
                    json!({ "detail": [{ "loc": ["body", "name"], "msg": "Too long." }] }),
                )
                .evidence(),
            ],
        ),
        (
            "a domain that takes no mail",
            vec![
                Step::create(
                    422,
                    json!({ "detail": [{
                        "loc": ["body", "email"], "msg": "The domain does not accept email.",
                    }] }),
                )
                .evidence(),
            ],
        ),
        ("no such path at all", vec![Step::new("GET /v1/nothing", 404, json!({})).evidence()]),
        (
            "no such path beside others",
            vec![created(), Step::new("POST /v1/nothing", 405, json!({})).evidence()],
        ),
        (
            "an update of the same id refused",
            vec![
                created(),
                sends(patch(422, taken("external_id")), json!({ "external_id": USER })).evidence(),
            ],
        ),
        (
            "an update to another id refused",
            vec![
                created(),
                sends(patch(422, taken("external_id")), json!({ "external_id": "b" })).evidence(),
            ],
        ),
        (
            "an update to a first id refused",
            vec![
                made_without(),
                sends(patch(422, taken("external_id")), json!({ "external_id": USER })).evidence(),
            ],
        ),
        (
            "a second customer for an id",
            vec![
                created(),
                second(json!({ "email": "b@b.c", "external_id": USER })).expects(422).evidence(),
            ],
        ),
        (
            "a second customer for an e-mail",
            vec![
                created(),
                second(json!({ "email": EMAIL.to_uppercase() })).expects(422).evidence(),
            ],
        ),
        ("accepted", vec![Step::new("GET /v1/x", 200, json!({})).expects(403).evidence()]),
        (
            "a member for the same e-mail",
            vec![
                created(),
                sends(members(201, json!({})), json!({ "email": EMAIL })).expects(422).evidence(),
            ],
        ),
        (
            "a member that lost its id",
            vec![
                created(),
                sends(
                    members(201, json!({ "customer_id": ID, "external_id": null })),
                    json!({ "external_id": "user_2" }),
                )
                .wants(&[("body.external_id", json!("user_2"))])
                .evidence(),
            ],
        ),
        ("a list for a record", vec![created(), whole(Step::read(200, json!([])))]),
        ("another kind of record", vec![created(), whole(Step::read(200, customer()))]),
        ("a list for a creation", vec![whole(Step::create(201, json!([])))]),
        ("no key later", read(without(customer(), "external_id"))),
        ("no id", read(without(customer(), "id"))),
        (
            "a creation accepted",
            vec![Step { wanted: vec![], ..Step::create(201, customer()) }.expects(422).evidence()],
        ),
        (
            "made again",
            vec![
                created(),
                second(json!({ "email": "b@b.c", "external_id": USER })).expects(200).evidence(),
            ],
        ),
        (
            "found where it should not be",
            vec![
                created(),
                Step { wanted: vec![], ..Step::read(200, customer()) }.expects(404).evidence(),
            ],
        ),
        (
            "found after another's deletion",
            vec![
                created(),
                another(),
                Step::new("DELETE /v1/customers/b", 204, Json::Null).expects(204).evidence(),
                Step { wanted: vec![], ..Step::read(200, customer()) }.expects(404).evidence(),
            ],
        ),
        (
            "an update after a first one refused",
            vec![
                made_without(),
                sends(patch(200, customer()), json!({ "external_id": USER })).evidence(),
                sends(patch(422, taken("external_id")), json!({ "external_id": USER })).evidence(),
            ],
        ),
        (
            "not found, beside somebody without an id",
            vec![
                Step { wanted: vec![], ..Step::create(201, json!({})) }.evidence(),
                Step::new("GET /v1/customers/?limit=1", 200, json!({ "external_id": "other" }))
                    .evidence(),
                Step::new("GET /v1/customers/external/user_1", 404, json!({})).evidence(),
            ],
        ),
        (
            "an update to another e-mail",
            vec![
                created(),
                sends(
                    patch(200, with(customer(), "email", json!("x@y.z"))),
                    json!({ "email": "new@y.z" }),
                )
                .wants(&[("body.email", json!("new@y.z"))])
                .evidence(),
            ],
        ),
        (
            "an update of the e-mail ignored",
            vec![
                created(),
                sends(patch(200, customer()), json!({ "email": "new@y.z" }))
                    .wants(&[("body.email", json!("new@y.z"))])
                    .evidence(),
            ],
        ),
        (
            "lost by another request",
            vec![
                created(),
                sends(
                    Step::new(
                        "POST /v1/customers/6003954a-761f-44ce-8d05-c8f31fff187c/x",
                        201,
                        gone(),
                    ),
                    json!({}),
                )
                .wants(&[("body.external_id", json!(USER))])
                .evidence(),
            ],
        ),
        (
            "not found by an id that was lost",
            vec![
                Step { wanted: vec![], ..Step::create(201, gone()) }.evidence(),
                Step::new("GET /v1/customers/external/user_1", 404, json!({})).evidence(),
            ],
        ),
        ("no e-mail came", read(with(customer(), "email", json!(null)))),
        ("an empty e-mail came", read(with(customer(), "email", json!("")))),
        (
            "a stranger whose id nobody looks at",
            vec![
                created(),
                Step::new(
                    "GET /v1/customers/external/user_1",
                    200,
                    json!({ "id": "b", "email": "x", "external_id": "y" }),
                )
                .wants(&[("body.email", json!(EMAIL)), ("body.external_id", json!(USER))])
                .evidence(),
            ],
        ),
        (
            "refused for its name after a deletion",
            vec![created(), deleted(), Step::create(422, taken("name")).evidence()],
        ),
        (
            "refused for nothing after a deletion",
            vec![created(), deleted(), Step::create(422, json!({})).evidence()],
        ),
        (
            "refused as too large after a deletion",
            vec![created(), deleted(), Step::create(413, taken("email")).evidence()],
        ),
        (
            "refused for both after a deletion",
            vec![
                created(),
                deleted(),
                Step::create(
                    422,
                    json!({
                        "detail": [taken("external_id")["detail"][0], taken("email")["detail"][0]],
                    }),
                )
                .evidence(),
            ],
        ),
        (
            "an update to a freed e-mail refused",
            vec![
                created(),
                deleted(),
                another(),
                sends(
                    Step::new("PATCH /v1/customers/b", 422, taken("email")),
                    json!({ "email": EMAIL }),
                )
                .evidence(),
            ],
        ),
        (
            "taken by other spaces",
            vec![
                sends(
                    Step {
                        wanted: vec![],
                        ..Step::create(201, with(customer(), "external_id", json!("a  b")))
                    },
                    json!({ "email": EMAIL, "external_id": "a  b" }),
                )
                .evidence(),
                sends(
                    Step::create(422, taken("external_id")),
                    json!({ "email": "b@b.c", "external_id": "a b" }),
                )
                .evidence(),
            ],
        ),
        (
            "taken by somebody else altogether",
            vec![
                created(),
                sends(
                    Step::create(422, taken("external_id")),
                    json!({ "email": "b@b.c", "external_id": "other" }),
                )
                .evidence(),
            ],
        ),
        (
            "another list",
            vec![
                Step::new("GET /v1/x", 200, json!({ "a": [1] }))
                    .wants(&[("body.a", json!([2]))])
                    .evidence(),
            ],
        ),
        (
            "a longer list",
            vec![
                Step::new("GET /v1/x", 200, json!({ "a": [1, 2] }))
                    .wants(&[("body.a", json!([2]))])
                    .evidence(),
            ],
        ),
        (
            "a number taken",
            vec![
                created(),
                second(json!({ "email": "b@b.c", "external_id": 42 })).expects(422).evidence(),
            ],
        ),
        (
            "an id changed",
            vec![
                created(),
                sends(
                    patch(200, with(customer(), "external_id", json!("b"))),
                    json!({ "external_id": "b" }),
                )
                .expects(422)
                .evidence(),
            ],
        ),
        (
            "a change of an id ignored",
            vec![
                created(),
                sends(patch(200, customer()), json!({ "external_id": "b" }))
                    .expects(422)
                    .evidence(),
            ],
        ),
        (
            "refused otherwise",
            vec![
                Step { wanted: vec![], ..Step::create(409, taken("external_id")) }
                    .expects(422)
                    .evidence(),
            ],
        ),
        (
            "another mismatch",
            vec![Step::new("GET /v1/x", 200, json!({ "a": 2 })).wants(&many[..1]).evidence()],
        ),
        (
            "two mismatches",
            vec![Step::new("GET /v1/x", 200, json!({})).wants(&many[..2]).evidence()],
        ),
        ("many mismatches", vec![Step::new("GET /v1/x", 200, json!({})).wants(&many).evidence()]),
        (
            "a long mismatch",
            vec![
                Step::new("GET /v1/x", 200, longer).wants(&[("body.name", json!("x"))]).evidence(),
            ],
        ),
        (
            "a secret that differs",
            vec![
                Step::new("GET /v1/x", 200, json!({ "secret": "abc" }))
                    .wants(&[("body.secret", json!("b"))])
                    .evidence(),
            ],
        ),
        ("the same cause again", vec![user(json!(null)), Step::read(200, gone()).evidence()]),
    ]);
    insta::assert_snapshot!(said);
}

#[test]
fn what_was_wanted_is_said_in_words() {
    for (expected, words) in [
        (json!("a"), "\"a\""),
        (json!({ "$type": "uuid" }), "a value of type uuid"),
        (json!({ "$equals": { "a": 1 } }), "exactly {\"a\":1}"),
        (json!({ "$not": { "$contains": { "a": 1 } } }), "no element like {\"a\":1}"),
        (json!({ "$contains": { "a": 1 } }), "an element like {\"a\":1}"),
        (json!({ "$contains": "a" }), "something that contains \"a\""),
        (json!({ "$not": "a" }), "anything but \"a\""),
        (json!({ "$not": { "a": 1 } }), "{\"$not\":{\"a\":1}}"),
        (json!({ "$matches": "^a" }), "text that matches ^a"),
        (json!({ "$exists": false }), "nothing"),
        (json!({ "$exists": true }), "any value"),
        (json!({ "$length": 2 }), "{\"$length\":2}"),
        (json!({ "$type": "string", "$length": 2 }), "{\"$type\":\"string\",\"$length\":2}"),
    ] {
        assert_eq!(wanted(&expected), words);
    }
}

#[test]
#[allow(clippy::too_many_lines)] // one list, read from the top down
fn what_is_said_of_webhooks() {
    let mapping = [("body.data.external_id", json!(USER)), ("body.data.email", json!(EMAIL))];
    let gone = || with(customer(), "external_id", json!(null));
    let unsigned = |reason: Option<&str>| {
        rejected(RejectReason::Signature(Rejection::Unsigned, reason.map(str::to_owned)))
    };
    let bad = |reason: Option<&str>| {
        rejected(RejectReason::Signature(Rejection::BadSignature, reason.map(str::to_owned)))
    };
    let stale = |reason: Option<&str>| {
        rejected(RejectReason::Signature(Rejection::Stale, reason.map(str::to_owned)))
    };
    let other = |what: &str, count| (what.to_owned(), count);
    let noted = || {
        let mut step = event("customer.created", &json!({ "a": 2 }), &[("body.data.a", json!(1))]);
        step.result.note = Some("why".to_owned());
        step
    };
    let said = told(vec![
        ("unmapped, alone", vec![event("customer.created", &gone(), &mapping)]),
        (
            "unmapped, kept by the API",
            vec![created(), event("customer.created", &gone(), &mapping)],
        ),
        (
            "unmapped, lost by the API",
            vec![
                Step { wanted: vec![], ..Step::create(201, gone()) }.evidence(),
                event("customer.created", &gone(), &mapping),
            ],
        ),
        (
            "unmapped, kept, and a failure that shows another",
            vec![
                created(),
                Step::new("GET /v1/x", 500, json!({ "id": ID, "external_id": "other" })).evidence(),
                event("customer.created", &gone(), &mapping),
            ],
        ),
        ("unmapped, later", vec![created(), event("customer.updated", &gone(), &mapping)]),
        ("unmapped, later, alone", vec![event("customer.updated", &gone(), &mapping)]),
        ("unmapped, deleted", vec![created(), event("customer.deleted", &gone(), &mapping)]),
        (
            "another user",
            vec![event(
                "customer.created",
                &with(customer(), "external_id", json!("user_2")),
                &mapping,
            )],
        ),
        (
            "another user, later",
            vec![event(
                "customer.deleted",
                &with(customer(), "external_id", json!("USER_1")),
                &mapping,
            )],
        ),
        (
            "the API's id",
            vec![event("customer.created", &with(customer(), "external_id", json!(ID)), &mapping)],
        ),
        (
            "another e-mail",
            vec![event(
                "subscription.active",
                &with(customer(), "email", json!("x@y.z")),
                &mapping,
            )],
        ),
        (
            "no e-mail",
            vec![event("customer.created", &with(customer(), "email", json!(null)), &mapping)],
        ),
        (
            "something else",
            vec![event("customer.created", &json!({ "a": 2 }), &[("body.data.a", json!(1))])],
        ),
        ("something else, with a note", vec![noted()]),
        ("unsigned", vec![unsigned(None)]),
        ("unsigned, and how", vec![unsigned(Some("webhook-id is missing"))]),
        ("badly signed", vec![bad(None)]),
        (
            "badly signed, and how",
            vec![bad(Some("it holds no `v1,` in front, and is right apart from that"))],
        ),
        ("stale", vec![stale(None)]),
        ("stale, and how", vec![stale(Some("a year"))]),
        (
            "signed in another way",
            vec![rejected(RejectReason::OtherScheme(
                "`stripe-signature` came (Stripe's)".to_owned(),
            ))],
        ),
        ("malformed", vec![rejected(RejectReason::Malformed("its body is not JSON".to_owned()))]),
        ("nothing came", vec![waited(nothing())]),
        (
            "nothing came, later",
            vec![waited(Missing { event_type: "customer.updated".to_owned(), ..nothing() })],
        ),
        ("nothing in particular came", vec![waited(Missing { wanted: vec![], ..nothing() })]),
        (
            "others came",
            vec![waited(Missing {
                others: vec![other("member.created", 1), other("x", 3)],
                ..nothing()
            })],
        ),
        (
            "others of its type came",
            vec![waited(Missing {
                others: vec![other("customer.created (external_id b)", 1)],
                ..nothing()
            })],
        ),
        (
            "five came",
            vec![waited(Missing { others: (0..5).map(|_| other("x", 1)).collect(), ..nothing() })],
        ),
        (
            "six came",
            vec![waited(Missing { others: (0..6).map(|_| other("x", 1)).collect(), ..nothing() })],
        ),
        ("it was used up", vec![waited(Missing { used_up: true, ..nothing() })]),
        ("nowhere to wait", vec![broken(Outcome::NoSource("no scope".to_owned()))]),
    ]);
    insta::assert_snapshot!(said);
}

#[test]
fn what_is_said_without_an_answer() {
    let failed = |kind| vec![broken(Outcome::Failed(Failure::new(kind, "so it is")))];
    let unsendable =
        FillError::BadSegment { template: "${id}".to_owned(), segment: "..".to_owned() };
    let forbidden = Outcome::Forbidden {
        request: format!("DELETE {RECORD}"),
        why: "carries nothing of this run".to_owned(),
    };
    let lied = json!({ "id": ID, "email": "x@y.z", "external_id": USER });
    let said = told(vec![
        ("unreachable", failed(FailureKind::Unreachable)),
        ("timed out", failed(FailureKind::TimedOut)),
        ("connection lost", failed(FailureKind::ConnectionLost)),
        ("TLS", failed(FailureKind::Tls)),
        ("unauthorized", failed(FailureKind::Unauthorized)),
        ("rate limited", failed(FailureKind::RateLimited)),
        ("compressed", failed(FailureKind::Undecodable)),
        ("unsendable", vec![broken(Outcome::Unsendable(unsendable))]),
        ("not this run's", vec![broken(forbidden.clone())]),
        ("not this run's, after a lie", vec![Step::read(200, lied).evidence(), broken(forbidden)]),
    ]);
    insta::assert_snapshot!(said);
}

/// Rows are what was asked and what was wanted, alone and after a creation; columns are the
/// statuses that came.
#[test]
fn what_each_status_is_owed() {
    const CAME: [u16; 16] =
        [200, 204, 302, 304, 400, 401, 403, 404, 409, 410, 422, 428, 429, 500, 503, 599];
    type Make = fn() -> Step;
    let kinds: [(&str, Make); 5] = [
        ("create", || Step { wanted: vec![], ..Step::create(0, customer()) }),
        ("read", || Step { wanted: vec![], ..Step::read(0, customer()) }),
        ("update", || sends(patch(0, customer()), json!({ "name": "x" }))),
        ("delete", || {
            Step::new("DELETE /v1/customers/6003954a-761f-44ce-8d05-c8f31fff187c", 0, Json::Null)
        }),
        ("other", || Step::new("GET /v1/nothing", 0, json!({ "id": "x" }))),
    ];
    let expected = [
        StatusPattern::Class(2),
        StatusPattern::Code(201),
        StatusPattern::Code(401),
        StatusPattern::Code(403),
        StatusPattern::Code(404),
        StatusPattern::Code(422),
        StatusPattern::Class(4),
    ];
    let mut table = String::new();
    for (name, step) in kinds {
        for expected in &expected {
            for before in [false, true] {
                write!(
                    table,
                    "{name} {expected}{}:",
                    if before { " after a creation" } else { "" }
                )
                .unwrap();
                let mut owed: Vec<(&str, Vec<String>)> = Vec::new();
                for status in CAME {
                    let step = Step { status, expected: expected.clone(), ..step() };
                    let mut steps = if before {
                        vec![created(), step.evidence()]
                    } else {
                        vec![step.evidence()]
                    };
                    diagnose(&mut steps, &POLAR);
                    let told = steps.pop().and_then(|step| step.result.diagnosis);
                    let code = told.map_or("nothing", |told| told.code.as_str());
                    match owed.last_mut() {
                        Some((same, statuses)) if *same == code => {
                            statuses.push(status.to_string());
                        }
                        _ => owed.push((code, vec![status.to_string()])),
                    }
                }
                let owed: Vec<_> = owed
                    .iter()
                    .map(|(code, statuses)| format!(" {} {code}", statuses.join(",")))
                    .collect();
                table.push_str(&owed.join(";"));
                table.push('\n');
            }
        }
    }
    insta::assert_snapshot!(table);
}
