//! Servers that answer with the wrong status or with no JSON.

use serde_json::{Value, json};

use super::{CREATE, READ, Row, run_all};
use crate::support::program::Test;
use crate::support::server::{Behaviour, Kind, Reply, Server};

fn detail(text: &str) -> Value {
    json!({ "error": "Whatever", "detail": text })
}

const HTML: &str = "<!DOCTYPE html><html><body>Sign in</body></html>";

#[test]
#[allow(clippy::too_many_lines)] // a table
fn a_status_that_was_not_asked_for() {
    let reasons = json!({ "error": "RequestValidationError", "detail": [
        { "type": "value_error", "loc": ["body", "email"],
        "msg": "The domain example.com does not accept email.", "input": "x" },
    ] });
    run_all(vec![
        Row::fault(
            "200 for a creation",
            CREATE,
            "unexpected_status",
            Behaviour::correct().spoils(Kind::Create, |reply| reply.status = 200),
        ),
        Row::fault(
            "202 for a creation",
            CREATE,
            "unexpected_status",
            Behaviour::correct().spoils(Kind::Create, |reply| reply.status = 202),
        ),
        Row::fault(
            "201 for a read",
            READ,
            "unexpected_status",
            Behaviour::correct().spoils(Kind::Read, |reply| reply.status = 201),
        ),
        Row::fault(
            "500 for a creation",
            CREATE,
            "server_error",
            Behaviour::correct().replies(Kind::Create, Reply::empty(500)),
        ),
        Row::fault(
            "503 for a read",
            READ,
            "server_error",
            Behaviour::correct().replies(Kind::Read, Reply::json(503, &detail("Out for lunch"))),
        )
        .mentions(&["503", "Out for lunch"])
        .left_behind(1),
        Row::fault(
            "502 in HTML",
            CREATE,
            "server_error",
            Behaviour::correct().replies(Kind::Create, Reply::text(502, "text/html", HTML)),
        ),
        Row::fault(
            "422 with reasons",
            CREATE,
            "rejected",
            Behaviour::correct().replies(Kind::Create, Reply::json(422, &reasons)),
        )
        .mentions(&["422", "body.email", "does not accept email", "--var email_domain="]),
        Row::fault(
            "400",
            CREATE,
            "rejected",
            Behaviour::correct()
                .replies(Kind::Create, Reply::json(400, &json!({ "message": "No." }))),
        )
        .mentions(&["No."]),
        Row::fault(
            "409",
            CREATE,
            "rejected",
            Behaviour::correct().replies(Kind::Create, Reply::json(409, &detail("There is one"))),
        ),
        Row::fault(
            "411",
            CREATE,
            "rejected",
            Behaviour::correct().replies(Kind::Create, Reply::empty(411)),
        ),
        Row::fault(
            "405",
            CREATE,
            "rejected",
            Behaviour::correct()
                .replies(Kind::Create, Reply::json(405, &detail("Method Not Allowed"))),
        ),
        Row::fault(
            "no such path",
            CREATE,
            "rejected",
            Behaviour::correct().replies(Kind::Create, Reply::text(404, "text/html", HTML)),
        )
        .mentions(&["base URL"]),
        Row::fault(
            "a redirect elsewhere",
            CREATE,
            "unexpected_status",
            Behaviour::correct().replies(
                Kind::Create,
                Reply::empty(302).header("location", "https://elsewhere.example/login"),
            ),
        )
        .mentions(&["elsewhere.example"]),
        Row::fault(
            "307 to another origin",
            CREATE,
            "unexpected_status",
            Behaviour::correct().replies(
                Kind::Create,
                Reply::empty(307).header("location", "http://127.0.0.1:1/v1/customers/"),
            ),
        ),
        Row::fault(
            "a redirect in JSON",
            CREATE,
            "unexpected_status",
            Behaviour::correct().replies(
                Kind::Create,
                Reply::json(302, &json!({ "message": "Redirecting" })).header("location", "/login"),
            ),
        ),
        Row::fault(
            "304 for a read",
            READ,
            "unexpected_status",
            Behaviour::correct().replies(Kind::Read, Reply::empty(304)),
        )
        .left_behind(1),
    ]);
}

