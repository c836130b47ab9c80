//! One step: which kind it is, and the keys that all kinds have.

use super::fields::{Fields, line, list, literal};
use super::times::duration;
use super::{capture, deliver, event, expect, request};
use crate::provider::{Provider, Webhook};
use crate::scenario::diagnostic::Diagnostic;
use crate::scenario::findings::Findings;
use crate::scenario::node::Node;
use crate::scenario::suggest::closest;
use crate::scenario::{Action, Role, Span, Step};

/// A kind of step: the key that makes it one, and all keys that it takes.
#[derive(Debug, PartialEq, Eq)]
struct Kind {
    key: &'static str,
    /// As sentences call such a step.
    what: &'static str,
    keys: &'static [&'static str],
}

const REQUEST: Kind = Kind {
    key: "request",
    what: "a request step",
    keys: &[
        "name", "note", "request", "query", "headers", "body", "form", "raw", "auth", "mark",
        "expect", "capture", "undo", "within", "stays",
    ],
};
const EVENT: Kind = Kind {
    key: "event",
    what: "an event step",
    keys: &["name", "note", "event", "where", "expect", "capture", "within", "stays", "as"],
};
const APP: Kind = Kind {
    key: "app",
    what: "an app step",
    keys: &[
        "name",
        "note",
        "app",
        "query",
        "headers",
        "body",
        "form",
        "raw",
        "follow",
        "session",
        "background",
        "expect",
        "capture",
        "within",
        "stays",
    ],
};
const USE: Kind = Kind {
    key: "use",
    what: "a step with `use`",
    keys: &[
        "name",
        "note",
        "use",
        "access",
        "session",
        "background",
        "expect",
        "capture",
        "within",
        "stays",
        "settles",
    ],
};
const DELIVER: Kind = Kind {
    key: "deliver",
    what: "a delivery",
    keys: &[
        "name", "note", "deliver", "payload", "change", "sign", "scheme", "age", "id", "times",
        "at_once", "retry", "within", "session", "expect",
    ],
};
const FAULT: Kind = Kind {
    key: "fault",
    what: "a fault step",
    keys: &["name", "note", "fault", "on", "after", "times", "duration"],
};
const KINDS: [&Kind; 6] = [&REQUEST, &EVENT, &APP, &USE, &DELIVER, &FAULT];

pub(super) fn step(node: Node, findings: &mut Findings) -> Option<Step> {
    let span = node.span;
    let mut fields = Fields::of(node, "a step", findings)?;
    let kind = kind(&fields, findings)?;
    let on_event = *kind == EVENT;
    let keys = ["within", "stays"].map(|key| fields.key_span(key));
    let given = ["expect", "capture", "within", "as"];
    let given = given.map(|key| Some((key, fields.key_span(key)?)));
    misplaced(&mut fields, kind, findings);
    let name = fields.take("name").map(|node| line(node, "`name`", findings));
    let remark = fields.take("note").and_then(|node| literal(node, "`note`", findings));
    let within = fields.take("within").and_then(|node| duration(node, "within", findings));
    let stays = fields.take("stays").and_then(|node| duration(node, "stays", findings));
    let settles = fields.take("settles").and_then(|node| duration(node, "settles", findings));
    let expect = fields.take("expect").map(|node| expect::expect(node, on_event, findings));
    let capture = fields
        .take("capture")
        .map_or_else(Vec::new, |node| capture::captures(node, on_event, findings));
    let session = fields.take("session").map(|node| deliver::session(node, findings));
    let background = fields.take("background");
    let background =
        background.and_then(|node| deliver::flag(&node, "background", findings)).unwrap_or(false);
    let action = action(&mut fields, kind, findings);
    if let Some((Action::Request(request), _)) = &action
        && request.method != "GET"
    {
        only_on_get(&request.method, keys, findings);
    }
    // What must not come cannot be looked at, and the wait is what `stays` says.
    if let Some((key, span)) = given.into_iter().flatten().next()
        && on_event
        && stays.is_some()
    {
        let finding = Diagnostic::new(span, format!("`{key}` beside `stays` on an event step"));
        findings.add(finding.help("`stays` says that no event comes: leave one of them out"));
    }
    fields.finish(kind.what, kind.keys, findings);
    let (action, role) = action?;
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
        settles,
        session: match session {
            Some(session) => Some(session?),
            None => None,
        },
        background,
        role,
        hidden: Vec::new(),
    })
}

/// What the step does, and what it is in the app's terms.
fn action(fields: &mut Fields, kind: &Kind, findings: &mut Findings) -> Option<(Action, Role)> {
    let action = match kind.key {
        "event" => event::event(fields, findings).map(Action::Event),
        "use" => {
            let (from, role) = deliver::from_app(fields, findings)?;
            return Some((Action::Use(from), role));
        }
        "deliver" => {
            deliver::deliver(fields, findings).map(|deliver| Action::Deliver(Box::new(deliver)))
        }
        "fault" => deliver::fault(fields, findings).map(Action::Fault),
        key => request::request(fields, key, findings)
            .map(|request| Action::Request(Box::new(request))),
    };
    action.map(|action| (action, Role::Plain))
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
        Action::Use(from) => from.as_str().to_owned(),
        Action::Exec(exec) => exec.command.iter().take(1).map(ToString::to_string).collect(),
        Action::Deliver(deliver) => {
            let names: Vec<_> = deliver.what.iter().map(|word| word.value.as_str()).collect();
            format!("deliver {}", names.join(", "))
        }
        Action::Fault(fault) => format!("fault {}", fault.name.value),
    }
}

/// What kind of step this is, also where the deciding key is misspelt.
fn kind(fields: &Fields, findings: &mut Findings) -> Option<&'static Kind> {
    let mut found = KINDS.into_iter().filter_map(|kind| Some((kind, fields.key_span(kind.key)?)));
    match (found.next(), found.next()) {
        (Some((kind, _)), None) => Some(kind),
        (Some((first, place)), Some((second, span))) => {
            let title = format!("a step with both `{}` and `{}`", first.key, second.key);
            let label = format!("the {}", first.key);
            let finding = Diagnostic::new(span, title).related(place, label);
            findings.add(finding.help(if (first.key, second.key) == ("request", "event") {
                "make two steps of it: the request first, then the event"
            } else {
                "a step does one thing: make two of it"
            }));
            None
        }
        (None, _) => {
            let misspelt = fields.keys().find_map(|key| {
                let meant = closest(&key.value, KINDS.map(|kind| kind.key))?;
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
fn misplaced(fields: &mut Fields, kind: &Kind, findings: &mut Findings) {
    let foreign: Vec<_> = fields
        .keys()
        .filter(|key| !kind.keys.contains(&key.value.as_str()))
        .filter_map(|key| {
            let home = KINDS.into_iter().find(|other| other.keys.contains(&key.value.as_str()))?;
            Some((key.value.clone(), key.span, home))
        })
        .collect();
    for (key, span, home) in foreign {
        fields.take(&key);
        let finding = Diagnostic::new(span, format!("`{key}` on {}", kind.what))
            .label(format!("belongs on {}", home.what));
        findings.add(match (key.as_str(), kind.key) {
            ("body" | "headers", "event") => finding.help(format!(
                "put `{key}` under `expect` for what must hold, or use `where` to select"
            )),
            ("undo", "event") => finding.help("put it on the request that makes what has to go"),
            ("where", _) => finding.help("put what must hold under `expect`"),
            _ => finding.help(format!("the keys here are {}", list(kind.keys))),
        });
    }
}
