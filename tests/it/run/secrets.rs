//! Tokens, webhook secrets and signatures stay where they belong.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use crate::support::program::{Finished, TOKEN, Test};
use crate::support::server::{Behaviour, Kind, Reply, Server, When};

/// Every way in which an API might hand a secret back.
fn forms(secret: &str) -> Vec<String> {
    let quoted = json!(secret).to_string();
    vec![
        secret.to_owned(),
        quoted.trim_matches('"').to_owned(),
        utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string(),
        secret.chars().map(lower_case_escape).collect(),
        STANDARD.encode(secret),
        STANDARD.encode(format!("{secret}:")),
        URL_SAFE_NO_PAD.encode(secret),
        STANDARD.encode(format!("Bearer {secret}")),
    ]
}

/// Percent-encoded, with its hexadecimal digits in lower case.
fn lower_case_escape(each: char) -> String {
    if each.is_ascii_alphanumeric() {
        each.to_string()
    } else {
        format!("%{:02x}", u32::from(each))
    }
}

/// Runs in every format, with as much detail as there is, and looks everywhere.
fn nowhere(server: &Server, secret: impl Fn(&Server) -> Vec<String>) {
    for format in ["human", "json", "junit", "tap"] {
        let test = Test::run("customer-mapping")
            .args(["-vv", "--report", "json=report.json"])
            .format(format);
        let finished = test.args(["--wait", "200ms"]).against(server).status(1).done();
        assert!(finished.stdout.contains("(redacted)"), "nothing was echoed{finished}");
        for secret in secret(server) {
            // What is long enough to be of use, from any place in it.
            let part = &secret[secret.len() / 4..secret.len() * 3 / 4];
            for text in everything(&finished) {
                assert!(!text.contains(part), "{format}: {secret} leaked{finished}");
            }
        }
    }
}

fn everything(finished: &Finished) -> [String; 3] {
    [finished.stdout.clone(), finished.stderr.clone(), finished.file("report.json")]
}

#[test]
fn a_token_that_the_api_echoes() {
    let echoes = Behaviour::correct().answered(|request, reply| {
        let echo = forms(TOKEN).join(" ");
        match request.kind {
            Kind::Create => reply.edit(|record| record["external_id"] = json!(echo)),
            Kind::Read => *reply = Reply::json(422, &json!({ "detail": echo, "token": TOKEN })),
            _ => {}
        }
    });
    nowhere(&Server::start(echoes), |_| forms(TOKEN));
}

#[test]
fn a_token_in_a_refusal_of_the_endpoint() {
    let echoes = Behaviour::correct().instead(|request, _| {
        let detail = json!({ "detail": [{ "msg": forms(TOKEN).join(" ") }] });
        match request.kind {
            Kind::MakeEndpoint | Kind::Read => Some(Reply::json(422, &detail)),
            _ => None,
        }
    });
    nowhere(&Server::start(echoes), |_| forms(TOKEN));
}

#[test]
fn the_secret_of_the_endpoint() {
    const SECRET: &str = "whsec_bm90aGluZyB0byBzZWUgaGVyZSwgZ28gYXdheQ==";
    let echoes = Behaviour::correct()
        .stored_endpoint(|endpoint| endpoint["secret"] = json!(SECRET))
        .instead(|request, _| {
            let detail = json!({ "detail": forms(SECRET).join(" ") });
            (request.kind == Kind::Read).then(|| Reply::json(422, &detail))
        });
    nowhere(&Server::start(echoes), |_| forms(SECRET));
}

#[test]
fn signatures() {
    let echoes = Behaviour::correct()
        .each(|delivery| {
            let signature = delivery.signature();
            delivery
                .when(When::Before)
                .edit(|payload| payload["data"]["external_id"] = json!(signature))
        })
        .instead(|request, _| {
            let detail = json!({ "detail": format!("v1,{0}= v1%2C{0}%3D",
                "Ab/+".repeat(11).trim_end_matches('+')) });
            (request.kind == Kind::Read).then(|| Reply::json(422, &detail))
        });
    nowhere(&Server::start(echoes), |_| vec!["Ab/+".repeat(10)]);
}

#[test]
fn no_token_reaches_the_target_of_a_redirect() {
    for status in [301, 302, 303, 307, 308] {
        let elsewhere = Server::correct();
        let target = format!("{}/v1/customers/", elsewhere.url());
        let server = Server::start(
            Behaviour::correct()
                .replies(Kind::Create, Reply::empty(status).header("location", &target)),
        );
        Test::run("customer-mapping").against(&server).status(1).done();
        assert_eq!(elsewhere.requests().len(), 0, "{status}");
    }
}

