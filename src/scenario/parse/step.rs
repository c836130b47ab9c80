//! One step: a request or an event.

use std::time::Duration;

use super::fields::{Fields, line, list, literal, string};
use super::value::pattern;
use super::{capture, expect, request};
use crate::duration::{DurationError, parse_duration};
use crate::provider::{Provider, Webhook};
use crate::scenario::diagnostic::Diagnostic;
use crate::scenario::findings::Findings;
use crate::scenario::node::{Node, NodeKind};
use crate::scenario::suggest::closest;
use crate::scenario::{Action, EventWait, Shape, ShapeKind, Span, Step};

const REQUEST_KEYS: [&str; 15] = [
    "name", "note", "request", "query", "headers", "body", "form", "raw", "auth", "mark", "expect",
    "capture", "undo", "within", "stays",
];
const EVENT_KEYS: [&str; 8] =
    ["name", "note", "event", "where", "expect", "capture", "within", "stays"];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Request,
    Event,
}

pub(super) fn step(node: Node, findings: &mut Findings) -> Option<Step> {
    let span = node.span;
    let mut fields = Fields::of(node, "a step", findings)?;
    let kind = kind(&fields, findings)?;
    let keys = ["within", "stays"].map(|key| fields.key_span(key));
    let given = ["expect", "capture", "within"].map(|key| Some((key, fields.key_span(key)?)));
    let name = fields.take("name").map(|node| line(node, "`name`", findings));
    let remark = fields.take("note").and_then(|node| literal(node, "`note`", findings));
    let within = fields.take("within").and_then(|node| duration(node, "within", findings));
    let stays = fields.take("stays").and_then(|node| duration(node, "stays", findings));
    let expect =
        fields.take("expect").map(|node| expect::expect(node, kind == Kind::Event, findings));
    let capture = fields
        .take("capture")
        .map_or_else(Vec::new, |node| capture::captures(node, kind == Kind::Event, findings));
    let action = match kind {
        Kind::Request => request::request(&mut fields, findings)
            .map(|request| Action::Request(Box::new(request))),
        Kind::Event => event(&mut fields, findings).map(Action::Event),
    };
    if let Some(Action::Request(request)) = &action
        && request.method != "GET"
    {
        only_on_get(&request.method, keys, findings);
    }
    // What must not come cannot be looked at, and the wait is what `stays` says.
    if let Some((key, span)) = given.into_iter().flatten().next()
        && kind == Kind::Event
        && stays.is_some()
    {
        let finding = Diagnostic::new(span, format!("`{key}` beside `stays` on an event step"));
        findings.add(finding.help("`stays` says that no event comes: leave one of them out"));
    }
    misplaced(&mut fields, kind, findings);
    let known: &[&str] = if kind == Kind::Request { &REQUEST_KEYS } else { &EVENT_KEYS };
    fields.finish(
        if kind == Kind::Request { "a request step" } else { "an event step" },
        known,
        findings,
    );
    let action = action?;
    let name = match name {
        Some(given) => given?.value,
        None => what_it_does(&action),
    };
    Some(Step {
        name,
        span,
        note: remark.map(|text| text.value),
        action,
        expect: expect.unwrap_or_default(),
        capture,
        within,
        stays,
    })
}

fn only_on_get(method: &str, [within, stays]: [Option<Span>; 2], findings: &mut Findings) {
    let repeats = "repeats a request until `expect` holds, which only a GET may do";
    let goes_on = "repeats a request while `expect` holds, which only a GET may do";
    for (name, key, why) in [("within", within, repeats), ("stays", stays, goes_on)] {
        if let Some(key) = key {
            let finding = Diagnostic::new(key, format!("`{name}` on a {method} request"));
            findings.add(finding.help(format!("`{name}` {why}")));
        }
    }
}

/// The name of a step that was given none.
fn what_it_does(action: &Action) -> String {
    match action {
        Action::Request(request) => format!("{} {}", request.method, request.path),
        Action::Event(event) => event.event_type.clone(),
    }
}

