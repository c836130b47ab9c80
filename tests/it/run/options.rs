//! What the flags and the environment do to a run.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::{Arc, OnceLock};

use serde_json::Value;

use crate::support::program::{TOKEN, Test};
use crate::support::refusing::Refusing;
use crate::support::server::{Act, Behaviour, Kind, Reply, Server, Wire};

/// Ends with exit code 2, with `said` on stderr and nothing sent.
fn refused(test: Test, server: &Server, said: &str) {
    let finished = test.against(server).status(2).done();
    finished.refuses(said);
    assert_eq!(server.requests().len(), 0, "something was sent{finished}");
}

fn mapping() -> Test {
    Test::run("customer-mapping")
}

#[test]
fn what_cannot_be_meant_is_refused_before_anything_is_sent() {
    let server = Server::correct();
    refused(mapping().args(["--var", "usr_id=1"]), &server, "--var usr_id: no selected scenario");
    refused(mapping().args(["--var", "user_id"]), &server, "NAME=VALUE");
    refused(
        mapping().args(["--tag", "nothing"]),
        &server,
        "no selected scenario has the tag `nothing`",
    );
    refused(mapping().args(["--jobs", "0"]), &server, "--jobs");
    refused(mapping().args(["--wait", "soon"]), &server, "soon");
    refused(mapping().args(["--timeout", "0s"]), &server, "no time");
    refused(mapping().args(["--public-url", "https://tunnel.example"]), &server, "--listen");
    refused(mapping().args(["--token-file", "none.txt"]), &server, "none.txt");
    refused(mapping().args(["--token", "two words"]), &server, "--token");
    refused(Test::run("no-such-scenario"), &server, "no-such-scenario");
    refused(Test::scenario("name: x\nstepz: []\n"), &server, "stepz");
}

#[test]
fn without_events_their_steps_are_skipped_and_nothing_is_set_up() {
    let server = Server::correct();
    let finished = mapping().args(["--events", "none"]).against(&server).done();
    assert_eq!(finished.step("customer.created names the same user")["status"], "skipped");
    finished.says("--events none");
    assert!(finished.report()["notices"].to_string().contains("--events none"), "{finished}");
    assert_eq!(server.of(Kind::MakeEndpoint).len(), 0);
}

#[test]
fn no_endpoint_is_made_where_nobody_waits_for_an_event() {
    let server = Server::correct();
    let finished = Test::run("customer-lookup").against(&server).done();
    assert_eq!(server.of(Kind::MakeEndpoint).len(), 0);
    assert_eq!(finished.report()["target"]["events"], "none");
}

#[test]
fn the_endpoint_subscribes_to_what_is_waited_for() {
    let server = Server::correct();
    mapping().against(&server).done();
    let [made] = server.of(Kind::MakeEndpoint).try_into().expect("one endpoint");
    assert_eq!(made.json()["events"], serde_json::json!(["customer.created"]));
}

#[test]
fn fail_fast_stops_at_the_first_failed_scenario() {
    let server = Server::start(Behaviour::correct().replies(Kind::Create, Reply::empty(500)));
    let test =
        Test::run("customer-lookup").args(["customer-mapping", "--fail-fast", "--jobs", "1"]);
    let finished = test.against(&server).status(1).done();
    let report = finished.report();
    assert_eq!(report["scenarios"][1]["status"], "skipped", "{finished}");
    assert_eq!(server.of(Kind::Create).len(), 1);
}

/// Refuses creations, once a request of `kind` has come.
fn refuses_after(kind: Kind) -> Behaviour {
    let come = Arc::new(OnceLock::new());
    let seen = come.clone();
    let act = Act(Arc::new(move |stream, whole| {
        seen.wait();
        stream.write_all(whole)
    }));
    Behaviour::correct().instead(move |request, _| {
        if request.kind == kind {
            let _ = come.set(());
        }
        let refusal = Reply::json(422, &serde_json::json!({ "detail": "no" }));
        (request.kind == Kind::Create).then(|| refusal.wire(Wire::Act(act.clone())))
    })
}

