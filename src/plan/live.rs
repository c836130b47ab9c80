//! `webhooks: live`: the API itself sends its webhooks to the app, by an endpoint that the first
//! step makes.

use serde_json::{Value as Json, json};

use super::RUN_ID;
use crate::provider::Provider;
use crate::scenario::{
    Action, Auth, Body, Capture, CaptureFrom, Expect, MARK, Part, Request, Role, Scenario, Shape,
    ShapeKind, Span, Step, TargetName, Template, UndoRequest,
};

/// The variable that holds the address at which the API reaches the app's handler.
pub const URL: &str = "webhook.url";
/// The variable that holds what the app verifies webhooks with.
const SECRET: &str = "webhook.secret";
/// The variable that holds the endpoint's id, which no file can name.
const ENDPOINT: &str = "webhook.endpoint";

/// Has the scenario make an endpoint before all else, where it says so.
pub(super) fn subscribe(scenario: &mut Scenario, provider: &Provider) {
    let Some(span) = scenario.live else { return };
    let facts = &provider.endpoint;
    let text = |parts: Vec<Part>| Shape { span, kind: ShapeKind::Text(Template { span, parts }) };
    let literal = |value: Json| Shape { span, kind: ShapeKind::Literal(value) };
    let name = vec![Part::Text(format!("{MARK} ")), variable(RUN_ID, span)];
    let mut body = vec![
        (facts.url, text(vec![variable(URL, span)])),
        (facts.secret, text(vec![variable(SECRET, span)])),
        (facts.events, literal(json!(provider.webhook.event_types))),
        (facts.name, text(name)),
    ];
    body.extend(facts.fixed.iter().map(|(key, value)| (*key, literal(json!(value)))));
    let body = body.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
    let path = |parts| Template { span, parts };
    let collection = || Part::Text(facts.collection.to_owned());
    let undo = UndoRequest {
        method: "DELETE".to_owned(),
        path: path(vec![collection(), Part::Text("/".to_owned()), variable(ENDPOINT, span)]),
        headers: Vec::new(),
        body: Body::None,
        auth: Auth::Token,
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
        undo: vec![undo],
        follow: false,
    };
    let id = CaptureFrom::Body(facts.id.to_owned());
    let step = Step {
        name: "The API sends its webhooks to the app".to_owned(),
        span,
        note: None,
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
    scenario.steps.insert(0, step);
}

fn variable(name: &str, span: Span) -> Part {
    Part::Variable { name: name.to_owned(), span }
}
