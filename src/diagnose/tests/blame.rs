//! Whose fault it is, as people read it: what was never sent, what stands elsewhere, who answered
//! in the API's place, and in which shape a refusal has its reasons.

use super::golden::{created, deleted, event, patch, sends, taken, told, whole};
use super::*;

/// A creation that sends `body`, and is answered with a record that has none of it.
fn sent_as(body: Json, record: Json) -> Step {
    sends(Step::create(201, record), body)
}

#[test]
#[expect(clippy::too_many_lines, reason = "one history after the other")]
fn what_is_said_of_what_was_never_sent() {
    let nobody = || with(customer(), "external_id", json!(null));
    let keyed = |key: &str| json!({ "email": EMAIL, key: USER });
    let lookup = |line: &'static str| Step::new(line, 404, json!({ "detail": "Not found" }));
    let made = |id: &'static str, external_id: &'static str| {
        let record = json!({ "id": id, "email": "x@y.z", "external_id": external_id });
        let sent = json!({ "email": "x@y.z", "external_id": external_id });
        sends(Step { wanted: vec![], ..Step::create(201, record) }, sent).evidence()
    };
    let by_user = "GET /v1/customers/external/user_1";
    let empty = |line: &'static str| listing(line, &json!([])).evidence();
    let unwanted = |step: Step| Step { wanted: vec![], ..step }.evidence();
    let said = told(vec![
        ("another spelling", vec![sent_as(keyed("externalId"), nobody()).evidence()]),
        (
            "another place",
            vec![
                sent_as(json!({ "email": EMAIL, "metadata": { "user_id": USER } }), nobody())
                    .evidence(),
            ],
        ),
        (
            "another key",
            vec![
                sent_as(keyed("client_reference_id"), without(customer(), "external_id"))
                    .evidence(),
            ],
        ),
        (
            "a number",
            vec![sent_as(json!({ "email": EMAIL, "external_id": 42 }), nobody()).evidence()],
        ),
        ("nothing at all", vec![sent_as(json!({ "email": EMAIL }), nobody()).evidence()]),
        (
            "another spelling in an update",
            vec![
                created(),
                sends(patch(200, customer()), json!({ "externalId": "user_2" }))
                    .wants(&[("body.external_id", json!("user_2"))])
                    .evidence(),
            ],
        ),
        (
            "another spelling, seen later",
            vec![
                unwanted(sent_as(keyed("externalId"), nobody())),
                Step::read(200, nobody()).evidence(),
            ],
        ),
        (
            "another spelling, seen in the webhook",
            vec![unwanted(sent_as(keyed("externalId"), nobody())), arrived(&nobody())],
        ),
        (
            "another value than expected",
            vec![
                sent_as(
                    json!({ "email": EMAIL, "external_id": "b" }),
                    with(customer(), "external_id", json!("b")),
                )
                .evidence(),
            ],
        ),
        (
            "another address than expected",
            vec![
                sent_as(
                    json!({ "email": "b@b.c", "external_id": USER }),
                    with(customer(), "email", json!("b@b.c")),
                )
                .wants(&[("body.email", json!(EMAIL))])
                .evidence(),
            ],
        ),
        (
            "not made here",
            vec![
                Step::new(by_user, 200, nobody())
                    .wants(&[("body.external_id", json!(USER))])
                    .evidence(),
            ],
        ),
        (
            "not made here, another",
            vec![
                Step::new(by_user, 200, with(customer(), "external_id", json!("b")))
                    .wants(&[("body.external_id", json!(USER))])
                    .evidence(),
            ],
        ),
        ("looked up by an id of nobody", vec![made("a", "u_1"), lookup(by_user).evidence()]),
        ("looked up in another case", vec![made("a", "User_1"), lookup(by_user).evidence()]),
        (
            "looked up among several",
            vec![made("a", "u_1"), made("b", "u_2"), lookup(by_user).evidence()],
        ),
        (
            "looked up by what was sent under another key",
            vec![unwanted(sent_as(keyed("externalId"), nobody())), lookup(by_user).evidence()],
        ),
        (
            "looked up by the API's id as the app's",
            vec![made("a", "u_1"), lookup("GET /v1/customers/external/a").evidence()],
        ),
        (
            "looked up by the app's id as the API's",
            vec![made("a", "u_1"), lookup("GET /v1/customers/u_1").evidence()],
        ),
        (
            "the same, refused",
            vec![
                made("a", "u_1"),
                Step::new(
                    "GET /v1/customers/u_1",
                    422,
                    json!({ "detail": [{ "loc": ["path", "id"], "msg": "no UUID" }] }),
                )
                .evidence(),
            ],
        ),
        (
            "listed by an address of nobody",
            vec![made("a", "u_1"), empty("GET /v1/customers/?email=a%40b.c")],
        ),
        ("searched for nobody", vec![made("a", "u_1"), empty("GET /v1/customers/?query=user_1")]),
        (
            "listed by metadata of nobody",
            vec![made("a", "u_1"), empty("GET /v1/customers/?metadata[user_id]=u_9")],
        ),
        ("listed with nobody created", vec![empty("GET /v1/customers/?email=a%40b.c")]),
        (
            "looked up after its deletion",
            vec![created(), deleted(), Step::read(404, json!({})).evidence()],
        ),
        (
            "looked up by an address that an update set",
            vec![
                created(),
                unwanted(sends(
                    patch(200, with(customer(), "email", json!("new@y.z"))),
                    json!({ "email": "new@y.z" }),
                )),
                empty("GET /v1/customers/?email=NEW%40y.z"),
            ],
        ),
        (
            "looked up after a creation that failed",
            vec![Step::create(422, taken("email")).evidence(), lookup(by_user).evidence()],
        ),
        (
            "looked up without its spaces",
            vec![made("a", " u_1 "), lookup("GET /v1/customers/external/u_1").evidence()],
        ),
        (
            "alive beside one whose id ends alike",
            vec![
                made("a1", "x_1"),
                made("b", "a1"),
                Step::new("DELETE /v1/customers/external/a1", 204, Json::Null)
                    .expects(204)
                    .evidence(),
                unwanted(
                    Step::new("GET /v1/customers/a1", 200, json!({ "id": "a1" })).expects(404),
                ),
            ],
        ),
        (
            "alive beside a longer one",
            vec![
                made("a", "a1"),
                made("b", "ba1"),
                Step::new("DELETE /v1/customers/external/ba1", 204, Json::Null)
                    .expects(204)
                    .evidence(),
                lookup("GET /v1/customers/external/a1").evidence(),
            ],
        ),
        (
            "alive, its member deleted",
            vec![
                created(),
                Step::new(
                    "DELETE /v1/members/6003954a-761f-44ce-8d05-c8f31fff187c",
                    204,
                    Json::Null,
                )
                .expects(204)
                .evidence(),
                Step::read(404, json!({})).evidence(),
            ],
        ),
        (
            "found for an id that is a part of its own",
            vec![
                made("a", "user_12"),
                unwanted(Step::new(by_user, 200, json!({ "id": "a" })).expects(404)),
            ],
        ),
    ]);
    insta::assert_snapshot!(said);
}