#[test]
fn a_target_that_may_not_be_used() {
    let forbidden = Reply::json(403, &json!({ "error": "insufficient_scope" }));
    let scope = "Bearer realm=\"Polar\", error=\"insufficient_scope\", scope=\"customers:write\"";
    let limited = Reply::empty(429).header("retry-after", "3600");
    run_all(vec![
        Row::error(
            "401 for everything",
            CREATE,
            "unauthorized",
            Behaviour::correct()
                .instead(|_, _| Some(Reply::json(401, &json!({ "error": "invalid_token" })))),
        ),
        Row::error(
            "401 for a creation",
            CREATE,
            "unauthorized",
            Behaviour::correct().replies(Kind::Create, Reply::empty(401)),
        ),
        Row::error(
            "403 with the scope",
            CREATE,
            "forbidden",
            Behaviour::correct()
                .replies(Kind::Create, forbidden.clone().header("www-authenticate", scope)),
        )
        .mentions(&["customers:write"]),
        Row::error(
            "403 without it",
            CREATE,
            "forbidden",
            Behaviour::correct().replies(Kind::Create, forbidden.clone()),
        )
        .mentions(&["does not say which scope"]),
        Row::error(
            "403 for a read",
            READ,
            "forbidden",
            Behaviour::correct().replies(Kind::Read, forbidden),
        )
        .left_behind(1),
        Row::error(
            "429 for ever",
            CREATE,
            "rate_limited",
            Behaviour::correct().replies(Kind::Create, limited),
        )
        .mentions(&["another 3600 s", "when that is over"]),
    ]);
}

#[test]
fn something_in_front_of_the_api() {
    let page = |status: u16, title: &str| {
        Reply::text(status, "text/html", &format!("<html><title>{title}</title></html>"))
    };
    let nginx = page(401, "401 Authorization Required")
        .header("www-authenticate", "Basic realm=\"Staging\"")
        .header("server", "nginx/1.25.3");
    let everything = |reply: Reply| Behaviour::correct().instead(move |_, _| Some(reply.clone()));
    let cloudflare = |status| page(status, "Just a moment...").header("cf-mitigated", "challenge");
    let vercel = page(403, "Vercel Security Checkpoint").header("server", "Vercel");
    run_all(vec![
        Row::error("a password of nginx", CREATE, "unauthorized", everything(nginx.clone()))
            .mentions(&["in front of the API", "nginx", "Basic authentication for \"Staging\""]),
        Row::error(
            "the same for a creation",
            CREATE,
            "unauthorized",
            Behaviour::correct().replies(Kind::Create, nginx),
        )
        .mentions(&["in front of the API", "401 Authorization Required"]),
        Row::error(
            "another scheme alone",
            CREATE,
            "unauthorized",
            Behaviour::correct()
                .replies(Kind::Create, Reply::empty(401).header("www-authenticate", "Negotiate")),
        )
        .mentions(&["Negotiate authentication"]),
        Row::error(
            "Cloudflare",
            CREATE,
            "forbidden",
            Behaviour::correct().replies(Kind::Create, cloudflare(403)),
        )
        .mentions(&["in front of the API", "Cloudflare", "Just a moment..."]),
        Row::fault(
            "Cloudflare with 503",
            CREATE,
            "server_error",
            Behaviour::correct().replies(Kind::Create, cloudflare(503)),
        )
        .mentions(&["in front of the API", "Cloudflare"]),
        Row::error(
            "Vercel",
            CREATE,
            "forbidden",
            Behaviour::correct().replies(Kind::Create, vercel),
        )
        .mentions(&["Vercel Security Checkpoint"]),
    ]);
}

#[test]
fn a_refusal_gives_its_reasons_in_any_shape() {
    let refused = |body: Value| Behaviour::correct().replies(Kind::Create, Reply::json(422, &body));
    let row = |name, behaviour| Row::fault(name, CREATE, "rejected", behaviour);
    run_all(vec![
        row(
            "Stripe",
            refused(
                json!({ "error": { "type": "invalid_request_error", "message": "No such thing",
                    "param": "email" } }),
            ),
        )
        .mentions(&["it says: email: No such thing"]),
        row("Rails", refused(json!({ "email": ["has already been taken"] })))
            .mentions(&["it says: email: has already been taken"]),
        row(
            "JSON:API",
            refused(json!({ "errors": [{ "title": "Taken",
            "source": { "pointer": "/email" } }] })),
        )
        .mentions(&["it says: /email: Taken"]),
        row(
            "RFC 9457",
            refused(json!({ "type": "about:blank", "title": "Conflict",
            "status": 422 })),
        )
        .mentions(&["it says: Conflict"]),
        row(
            "a line of text",
            Behaviour::correct()
                .replies(Kind::Create, Reply::text(422, "text/plain", "No such e-mail")),
        )
        .mentions(&["No such e-mail"]),
        row(
            "XML",
            Behaviour::correct().replies(
                Kind::Create,
                Reply::text(400, "application/xml", "<Error><Message>is taken</Message></Error>"),
            ),
        )
        .mentions(&["it says: is taken"]),
        row("no shape at all", refused(json!({ "ok": false }))).mentions(&["its body is: \
            {\"ok\":false}"]),
        row("nothing", Behaviour::correct().replies(Kind::Create, Reply::empty(400)))
            .mentions(&["its body is empty"]),
    ]);
}

