//! Redirects to anywhere but here.

use super::row::{Row, all_is_told, is_clean, run_all};
use crate::support::program::Test;
use crate::support::server::{Behaviour, Kind, Reply, Server};

fn to(status: u16, location: &str) -> Behaviour {
    let location = location.to_owned();
    Behaviour::correct().replies(Kind::Create, Reply::empty(status).header("location", &location))
}

#[test]
fn none_is_followed_out_of_the_origin() {
    let elsewhere = Server::correct();
    let port = elsewhere.address().port();
    let there = format!("http://127.0.0.1:{port}/v1/customers/");
    let other_host = format!("http://localhost:{port}/v1/customers/");
    let mut rows = Vec::new();
    for status in [301, 302, 303, 307, 308] {
        for location in [
            &there,
            &other_host,
            "file:///etc/passwd",
            "javascript:alert(1)",
            "http://",
            "\\\\x",
            "//x/",
        ] {
            rows.push(Row::fault(
                format!("{status} to {location}"),
                "unexpected_status",
                to(status, location),
            ));
        }
    }
    run_all(rows);
    assert_eq!(elsewhere.requests().len(), 0);
}

#[test]
fn circles_end() {
    let mut rows = Vec::new();
    for status in [307, 308] {
        rows.push(
            Row::error(format!("{status} to nowhere"), "connection_lost", to(status, ""))
                .mentions("redirects"),
        );
        rows.push(
            Row::error(
                format!("{status} to itself"),
                "connection_lost",
                to(status, "/v1/customers/"),
            )
            .mentions("redirects"),
        );
        rows.push(Row::error(
            format!("{status}, longer each time"),
            "connection_lost",
            Behaviour::correct().instead(move |request, _| {
                let longer = format!("{}?{}", request.target, "x".repeat(1_000));
                (request.kind == Kind::Create)
                    .then(|| Reply::empty(status).header("location", &longer))
            }),
        ));
    }
    run_all(rows);
}

/// All hops of one request have the time of one.
#[test]
fn slow_hops_add_up() {
    let server = Server::start(Behaviour::correct().instead(|request, _| {
        let hop = || {
            std::thread::sleep(std::time::Duration::from_millis(700));
            Reply::empty(307).header("location", &request.target)
        };
        (request.kind == Kind::Create).then(hop)
    }));
    let finished =
        Test::run("customer-mapping").args(["--timeout", "1s"]).against(&server).status(3).done();
    is_clean(&finished);
    all_is_told(&server, &finished);
    assert_eq!(finished.diagnosis().0, "timed_out", "{finished}");
    assert_eq!(server.of(Kind::Create).len(), 2);
}