#[test]
fn what_is_said_of_what_stands_elsewhere() {
    let enveloped = || json!({ "data": customer() });
    let read = |body: Json| vec![created(), Step::read(200, body).evidence()];
    let mapping = [("body.data.external_id", json!(USER)), ("body.data.email", json!(EMAIL))];
    let hook = |data: Json| vec![created(), event("customer.created", &data, &mapping)];
    let metadata = |mut record: Json| {
        record["external_id"] = Json::Null;
        record["metadata"] = json!({ "user_id": USER });
        record
    };
    let said = told(vec![
        ("a creation in an envelope", vec![Step::create(201, enveloped()).evidence()]),
        ("a read in an envelope", read(enveloped())),
        ("in the metadata", vec![Step::create(201, metadata(customer())).evidence()]),
        ("in another spelling", read(json!({ "id": ID, "email": EMAIL, "externalId": USER }))),
        (
            "another id, and it elsewhere",
            read(with(with(customer(), "external_id", json!("cus_1")), "reference", json!(USER))),
        ),
        (
            "an address elsewhere",
            read(json!({ "id": ID, "external_id": USER, "contact": { "email": EMAIL } })),
        ),
        (
            "the API's id elsewhere",
            read(json!({
                "id": "evt_1", "customer": { "id": ID }, "external_id": USER, "email": EMAIL,
            })),
        ),
        (
            "a bare list",
            vec![created(), {
                let mut step = whole(Step::new(
                    "GET /v1/customers/?email=buyer%40example.com",
                    200,
                    json!([customer()]),
                ));
                step.result.checks.last_mut().unwrap().expected =
                    json!({ "items": [{ "id": ID }] });
                step
            }],
        ),
        (
            "a list under another key",
            vec![
                Step::new("GET /v1/x", 200, json!({ "data": [] }))
                    .wants(&[("body.items", json!([1]))])
                    .evidence(),
            ],
        ),
        (
            "any other key",
            vec![
                Step::new("GET /v1/x", 200, json!({ "metadata": { "userId": "user_9" } }))
                    .wants(&[("body.metadata.user_id", json!("user_9"))])
                    .evidence(),
            ],
        ),
        ("a webhook with a customer in it", hook(json!({ "id": "sub_1", "customer": customer() }))),
        ("a webhook with metadata", hook(metadata(customer()))),
        (
            "a webhook with another user",
            hook(with(
                with(customer(), "external_id", json!("b")),
                "client_reference_id",
                json!(USER),
            )),
        ),
        (
            "a webhook with an address elsewhere",
            hook(json!({ "external_id": USER, "user": { "email": EMAIL } })),
        ),
    ]);
    insta::assert_snapshot!(said);
}

