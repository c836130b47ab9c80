//! A redirect is followed within the origin only, and the token stays there.

use axum::http::{StatusCode, header};
use axum::response::IntoResponse as _;

use crate::remote::api::{Act, Behaviour};
use crate::remote::program::{Program, TOKEN};
use crate::remote::world::{HOST, World};

/// Sends everything to `location`, once there is a path to send.
fn sends_to(status: u16, location: &'static str) -> World {
    World::of(Behaviour {
        instead: Some(Box::new(move |_, _| {
            let status = StatusCode::from_u16(status).unwrap();
            Some(Act::Reply((status, [(header::LOCATION, location)]).into_response()))
        })),
        ..Behaviour::default()
    })
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
            let ran = Program::run(&world).args(&["--events", "none"]).ends(1);
            assert_eq!(ran.diagnosis().0, "unexpected_status", "{ran}");
            Program::clean(&world).ends(3);
            assert_eq!(world.destinations(), [format!("{HOST}:443")], "{status} to {location}");
            let told = world.heads().join("");
            assert!(!told.contains(TOKEN), "the proxy was told the token: {told}");
        }
    }
}

#[test]
fn within_the_origin_the_request_is_repeated_with_its_token() {
    let world = World::of(Behaviour {
        instead: Some(Box::new(|_, parts| {
            let location =
                format!("https://{HOST}/v1/customers/{}", parts.uri.path().strip_prefix("/old/")?);
            Some(Act::Reply(
                (StatusCode::PERMANENT_REDIRECT, [(header::LOCATION, location)]).into_response(),
            ))
        })),
        ..Behaviour::default()
    });
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("moved.yaml");
    let scenario = "name: moved\nsteps:\n- request: GET /old/\n  expect: { body: { items: { $type: array } } }\n";
    std::fs::write(&file, scenario).unwrap();
    let base = format!("https://{HOST}");
    let program = Program::new(&world, "run").args(&[file.to_str().unwrap(), "--base-url", &base]);
    program.args(&["--cacert", &world.file("ca.pem")]).ends(0);
    assert_eq!(world.lines()[1..], ["GET /old/", "GET /v1/customers/"]);
    let bearer = format!("Bearer {TOKEN}");
    assert!(world.seen().iter().all(|seen| seen.headers["authorization"] == bearer));
}
