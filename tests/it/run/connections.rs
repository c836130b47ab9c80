//! How many connections a run needs, and what it sends on which.

use crate::support::program::Test;
use crate::support::server::{Behaviour, Kind, Reply, Server, Wire};

/// Steps, events, undo requests and endpoints; in the second case a log is read meanwhile.
#[test]
fn a_server_may_serve_one_connection_at_a_time() {
    for (source, wire) in [
        ("listener", Wire::Length),
        ("listener", Wire::Chunked),
        ("listener", Wire::CloseUnannounced),
        ("deliveries", Wire::Length),
        ("none", Wire::Length),
    ] {
        let behaviour = Behaviour::correct().answered(move |_, reply| reply.wire = wire.clone());
        let server = Server::one_connection_at_a_time(behaviour);
        let scenarios =
            ["customer-lookup", "customer-update", "customer-deletion", "customer-metadata"];
        let test =
            Test::run("customer-mapping").args(scenarios).args(["--jobs", "1", "--events", source]);
        let finished = test.against(&server).done();
        assert_eq!((server.customers().len(), server.endpoints().len()), (0, 0), "{finished}");
    }
}

/// Reads and changes in every order, polls and pauses, so that connections are kept, closed and
/// opened.
#[test]
fn in_whatever_order_it_is_asked() {
    let server = Server::one_connection_at_a_time(Behaviour::correct().instead(|request, _| {
        let ready = request.method != "GET" || request.nth % 5 == 4;
        Some(if ready {
            Reply::json(200, &serde_json::json!({ "id": 1 }))
        } else {
            Reply::not_found()
        })
    }));
    let methods = [
        "GET", "POST", "POST", "GET", "PATCH", "OPTIONS", "HEAD", "DELETE", "GET", "GET", "PUT",
        "GET",
    ];
    let steps = methods.map(|method| {
        let within = if method == "GET" { ", within: 20s" } else { "" };
        format!("- {{ request: {method} /v1/things/1{within} }}\n")
    });
    let finished =
        Test::scenario(&format!("name: test\nsteps:\n{}", steps.concat())).against(&server).done();
    assert!(server.requests().len() > methods.len(), "nothing was polled{finished}");
}

/// A GET whose connection was closed by then is sent again, and what changes something is never
/// lost.
#[test]
fn a_connection_that_is_closed_without_a_word_loses_nothing() {
    let closes = || Behaviour::correct().answered(|_, reply| reply.wire = Wire::CloseUnannounced);
    for server in [Server::start(closes()), Server::one_connection_at_a_time(closes())] {
        for _ in 0..5 {
            Test::run("customer-mapping")
                .args(["customer-update", "--jobs", "1"])
                .against(&server)
                .done();
        }
        assert_eq!(server.of(Kind::Create).len(), 10);
        assert_eq!((server.customers().len(), server.endpoints().len()), (0, 0));
    }
}