/// Whatever another scenario waits for, it is cut short, and nothing is said of it.
#[test]
fn fail_fast_skips_what_others_wait_for() {
    let poll = "{ request: GET /v1/customers/, within: 10m, expect: { status: 404 } }";
    for (name, kind, step) in [
        ("a poll", Kind::List, poll),
        ("a rate limit", Kind::Lookup, "{ request: GET /v1/customers/external/x }"),
        ("an event", Kind::Read, "{ event: customer.created, within: 10m }"),
    ] {
        let server = Server::start(
            refuses_after(kind)
                .replies(Kind::Lookup, Reply::empty(429).header("retry-after", "100")),
        );
        let test = Test::scenario(&format!(
            "name: waits\nsteps:\n- {{ request: GET /v1/customers/x, expect: {{ status: 404 }} \
                }}\n- {step}\n"
        ));
        let fails = "name: fails\nsteps:\n- { request: POST /v1/customers/, body: { email: \
            a@example.com } }\n";
        let test = test.file("fails.yaml", fails);
        let test =
            test.args(["fails.yaml", "--fail-fast", "--jobs", "2", "--rate-limit-wait", "10m"]);
        let finished = test.against(&server).status(1).done();
        let waits = &finished.report()["scenarios"][0];
        assert_eq!(waits["status"], "skipped", "{name} {finished}");
        assert_eq!(waits["steps"][0]["status"], "passed", "{name} {finished}");
        let step = &waits["steps"][1];
        assert_eq!(
            (&step["status"], step.get("diagnosis")),
            (&"skipped".into(), None),
            "{name} {finished}"
        );
        assert!(
            step["reason"].as_str().is_some_and(|reason| reason.contains("--fail-fast")),
            "{name} {finished}"
        );
    }
}

#[test]
fn the_environment_gives_the_target_and_the_token() {
    let server = Server::correct();
    mapping().env("TIEBACK_BASE_URL", &server.url()).token(TOKEN).done();
    let bearer = format!("Bearer {TOKEN}");
    assert!(
        server.requests().iter().all(|request| request.header("authorization") == Some(&bearer))
    );
}

#[test]
fn a_token_file_goes_before_the_environment() {
    let server = Server::correct();
    let test = mapping().args(["--token-file", "token.txt"]).file("token.txt", "from_a_file\n");
    test.against(&server).done();
    assert!(
        server
            .requests()
            .iter()
            .all(|request| request.header("authorization") == Some("Bearer from_a_file"))
    );
}

#[test]
fn a_proxy_is_not_used_for_this_machine() {
    // Taken and never served: a run that goes there hangs or fails.
    let proxy = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}", proxy.local_addr().expect("a bound address"));
    let server = Server::correct();
    let names = ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"];
    names.into_iter().fold(mapping(), |test, name| test.env(name, &url)).against(&server).done();
    let localhost = format!("http://localhost:{}", server.address().port());
    names
        .into_iter()
        .fold(mapping(), |test, name| test.env(name, &url))
        .args(["--base-url", &localhost])
        .done();
}

#[test]
fn nobody_there() {
    let nobody = Refusing::new();
    let test = Test::run("customer-lookup").args(["customer-mapping", "--base-url", &nobody.url()]);
    let test = test.status(3).done();
    let report = test.report();
    for scenario in report["scenarios"].as_array().into_iter().flatten() {
        assert_eq!(scenario["status"], "errored");
        assert_eq!(scenario["steps"][0]["diagnosis"]["code"], "target_unreachable");
        let rest = scenario["steps"].as_array().into_iter().flatten().skip(1);
        assert!(
            rest.into_iter().all(|step| step["status"] == "skipped" || step["status"] == "errored"),
            "{test}"
        );
    }
}

#[test]
fn no_tls_there() {
    let server = Server::correct();
    let url = server.url().replace("http:", "https:");
    let finished = mapping().args(["--base-url", &url]).status(3).done();
    assert_eq!(
        finished.step("Create the customer")["diagnosis"]["code"],
        "tls_failed",
        "{finished}"
    );
    let _: Value = finished.report();
}

/// Some servers answer a handshake in plain text, others just close.
#[test]
fn plain_text_in_place_of_tls() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("https://{}", listener.local_addr().expect("an address"));
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(b"HTTP/1.0 400 Bad Request\r\n\r\n");
        }
    });
    let finished = mapping().args(["--base-url", &url]).status(3).done();
    assert_eq!(
        finished.step("Create the customer")["diagnosis"]["code"],
        "tls_failed",
        "{finished}"
    );
}
