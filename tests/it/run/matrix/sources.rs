//! Servers that give no way to receive webhooks: the requests are tested all the same.

use serde_json::json;

use super::{EVENT, Row, run_all};
use crate::support::server::{Behaviour, Kind, Reply, Wire};

/// Answers the creation of an endpoint like this, and makes none.
fn row(name: &'static str, reply: Reply) -> Row {
    let refuses = Behaviour::correct().instead(move |request, _| match request.kind {
        Kind::MakeEndpoint => Some(reply.clone()),
        Kind::ReadEndpoint => Some(Reply::not_found()),
        _ => None,
    });
    Row::error(name, EVENT, "no_event_source", refuses)
}

/// Makes the endpoint, and spoils the answer.
fn spoilt(name: &'static str, change: impl Fn(&mut Reply) + Send + Sync + 'static) -> Row {
    let spoils = Behaviour::correct().spoils(Kind::MakeEndpoint, move |reply| change(reply));
    Row::error(name, EVENT, "no_event_source", spoils)
}

#[test]
fn no_webhook_endpoints() {
    let refused = json!({ "detail": [{ "loc": ["body", "url"], "msg": "URL must be https",
        "type": "value_error" }] });
    let scope = "Bearer error=\"insufficient_scope\", scope=\"webhooks:write\"";
    run_all(vec![
        row("404", Reply::not_found()).mentions(&["POST /v1/webhooks/endpoints"]),
        row("405", Reply::empty(405)),
        row("501", Reply::empty(501)),
        row("403", Reply::empty(403).header("www-authenticate", scope))
            .mentions(&["webhooks:write"]),
        row("401", Reply::empty(401)),
        row("422", Reply::json(422, &refused)).mentions(&["URL must be https"]),
        row("500", Reply::empty(500)),
        row("no answer", Reply::empty(201).wire(Wire::Drop)),
        row("HTML", Reply::text(200, "text/html", "<html>")),
    ]);
}

/// The endpoint exists: it has to be found by its URL, and deleted.
#[test]
fn an_endpoint_whose_answer_is_of_no_use() {
    run_all(vec![
        spoilt("no secret", |reply| reply.edit(|endpoint| endpoint["secret"] = json!(null)))
            .mentions(&["`secret`"]),
        spoilt("no id", |reply| reply.edit(|endpoint| endpoint["id"] = json!(null))),
        spoilt("no body", |reply| reply.body.clear()),
        spoilt("answer lost", |reply| reply.wire = Wire::Drop),
        spoilt("answer cut", |reply| reply.wire = Wire::CutAfter(10)),
    ]);
}