#[test]
fn what_is_said_of_what_is_in_front_and_of_reasons() {
    let refuse = |status: u16, body: Json| Step { wanted: vec![], ..Step::create(status, body) };
    let page =
        |status: u16, raw: &'static str| Step { raw: Some(raw), ..refuse(status, Json::Null) };
    let html = "<html><head><title>401 Authorization Required</title></head></html>";
    let alone = |step: Step| vec![step.evidence()];
    let nginx = page(401, html)
        .header("www-authenticate", "Basic realm=\"Staging\"")
        .header("server", "nginx/1.25.3");
    let cloudflare = |status| {
        page(status, "<title>Just a moment...</title>").header("cf-mitigated", "challenge")
    };
    let said = told(vec![
        ("a password of a proxy", alone(nginx)),
        ("another scheme", alone(refuse(401, json!({})).header("www-authenticate", "Negotiate"))),
        ("a firewall", alone(cloudflare(403))),
        ("a firewall with 503", alone(cloudflare(503))),
        (
            "a login page",
            alone(page(401, "<!doctype html><h1>Log in</h1>").header("server", "Vercel")),
        ),
        (
            "a login page for all",
            alone(
                Step { raw: Some("<title>Sign in</title>"), ..Step::create(200, json!({})) }
                    .expects(200),
            ),
        ),
        ("a page where a refusal was due", alone(page(403, html).expects(401))),
        (
            "403 without a token",
            alone(Step { with_token: false, ..refuse(403, json!({ "message": "No." })) }),
        ),
        ("a text", alone(page(422, "  E-mail\nis taken "))),
        ("XML", alone(page(400, "<Error><Code>x</Code><Message>is taken</Message></Error>"))),
        (
            "Stripe",
            alone(refuse(
                400,
                json!({ "error": { "message": "No such e-mail.", "param": "email" } }),
            )),
        ),
        ("Rails", alone(refuse(422, json!({ "external_id": ["has already been taken"] })))),
        ("no known shape", alone(refuse(422, json!({ "ok": false, "why": { "because": 1 } })))),
        ("nothing", alone(page(422, ""))),
        ("many", alone(refuse(422, json!({ "errors": ["a", "b", "c", "d", "e"] })))),
        (
            "taken after a deletion, told in another shape",
            vec![
                created(),
                deleted(),
                refuse(422, json!({ "externalId": ["has already been taken"] })).evidence(),
            ],
        ),
        (
            "another field after a deletion, in another shape",
            vec![
                created(),
                deleted(),
                refuse(422, json!({ "errors": [{ "field": "name", "message": "too long" }] }))
                    .evidence(),
            ],
        ),
    ]);
    insta::assert_snapshot!(said);
}
