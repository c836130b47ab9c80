//! Webhooks from elsewhere: the three sources come to one verdict, and `auto` takes what there is.

use serde_json::Value;

use super::run;
use super::world::{World, honest};
use crate::support::server::{Kind, Reply};

const SOURCES: [&str; 3] = ["listener", "stream", "deliveries"];

#[test]
fn the_three_sources_agree_that_all_is_well() {
    for name in SOURCES {
        let world = World::new();
        let ran = run(&world).args(["--events", name]).done();
        assert_eq!(ran.source(), name, "{ran}");
        assert_eq!(ran.report()["left_behind"].to_string(), "[]", "{ran}");
    }
}

#[test]
fn the_three_sources_agree_on_what_is_wrong() {
    for name in SOURCES {
        let world = World::of(
            honest().each(|delivery| delivery.edit(|it| it["data"]["external_id"] = Value::Null)),
        );
        let ran = run(&world).args(["--events", name]).status(1).done();
        assert_eq!(
            (ran.source().as_str(), ran.diagnosis().0.as_str()),
            (name, "webhook_unmapped"),
            "{ran}"
        );
    }
}

#[test]
fn auto_takes_the_stream() {
    let world = World::new();
    let ran = run(&world).done();
    assert_eq!(ran.source(), "stream");
    ran.says("webhooks are read from the event stream, because");
    let endpoints = world
        .api
        .lines()
        .into_iter()
        .filter(|line| line.contains("/v1/webhooks/endpoints"))
        .count();
    assert_eq!(endpoints, 0, "no endpoint is needed");
}

#[test]
fn auto_takes_the_delivery_log_where_there_is_no_stream() {
    for status in [403, 404, 502] {
        let world = World::of(honest().replies(Kind::Stream, Reply::empty(status)));
        let ran = run(&world).done();
        assert_eq!(ran.source(), "deliveries", "{status}{ran}");
        ran.says("because the event stream cannot be used");
        assert_eq!(ran.report()["left_behind"].to_string(), "[]", "{ran}");
    }
}
