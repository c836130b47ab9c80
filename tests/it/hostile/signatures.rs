//! Signature headers that are made to cost time, and identities that are odd.

use std::time::{Duration, Instant};

use serde_json::json;

use super::row::{all_is_told, is_clean};
use crate::support::program::Test;
use crate::support::server::{Behaviour, Delivery, Server, When};

/// One delivery before the real one.
fn before(change: impl Fn(Delivery) -> Delivery + Send + Sync + 'static) -> Behaviour {
    Behaviour::correct().delivered(move |delivery| {
        let odd = change(delivery.clone().of_stranger());
        vec![Delivery { when: When::Before, ..odd }, delivery]
    })
}

/// Every entry over a large body: hashed for each, this would take minutes.
#[test]
fn thousands_of_signatures() {
    let claims = format!("v1,{}= ", "A".repeat(43)).repeat(1_200);
    let server = Server::start(before(move |delivery| {
        let large = delivery.edit(|it| it["data"]["x"] = json!("y".repeat(9_000_000)));
        large.header("webhook-signature", claims.clone())
    }));
    let started = Instant::now();
    let finished = Test::run("customer-mapping").args(["--timeout", "60s"]).against(&server).done();
    assert!(started.elapsed() < Duration::from_secs(40), "{:?}", started.elapsed());
    assert_eq!(server.receipts(), ["202", "202"]);
    is_clean(&finished);
}

/// One of them is right, wherever it stands.
#[test]
fn the_right_one_among_many() {
    let server = Server::start(Behaviour::correct().each(|delivery| {
        let claims = format!("v1,{}= ", "A".repeat(43)).repeat(600);
        let right = delivery.signature();
        delivery.header("webhook-signature", format!("{claims}{right} {claims}"))
    }));
    is_clean(&Test::run("customer-mapping").against(&server).done());
}

/// A head has a limit; what is over it is not a delivery.
#[test]
fn heads_that_are_too_large() {
    for header in ["webhook-id", "webhook-signature", "x"] {
        let server =
            Server::start(before(move |delivery| delivery.header(header, "x".repeat(1 << 20))));
        let finished = Test::run("customer-mapping").against(&server).done();
        is_clean(&finished);
        all_is_told(&server, &finished);
        assert_ne!(server.receipts()[0], "202", "{header}");
        assert_eq!(server.receipts()[1], "202", "{header}");
    }
}

/// What stands in the place of a signature, on the only delivery there is.
#[test]
fn what_is_no_signature() {
    let rows = [
        ("webhook-signature", "", "webhook_unsigned"),
        ("webhook-signature", " ", "webhook_unsigned"),
        ("webhook-signature", "v1", "webhook_bad_signature"),
        ("webhook-signature", ",,,,", "webhook_bad_signature"),
        ("webhook-signature", "v1,\u{ff}", "webhook_bad_signature"),
        ("webhook-id", "", "webhook_unsigned"),
        ("webhook-id", "\u{202e}", "webhook_bad_signature"),
        ("webhook-timestamp", "", "webhook_unsigned"),
        ("webhook-timestamp", "99999999999999999999", "webhook_bad_signature"),
        ("webhook-timestamp", "NaN", "webhook_bad_signature"),
    ];
    for (header, value, code) in rows {
        let server = Server::start(
            Behaviour::correct().each(move |delivery| delivery.header(header, value)),
        );
        let finished = Test::run("customer-mapping")
            .args(["--wait", "200ms"])
            .against(&server)
            .status(1)
            .done();
        is_clean(&finished);
        assert_eq!(finished.diagnosis().0, code, "{header}: {value}{finished}");
    }
}
