//! `webhooks: live`: the API itself sends its webhooks to the app, by an endpoint that the first
//! step makes and the second reads back.

use serde_json::{Value as Json, json};

use super::RUN_ID;
use crate::provider::Provider;
use crate::scenario::{
    Action, Auth, Body, Capture, CaptureFrom, Expect, MARK, Part, Request, Role, Scenario, Shape,
    ShapeKind, Step, TargetName, Template, UndoRequest,
};

/// The variable that holds the address at which the API reaches the app's handler.
pub const URL: &str = "webhook.url";
/// The variable that holds what the app verifies webhooks with.
const SECRET: &str = "webhook.secret";
/// The variable that holds the endpoint's id, which no file can name.
const ENDPOINT: &str = "webhook.endpoint";

/// Shown with the step that makes the endpoint.
const NOTE: &str = "An API that is not on this machine takes no address of it: open a tunnel to \
                    the app, and name it in the app file as `webhook.public_url`, with the \
                    handler's path.";

/// Has the scenario make an endpoint before all else, where it says so.
pub(super) fn subscribe(scenario: &mut Scenario, provider: &Provider) {
    let Some(span) = scenario.live else { return };
    let facts = &provider.endpoint;
    let text = |parts: Vec<Part>| Shape { span, kind: ShapeKind::Text(Template { span, parts }) };
    let literal = |value: Json| Shape { span, kind: ShapeKind::Literal(value) };
    let name = vec![Part::Text(format!("{MARK} ")), Part::variable(RUN_ID, span)];
    let mut body = vec![
        (facts.url, text(vec![Part::variable(URL, span)])),
        (facts.secret, text(vec![Part::variable(SECRET, span)])),
        (facts.events, literal(json!(provider.webhook.event_types))),
        (facts.name, text(name)),
    ];
    body.extend(facts.fixed.iter().map(|(key, value)| (*key, literal(json!(value)))));
    let body = body.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
    let path = |parts| Template { span, parts };
    let collection = || Part::Text(facts.collection.to_owned());
    let one =
        || path(vec![collection(), Part::Text("/".to_owned()), Part::variable(ENDPOINT, span)]);
    let undo = |method: &str, body: Body| UndoRequest {
        method: method.to_owned(),
        path: one(),
        headers: Vec::new(),
        body,
        auth: Auth::Token,
    };
    let enabled = |on: bool| Shape {
        span,
        kind: ShapeKind::Object(vec![(facts.enabled.to_owned(), literal(json!(on)))]),
    };
    let request = Request {
        target: TargetName::Api,
        method: "POST".to_owned(),
        path: path(vec![collection()]),
        query: Vec::new(),
        headers: Vec::new(),
        body: Body::Json(Shape { span, kind: ShapeKind::Object(body) }),
        auth: Auth::Token,
        mark: true,
        undo: vec![undo("DELETE", Body::None)],
        follow: false,
    };
    // What was made last goes first: a deleted endpoint still gets what is pending, a disabled one
    // does not.
    let reading = Request {
        method: "GET".to_owned(),
        path: one(),
        body: Body::None,
        undo: vec![undo("PATCH", Body::Json(enabled(false)))],
        ..request.clone()
    };
    let id = CaptureFrom::Body(facts.id.to_owned());
    let step = Step {
        name: "The API sends its webhooks to the app".to_owned(),
        span,
        note: Some(NOTE.to_owned()),
        action: Action::Request(Box::new(request)),
        expect: Expect::default(),
        capture: vec![Capture { name: ENDPOINT.to_owned(), span, from: id }],
        within: None,
        stays: None,
        settles: None,
        session: None,
        background: false,
        role: Role::Plain,
        hidden: vec![facts.secret.to_owned()],
    };
    let reading = Step {
        name: "The endpoint is there, and enabled".to_owned(),
        note: None,
        action: Action::Request(Box::new(reading)),
        expect: Expect { body: Some(enabled(true)), ..Expect::default() },
        capture: Vec::new(),
        ..step.clone()
    };
    scenario.steps.splice(0..0, [step, reading]);
}
