//! A redirect is followed within the origin only, and the token stays there.

use super::world::{HOST, World, honest};
use super::{clean, run, tieback};
use crate::support::program::TOKEN;
use crate::support::server::Reply;

/// Sends everything to `location`.
fn sends_to(status: u16, location: &'static str) -> World {
    let reply = Reply::empty(status).header("location", location);
    World::of(honest().instead(move |_, _| Some(reply.clone())))
}

#[test]
fn another_origin_is_never_gone_to() {
    for location in [
        "https://other.example/v1/customers/",
        "https://api.polar.sh/v1/customers/",
        "//other.example/v1/customers/",
        "http://billing.example/v1/customers/",
        "https://billing.example:8443/v1/customers/",
        "https://me@billing.example/v1/customers/",
        "https://billing.example@other.example/",
    ] {
        for status in [301, 302, 307, 308] {
            let world = sends_to(status, location);
            let ran = run(&world).args(["--events", "none"]).status(1).done();
            assert_eq!(ran.diagnosis().0, "unexpected_status", "{ran}");
            clean(&world).status(3).done();
            assert_eq!(world.destinations(), [format!("{HOST}:443")], "{status} to {location}");
            let told = world.heads().join("");
            assert!(!told.contains(TOKEN), "the proxy was told the token: {told}");
        }
    }
}

#[test]
fn within_the_origin_the_request_is_repeated_with_its_token() {
    let world = World::of(honest().instead(|request, _| {
        let id = request.target.strip_prefix("/old/")?;
        let location = format!("https://{HOST}/v1/customers/{id}");
        Some(Reply::empty(308).header("location", &location))
    }));
    let scenario = "name: moved\nsteps:\n- request: GET /old/\n  \
                    expect: { body: { items: { $type: array } } }\n";
    let base = format!("https://{HOST}");
    let test = tieback(&world, "run").args(["moved.yaml", "--base-url", &base]);
    let test = test.file("moved.yaml", scenario).args(["--cacert", &world.file("ca.pem")]);
    test.done();
    assert_eq!(world.api.lines()[1..], ["GET /old/", "GET /v1/customers/"]);
    let bearer = format!("Bearer {TOKEN}");
    assert!(world.api.requests().iter().all(|it| it.header("authorization") == Some(&bearer)));
}