#[test]
fn other_spellings_of_another_origin_are_not_followed_either() {
    let elsewhere = Server::correct();
    let port = elsewhere.address().port();
    let spellings = [
        format!("//127.0.0.1:{port}/v1/customers/"),
        format!("http:\\\\127.0.0.1:{port}\\v1\\customers\\"),
        format!("/\\127.0.0.1:{port}/v1/customers/"),
        format!("http://user@127.0.0.1:{port}/v1/customers/"),
        format!("http://localhost:{port}/v1/customers/"),
    ];
    for spelling in spellings {
        let server = Server::start(
            Behaviour::correct()
                .replies(Kind::Create, Reply::empty(307).header("location", &spelling)),
        );
        Test::run("customer-mapping").against(&server).status(1).done();
    }
    assert_eq!(elsewhere.requests().len(), 0);
}

/// A scenario that makes an endpoint gets its secret; the report does not.
#[test]
fn the_secret_of_an_endpoint_that_a_scenario_makes() {
    let server = Server::start(Behaviour::correct().answered(|request, reply| {
        if request.kind == Kind::MakeEndpoint
            && request.json()["url"].as_str().is_some_and(|url| url.contains("invalid"))
        {
            reply.edit(|endpoint| endpoint["secret"] = json!("chosen by the merchant, 32 letters"));
        }
    }));
    for format in ["human", "json", "junit", "tap"] {
        let test = Test::run("webhook-delivery")
            .args(["-vv", "--report", "json=report.json"])
            .format(format);
        let finished = test.against(&server).done();
        for text in everything(&finished) {
            assert!(
                !text.contains("chosen by the merchant") && !text.contains("whsec_"),
                "{format}{finished}"
            );
        }
    }
}

/// Without a token none is made up, and `auth: none` leaves the one there is out.
#[test]
fn a_token_is_sent_only_where_it_is_wanted() {
    let authorised = |server: &Server| -> Vec<Option<String>> {
        server
            .requests()
            .iter()
            .map(|request| request.header("authorization").map(str::to_owned))
            .collect()
    };
    let server = Server::correct();
    Test::run("customer-mapping").arg("--base-url").arg(server.url()).done();
    assert!(authorised(&server).iter().all(Option::is_none));
    let server = Server::correct();
    let scenario = "
name: who
steps:
- name: Nobody
  request: GET /v1/customers/
  auth: none
- name: Me
  request: GET /v1/customers/
";
    Test::scenario(scenario).against(&server).done();
    assert_eq!(authorised(&server), [None, Some(format!("Bearer {TOKEN}"))]);
}

/// The embedded sandbox wants a token and takes any: the user's own does not even get that far.
#[test]
fn the_embedded_sandbox_needs_none() {
    let report: Value = Test::run("customer-mapping").done().report();
    assert_eq!(report["target"]["kind"], "embedded");
}

/// What a step sends to say who it is, an API may hand back in any of its parts.
#[test]
fn credentials_of_a_step() {
    const PASSWORD: &str = "open sesame 4711";
    let basic = STANDARD.encode(format!("merchant-of-record:{PASSWORD}"));
    let key = "k3y-of-the-merchant-0123456789";
    let (sent, echoed) = (basic.clone(), forms(PASSWORD));
    let server = Server::start(Behaviour::correct().instead(move |request, _| {
        let mut echo = json!({ "parts": echoed,
            "decoded": format!("merchant-of-record:{PASSWORD}") });
        echo["headers"] = json!({
            "Authorization": request.header("authorization"), "X-Api-Key": request.header("x-api-key"),
            "cookies": { "session": "c00kie-0123456789" }, "basic": sent,
        });
        (request.kind == Kind::List).then(|| Reply::json(200, &echo))
    }));
    let scenario = format!(
        "name: who\nvars: {{ key: {key} }}\nsteps:\n- name: Echo\n  request: GET /v1/customers/\n  auth: none\n  \
         headers:\n    Authorization: Basic {basic}\n    x-api-key: ${{key}}\n    cookie: session=c00kie-0123456789\n  \
         expect: {{ body: {{ parts: [], headers: {{ basic: other, X-Api-Key: other, cookies: {{ session: other }} }} }} }}\n"
    );
    for format in ["human", "json", "junit", "tap"] {
        let test =
            Test::scenario(&scenario).args(["-vv", "--report", "json=report.json"]).format(format);
        let finished = test.against(&server).status(1).done();
        finished.prints("(redacted)");
        let secrets =
            forms(PASSWORD).into_iter().chain([basic.clone(), key.to_owned(), "c00kie".to_owned()]);
        for secret in secrets {
            let part = &secret[secret.len() / 4..secret.len() * 3 / 4];
            for text in everything(&finished) {
                assert!(!text.contains(part), "{format}: {secret} leaked{finished}");
            }
        }
    }
}

