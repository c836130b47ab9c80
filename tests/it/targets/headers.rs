//! `--header` and `--header-file`.

use crate::support::program::Test;
use crate::support::server::{Behaviour, Server};

const GATE: &str = "s3same/open+long";

#[test]
fn they_go_with_every_request_and_are_not_printed() {
    let echo =
        Behaviour::correct().answered(|_, reply| reply.edit(|body| body["gate"] = GATE.into()));
    let server = Server::start(echo);
    let test = Test::run("customer-mapping").arg("external-id-rules").arg("-v");
    std::fs::write(test.path("gate.txt"), "# a comment\n\nX-Other: two words\n").unwrap();
    let gate = format!("X-Gate: {GATE}");
    let finished = test
        .args(["--header", &gate, "--header-file", "gate.txt", "--report", "human=report.txt"])
        .against(&server)
        .done();
    let requests = server.requests();
    assert!(requests.len() > 10);
    for request in &requests {
        assert_eq!(request.header("x-gate"), Some(GATE), "{request:?}");
        assert_eq!(request.header("x-other"), Some("two words"), "{request:?}");
    }
    for printed in [&finished.stdout, &finished.stderr, &finished.file("report.txt")] {
        assert!(!printed.contains(GATE), "{printed}");
    }
}

#[test]
fn basic_authentication_takes_the_place_of_a_token() {
    let server = Server::correct();
    let basic = "Authorization: Basic bWU6c2VzYW1lLW9wZW4=";
    let test = Test::run("customer-mapping").args(["--header", basic, "--base-url", &server.url()]);
    test.done();
    for request in server.requests() {
        assert_eq!(request.header("authorization"), basic.split_once(": ").map(|(_, value)| value));
    }
}

#[test]
fn what_cannot_be_sent_is_refused_without_being_shown() {
    let server = Server::correct();
    for (header, says) in [
        ("sesame", "NAME: VALUE"),
        ("x gate: sesame", "not the name of a header"),
        ("X-Gate: sesame\u{1}", "control character"),
        ("Host: sesame", "follows from the request"),
        ("X-Gate:", "no value"),
        ("Authorization: Basic sesame", "a token and an `authorization` header"),
    ] {
        let test = Test::run("customer-mapping").args(["--header", header]).against(&server);
        let finished = test.status(2).done();
        assert!(finished.stderr.contains(says), "{header}: {finished}");
        assert!(!finished.stderr.contains("sesame"), "{finished}");
    }
    assert_eq!(server.requests().len(), 0);
}