#[test]
fn a_status_that_decides_alone_is_not_buried_under_the_checks_of_a_body() {
    for reply in [
        Reply::json(401, &json!({ "error": "invalid_token" })),
        Reply::json(403, &json!({ "error": "insufficient_scope" })),
        Reply::json(422, &json!({ "detail": "No." })),
        Reply::empty(500),
        Reply::empty(302).header("location", "/login"),
    ] {
        let server = Server::start(Behaviour::correct().replies(Kind::Create, reply));
        let finished = Test::run("customer-mapping").args(["--wait", "200ms"]).against(&server);
        let (_, finished) = finished.start().end();
        let step = finished.step(CREATE);
        let paths: Vec<_> =
            step["checks"].as_array().unwrap().iter().map(|check| &check["path"]).collect();
        assert_eq!(paths, ["status"], "{finished}");
        assert!(!step["diagnosis"].is_null(), "{finished}");
    }
}

#[test]
fn a_body_that_is_no_json() {
    let html = |status: u16| Reply::text(status, "text/html", HTML);
    let truncated = |reply: &mut Reply| reply.body.truncate(reply.body.len() - 1);
    let behind_a_mark =
        |reply: &mut Reply| reply.body.splice(..0, "\u{feff}".bytes()).for_each(drop);
    run_all(vec![
        Row::fault(
            "an empty creation",
            CREATE,
            "not_json",
            Behaviour::correct().spoils(Kind::Create, |reply| reply.body.clear()),
        )
        .mentions(&["empty"]),
        Row::fault(
            "204 for a creation",
            CREATE,
            "not_json",
            Behaviour::correct().replies(Kind::Create, Reply::empty(204)),
        ),
        Row::fault(
            "HTML for a creation",
            CREATE,
            "not_json",
            Behaviour::correct().replies(Kind::Create, html(200)),
        )
        .mentions(&["HTML"]),
        Row::fault(
            "HTML for everything",
            CREATE,
            "not_json",
            Behaviour::correct().instead(move |_, _| Some(html(200))),
        )
        .left_behind(1),
        Row::fault(
            "a truncated creation",
            CREATE,
            "not_json",
            Behaviour::correct().spoils(Kind::Create, truncated),
        ),
        Row::fault(
            "a truncated read",
            READ,
            "not_json",
            Behaviour::correct().spoils(Kind::Read, truncated),
        )
        .left_behind(1),
        Row::fault(
            "more after the end",
            CREATE,
            "not_json",
            Behaviour::correct().spoils(Kind::Create, |reply| reply.body.push(b'}')),
        )
        .mentions(&["trailing characters"]),
        Row::fault(
            "NaN",
            READ,
            "not_json",
            Behaviour::correct()
                .replies(Kind::Read, Reply::text(200, "application/json", "{\"id\": NaN}")),
        )
        .left_behind(1),
        Row::fault(
            "no UTF-8",
            CREATE,
            "not_json",
            Behaviour::correct().spoils(Kind::Create, |reply| reply.body.insert(8, 0xff)),
        ),
        // RFC 8259, 8.1: a sender must not add it; half of all readers stumble over it.
        Row::fault(
            "a byte order mark",
            CREATE,
            "not_json",
            Behaviour::correct().spoils(Kind::Create, behind_a_mark),
        )
        .mentions(&["byte order mark"]),
        Row::fault(
            "JSON that is no record",
            CREATE,
            "external_id_lost",
            Behaviour::correct().replies(Kind::Create, Reply::json(201, &json!({}))),
        ),
        Row::fault(
            "an id that is none",
            CREATE,
            "mismatch",
            Behaviour::correct()
                .spoils(Kind::Create, |reply| reply.edit(|it| it["id"] = json!(17))),
        )
        .with(&["--wait", "200ms"]),
    ]);
}
