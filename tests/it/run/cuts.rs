//! Long texts are cut for people, and never through a secret that is then not found any more.

use std::fmt::Write as _;

use serde_json::json;

use crate::support::program::{TOKEN, Test};
use crate::support::server::{Behaviour, Reply, Server, When};

/// What stands in front of the token. Values in sentences are cut at 120 characters, in checks at
/// 160, bodies at 240, 2000 and 20480 bytes; all spellings of the token are shorter than what is
/// tried around each.
fn paddings() -> impl Iterator<Item = usize> {
    let around = |cut: usize| (cut.saturating_sub(50)..cut + 10).step_by(6);
    around(60)
        .chain(around(120))
        .chain(around(160))
        .chain(around(240))
        .chain(around(2_000))
        .chain(around(20_480))
}

fn padding(target: &str) -> Option<usize> {
    target.split_once("?pad=")?.1.parse().ok()
}

/// The middle of the token, which no spelling of it that is used here changes, in the parts that
/// might show.
fn shows(text: &str) -> bool {
    ["s3cr", "S3cr", "cret/"].iter().any(|part| text.contains(part))
}

#[test]
fn no_cut_goes_through_a_token() {
    let server = Server::start(Behaviour::correct().instead(|request, _| {
        let pad = "x".repeat(padding(&request.target)?);
        if request.target.contains("/text") {
            return Some(Reply::text(200, "text/plain", &format!("{pad}{TOKEN}{pad}")));
        }
        let body = json!({ "name": format!("{pad}{TOKEN}"), "detail": format!("{pad} {TOKEN}") });
        Some(Reply::json(if request.target.contains("/refused") { 422 } else { 200 }, &body))
    }));
    let mut scenario = String::from("name: cuts\nsteps:\n");
    for pad in paddings() {
        for path in ["record", "refused", "text"] {
            write!(scenario, "- name: {path} {pad}\n  request: GET /v1/{path}?pad={pad}\n")
                .unwrap();
            scenario.push_str("  expect: { body: { name: other } }\n");
        }
    }
    for format in ["human", "json", "junit", "tap"] {
        let test =
            Test::scenario(&scenario).args(["-v", "--report", "human=report.txt"]).format(format);
        let finished = test.against(&server).status(1).done();
        assert!(finished.stdout.contains("(redacted)"), "{format}");
        for text in [&finished.stdout, &finished.stderr, &finished.file("report.txt")] {
            let leak = text.lines().find(|line| shows(line));
            assert_eq!(leak, None, "{format}");
        }
    }
}

/// What did arrive in place of what was waited for is told in short.
#[test]
fn nor_what_is_told_of_other_webhooks() {
    for pad in (0..130).step_by(12) {
        let server = Server::start(Behaviour::correct().each(move |delivery| {
            let value = json!(format!("{}{TOKEN}", "x".repeat(pad)));
            delivery.when(When::Before).edit(move |payload| {
                payload["data"]["external_id"] = value.clone();
                payload["data"]["id"] = value.clone();
            })
        }));
        let test = Test::run("customer-mapping").args(["--wait", "100ms"]).format("human");
        let finished = test.against(&server).status(1).done();
        finished.prints("webhook_missing");
        assert!(!shows(&finished.stdout), "{finished}");
    }
}
