//! Text that would move a cursor, change a title, or turn names around, in every place that is
//! printed.

use serde_json::{Value, json};

use super::row::{all_is_told, in_every_format, is_clean};
use crate::support::program::Test;
use crate::support::server::{Behaviour, Delivery, Key, Kind, Reply, Request, Server, Wire};

/// Colours, a window title, a hyperlink, the eight-bit forms, line breaks, and characters that hide
/// or turn.
const EVIL: &str = "a\u{1b}[31;1m\u{1b}]0;t\u{7}\u{1b}]8;;http://x\u{1b}\\\u{9b}2J\r\n\t\u{8}\u{0}\u{7f}\u{202e}b\u{2066}\u{200b}\u{feff}\u{2028}\u{ad}\u{e0041}c";
/// What of it a header can carry.
const EVIL_HEADER: &str = "a\u{202e}b\u{2066}\u{200b}\u{feff}\u{9b}2J\u{ad}c";

/// Shows it in every format.
fn shown(behaviour: &Behaviour, arguments: &[&str]) {
    in_every_format(behaviour, arguments, |format, server, finished| {
        is_clean(finished);
        // What is shown is the whole of it, and not merely left out.
        let report = finished.file("report.json");
        assert!(report.contains("202e"), "{format}: it was not even shown{finished}");
        serde_json::from_str::<Value>(&report).expect("the report is JSON");
        if format == "json" {
            all_is_told(server, finished);
        }
    });
}

#[test]
fn in_every_field_of_a_record() {
    for key in ["id", "email", "external_id"] {
        for kind in [Kind::Create, Kind::Read] {
            shown(
                &Behaviour::correct().spoils(kind, move |reply| {
                    reply.edit(|record| record[key] = json!(format!("{}{EVIL}", record[key])));
                }),
                &[],
            );
        }
    }
}

#[test]
fn in_the_reasons_of_an_error() {
    let evil = || json!(EVIL);
    for body in [
        json!({ "detail": evil() }),
        json!({ "detail": [{ "loc": ["body", evil()], "msg": evil() }] }),
        json!({ "message": evil(), "error_description": evil(), "error": evil() }),
        json!({ EVIL: EVIL }),
    ] {
        for status in [403, 422, 600] {
            let scope = format!("Bearer scope=\"{EVIL_HEADER}\"");
            shown(
                &Behaviour::correct().replies(
                    Kind::Create,
                    Reply::json(status, &body).header("www-authenticate", &scope),
                ),
                &[],
            );
        }
    }
}

#[test]
fn in_what_is_no_json() {
    shown(
        &Behaviour::correct()
            .replies(Kind::Create, Reply::text(201, "text/html", &format!("<html>{EVIL}"))),
        &[],
    );
    shown(&Behaviour::correct().replies(Kind::Create, Reply::text(201, "text/html", EVIL)), &[]);
}

#[test]
fn in_headers() {
    shown(
        &Behaviour::correct().replies(
            Kind::Create,
            Reply::json(302, &json!({ "x": EVIL })).header("location", EVIL_HEADER),
        ),
        &[],
    );
    shown(
        &Behaviour::correct().replies(
            Kind::Create,
            Reply::empty(0).wire(Wire::Raw(
                format!(
                    "HTTP/1.1 418 {EVIL_HEADER}\r\nx: \
                    {EVIL_HEADER}\r\n\r\n{{\"detail\":\"\u{202e}\"}}"
                )
                .into_bytes(),
            )),
        ),
        &[],
    );
}

#[test]
fn in_the_refusal_of_a_source() {
    let refused = Reply::json(422, &json!({ "detail": [{ "msg": EVIL }] }));
    shown(&Behaviour::correct().replies(Kind::MakeEndpoint, refused), &["--events", "listener"]);
    let forbidden =
        Reply::empty(403).header("www-authenticate", &format!("Bearer scope=\"{EVIL_HEADER}\""));
    shown(
        &Behaviour::correct().replies(Kind::MakeEndpoint, forbidden),
        &["--events", "deliveries"],
    );
    let listed = |request: &Request| request.target.starts_with("/v1/organizations/");
    let stream = Behaviour::correct().instead(move |request, _| {
        if listed(request) {
            return Some(Reply::json(200, &json!({ "items": [{ "id": EVIL }] })));
        }
        let kind = format!("text/{EVIL_HEADER}");
        request.target.contains("/cli/listen/").then(|| Reply::text(200, &kind, "x"))
    });
    shown(&stream, &["--events", "stream"]);
}

#[test]
fn in_an_endpoint() {
    shown(
        &Behaviour::correct()
            .stored_endpoint(|endpoint| endpoint["id"] = json!(EVIL))
            .replies(Kind::DeleteEndpoint, Reply::json(500, &json!({})))
            .replies(Kind::Read, Reply::json(200, &json!({ "id": EVIL, "email": 1 }))),
        &[],
    );
}

#[test]
fn in_a_webhook() {
    let changed = |change: fn(Delivery) -> Delivery| Behaviour::correct().each(change);
    for behaviour in [
        changed(|delivery| {
            Delivery { id: EVIL_HEADER.to_owned(), ..delivery }
                .edit(|it| it["data"]["email"] = json!(EVIL))
        }),
        changed(|delivery| delivery.edit(|it| it["data"]["external_id"] = json!(EVIL))),
        // Another event, which is told in place of the one that is missing.
        changed(|delivery| delivery.edit(|it| it["type"] = json!(EVIL))),
        changed(|delivery| {
            delivery
                .edit(|it| it["data"] = json!({ "id": EVIL, "external_id": EVIL, "email": EVIL }))
        }),
        // One that came twice.
        Behaviour::correct().delivered(|delivery| {
            let evil = Delivery { id: EVIL_HEADER.to_owned(), ..delivery };
            vec![evil.clone(), evil]
        }),
    ] {
        shown(&behaviour, &[]);
    }
}

/// A secret that is a word of the report's own layout takes nothing out of that.
#[test]
fn a_secret_that_is_a_word_of_the_report() {
    for secret in [
        "scenarios",
        "\"status\": \"passed\"",
        "testsuite name",
        "duration_ms",
        "failures=",
        "customer.created",
    ] {
        for format in ["json", "junit", "tap", "human"] {
            let server = Server::start(
                Behaviour::correct()
                    .stored_endpoint(move |endpoint| endpoint["secret"] = json!(secret))
                    .each(|delivery| Delivery { key: Key::Legacy, ..delivery }),
            );
            let finished = Test::run("customer-mapping").format(format).against(&server).done();
            is_clean(&finished);
            match format {
                "json" => {
                    assert_eq!(
                        finished.report()["scenarios"][0]["steps"][2]["status"],
                        "passed",
                        "{secret}{finished}"
                    );
                }
                "junit" => {
                    finished.prints("failures=\"0\"");
                }
                _ => {}
            }
        }
    }
}