/// What kind of step this is, also where the deciding key is misspelt.
fn kind(fields: &Fields, findings: &mut Findings) -> Option<Kind> {
    match (fields.has("request"), fields.key_span("event")) {
        (true, None) => Some(Kind::Request),
        (false, Some(_)) => Some(Kind::Event),
        (true, Some(event)) => {
            let mut finding = Diagnostic::new(event, "a step with both `request` and `event`");
            if let Some(request) = fields.key_span("request") {
                finding = finding.related(request, "the request");
            }
            findings.add(finding.help("make two steps of it: the request first, then the event"));
            None
        }
        (false, None) => {
            let misspelt = fields.keys().find_map(|key| {
                let meant = closest(&key.value, ["request", "event"])?;
                Some((key.span, key.value.clone(), meant))
            });
            let finding = if let Some((span, key, meant)) = misspelt {
                Diagnostic::new(span, format!("unknown key `{key}` in a step"))
                    .help(format!("did you mean `{meant}`?"))
            } else {
                let Provider { root, webhook: Webhook { examples: [event, _], .. }, .. } =
                    findings.provider();
                Diagnostic::new(fields.span, "a step that is neither a `request` nor an `event`")
                    .help(format!("add `request: GET {root}…` or `event: {event}`"))
            };
            findings.add(finding);
            None
        }
    }
}

/// Keys that exist, but not on this kind of step.
fn misplaced(fields: &mut Fields, kind: Kind, findings: &mut Findings) {
    let (foreign, here, there): (&[&str], _, _) = match kind {
        Kind::Request => (&["where"], "a request", "an event"),
        Kind::Event => (
            &["query", "headers", "body", "form", "raw", "auth", "mark", "undo"],
            "an event",
            "a request",
        ),
    };
    for key in foreign {
        let Some(span) = fields.key_span(key) else { continue };
        fields.take(key);
        let known: &[&str] = if kind == Kind::Request { &REQUEST_KEYS } else { &EVENT_KEYS };
        let finding = Diagnostic::new(span, format!("`{key}` on {here} step"))
            .label(format!("belongs on {there} step"));
        findings.add(match (*key, kind) {
            ("body" | "headers", Kind::Event) => finding.help(format!(
                "put `{key}` under `expect` for what must hold, or use `where` to select"
            )),
            ("undo", Kind::Event) => {
                finding.help("put it on the request that makes what has to go")
            }
            ("where", _) => finding.help("put what must hold under `expect`"),
            _ => finding.help(format!("the keys here are {}", list(known))),
        });
    }
}

fn event(fields: &mut Fields, findings: &mut Findings) -> Option<EventWait> {
    let event_type = fields.take("event").and_then(|node| line(node, "`event`", findings));
    let filter = fields.take("where").map(|node| filter(node, findings));
    let event_type = event_type?;
    Some(EventWait {
        event_type: event_type.value,
        span: event_type.span,
        filter: match filter {
            Some(filter) => Some(filter?),
            None => None,
        },
    })
}

fn filter(node: Node, findings: &mut Findings) -> Option<Shape> {
    if !matches!(node.kind, NodeKind::Mapping(_)) {
        super::wrong_type(&node, "`where`", "a mapping", findings);
        return None;
    }
    let pattern = pattern(node, findings)?;
    if let ShapeKind::Object(keys) = &pattern.kind
        && keys.is_empty()
    {
        findings.add(
            Diagnostic::new(pattern.span, "`where` is empty")
                .help("leave it out to take any event of this type"),
        );
    }
    Some(pattern)
}

/// A length of time under `key`.
fn duration(node: Node, key: &str, findings: &mut Findings) -> Option<Duration> {
    // `within: 30` deserves better than "has to be a string".
    let text = match node.kind {
        NodeKind::Number(number) => {
            let help = format!("add the unit: `{number}s`");
            findings.add(Diagnostic::new(node.span, "a duration without a unit").help(help));
            return None;
        }
        _ => string(node, &format!("`{key}`"), findings)?,
    };
    let finding = match parse_duration(&text.value) {
        Ok(duration) if !duration.is_zero() => return Some(duration),
        Ok(_) => Diagnostic::new(text.span, "no time at all")
            .help(format!("leave `{key}` out, or give it some time: `30s`")),
        Err(error) => {
            let title = match error {
                DurationError::TooLong => format!("`{}` is too long", text.value),
                DurationError::NoUnit(_) => "a duration without a unit".to_owned(),
                _ => format!("invalid duration `{}`", text.value),
            };
            Diagnostic::new(text.span, title).help(error.to_string())
        }
    };
    findings.add(finding);
    None
}
