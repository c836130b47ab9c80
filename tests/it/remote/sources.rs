//! Webhooks from elsewhere: the three sources come to one verdict, and `auto` takes what there is.

use axum::http::StatusCode;
use axum::response::IntoResponse as _;
use tieback::sandbox::Fault;

use crate::remote::api::{Act, Behaviour};
use crate::remote::program::{Program, Ran};
use crate::remote::world::{Setting, World};

const SOURCES: [&str; 3] = ["listener", "stream", "deliveries"];

fn source(ran: &Ran) -> String {
    ran.report()["target"]["events"].as_str().unwrap().to_owned()
}

#[test]
fn the_three_sources_agree_that_all_is_well() {
    for name in SOURCES {
        let world = World::new();
        let ran = Program::run(&world).args(&["--events", name]).ends(0);
        assert_eq!(source(&ran), name, "{ran}");
        assert_eq!(ran.report()["left_behind"].to_string(), "[]", "{ran}");
    }
}

#[test]
fn the_three_sources_agree_on_what_is_wrong() {
    for name in SOURCES {
        let faults = vec![Fault::WebhookWithoutExternalId.into()];
        let world = World::with(Setting { faults, ..Setting::default() });
        let ran = Program::run(&world).args(&["--events", name]).ends(1);
        assert_eq!(
            (source(&ran).as_str(), ran.diagnosis().0.as_str()),
            (name, "webhook_unmapped"),
            "{ran}"
        );
    }
}

#[test]
fn auto_takes_the_stream() {
    let world = World::new();
    let ran = Program::run(&world).ends(0);
    assert_eq!(source(&ran), "stream");
    assert!(ran.stderr.contains("webhooks are read from the event stream, because"), "{ran}");
    let endpoints =
        world.lines().into_iter().filter(|line| line.contains("/v1/webhooks/endpoints")).count();
    assert_eq!(endpoints, 0, "no endpoint is needed");
}

#[test]
fn auto_takes_the_delivery_log_where_there_is_no_stream() {
    for status in [StatusCode::FORBIDDEN, StatusCode::NOT_FOUND, StatusCode::BAD_GATEWAY] {
        let world = World::of(Behaviour {
            instead: Some(Box::new(move |_, parts| {
                parts
                    .uri
                    .path()
                    .starts_with("/v1/cli/listen/")
                    .then(|| Act::Reply(status.into_response()))
            })),
            ..Behaviour::default()
        });
        let ran = Program::run(&world).ends(0);
        assert_eq!(source(&ran), "deliveries", "{status}{ran}");
        assert!(ran.stderr.contains("because the event stream cannot be used"), "{ran}");
        assert_eq!(ran.report()["left_behind"].to_string(), "[]", "{ran}");
    }
}