/// A secret of a merchant's own choice may hold any character; so it is looked for in JSON, and not
/// in its text.
#[test]
fn a_secret_with_a_quote_in_it() {
    const SECRET: &str = "ab\"cdef\\ghijklmn\"opqrst, 32 letters";
    let server = Server::start(Behaviour::correct().spoils(Kind::MakeEndpoint, |reply| {
        reply.edit(|endpoint| {
            endpoint["secret"] = json!(SECRET);
            endpoint["name"] = json!(format!("it is {SECRET}"));
        });
    }));
    let scenario = "
name: own
steps:
- name: Make
  request: POST /v1/webhooks/endpoints
  body: { url: 'https://example.com/', format: raw, events: [customer.created] }
  capture: { id: id }
  undo: DELETE /v1/webhooks/endpoints/${id}
  expect: { body: { name: other } }
";
    for format in ["human", "json", "junit", "tap"] {
        let test =
            Test::scenario(scenario).args(["-vv", "--report", "json=report.json"]).format(format);
        let finished = test.against(&server).status(1).done();
        for text in everything(&finished) {
            for part in ["cdef", "ghijk", "opqrst", "32 letters"] {
                assert!(!text.contains(part), "{format}: {part}{finished}");
            }
        }
    }
}

#[test]
fn a_short_token_is_taken_out_as_a_word_and_a_shorter_one_is_said_to_be() {
    let echoes = |token: &'static str| {
        Server::start(Behaviour::correct().instead(move |request, _| {
            let echo = json!({ "detail": format!("the token {token} is wrong"),
                "code": STANDARD.encode(token) });
            (request.kind == Kind::Create).then(|| Reply::json(422, &echo))
        }))
    };
    for format in ["human", "json", "junit", "tap"] {
        let server = echoes("s3cr3t7");
        let test = Test::run("customer-mapping").args([
            "-vv",
            "--report",
            "json=report.json",
            "--events",
            "none",
        ]);
        let finished = test.format(format).against(&server).token("s3cr3t7").status(1).done();
        finished.prints("the token (redacted) is wrong");
        for text in everything(&finished) {
            assert!(!text.contains("s3cr3t7"), "{format}{finished}");
        }
    }
    let server = echoes("abc");
    let test =
        Test::run("customer-mapping").args(["--events", "none"]).against(&server).token("abc");
    let finished = test.status(1).done();
    finished.says("the token has 3 characters, too few");
}

/// What stands under the name of a secret is hidden however short it is, and wherever a body is cut.
#[test]
fn what_passed_between() {
    let server = Server::start(Behaviour::correct().instead(|request, _| {
        let long = format!(r#"{{"password": "ZQ1", "pad": "{}"}}"#, "x".repeat(50_000));
        let reply = match request.target.as_str() {
            "/v1/json" => Reply::json(500, &json!({ "session_token": "ZQ2", "list": ["ok"] })),
            "/v1/long" => Reply::json(200, &json!({})).body(long),
            _ => Reply::text(400, "text/plain", "no"),
        };
        let reply = reply.header("set-cookie", "sid=ZQ3; Path=/; HttpOnly");
        (request.kind == Kind::Other).then(|| reply.header("x-refresh-token", "ZQ4"))
    }));
    let scenario = "
name: who
vars: { hidden: 'Secret 4711' }
secrets: [hidden]
steps:
- name: Hidden
  request: POST /v1/json
  query: { q: '${hidden}' }
  headers: { x-note: '${hidden}' }
  body: { name: 'a ${hidden} b' }
- name: Json
  request: POST /v1/json
  auth: none
  headers: { x-api-key: ZQ5, cookie: a=ZQ6, x-auth: ZQ7, authorization: Basic ZQ8 }
  body: { password: ZQ9, nested: { api_key: ZQ0, name: shown } }
- name: Form
  request: POST /v1/form
  headers: { content-type: application/x-www-form-urlencoded }
  raw: 'name=shown&password=ZQ1&card[token]=ZQ2'
- name: Long
  request: PUT /v1/long
  raw: '{ \"secret\": \"ZQ3\", \"broken\": '
  expect: { body: { id: x } }
";
    for format in ["human", "json", "junit", "tap"] {
        let test = Test::scenario(scenario).args(["-vv", "--report", "json=report.json"]);
        let test = test.args(["--header", "x-bypass: ZQ4"]).format(format);
        let finished = test.against(&server).status(1).done();
        for text in everything(&finished) {
            let shown = ["ZQ", "4711"].into_iter().any(|secret| text.contains(secret));
            assert!(!shown, "{format}{finished}");
        }
        assert!(finished.file("report.json").contains("\"x-bypass\": \"(redacted)\""));
        assert!(finished.file("report.json").contains("sid=(redacted); Path=/; HttpOnly"));
        assert!(finished.file("report.json").contains("name=shown&password=(redacted)"));
        finished.prints("(redacted)");
    }
}
