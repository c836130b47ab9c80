//! Steps about the app under test: `use`, `deliver` and `fault`.

use super::fields::{Fields, line, list, literal, string, wrong_type};
use super::template::template;
use super::times;
use super::value::value;
use crate::scenario::diagnostic::Diagnostic;
use crate::scenario::findings::Findings;
use crate::scenario::node::{Node, NodeKind};
use crate::scenario::suggest::closest;
use crate::scenario::{Deliver, FaultStep, FromApp, KeyScheme, Role, Shape, ShapeKind, Sign, Word};

/// The most copies of one delivery: more prove nothing more.
const MOST_COPIES: u64 = 100;

/// `use: user` or `use: state`, and what the step is by that.
pub(super) fn from_app(fields: &mut Fields, findings: &mut Findings) -> Option<(FromApp, Role)> {
    let access_key = fields.key_span("access");
    let access = fields.take("access").and_then(|node| flag(&node, "access", findings));
    let node = fields.take("use")?;
    let options = [FromApp::User, FromApp::State, FromApp::Delete].map(|it| (it, it.as_str()));
    let from = word(node, "use", &options, findings)?;
    if let Some(span) = access_key.filter(|_| from != FromApp::State) {
        let finding = Diagnostic::new(span, format!("`access` beside `use: {}`", from.as_str()));
        findings.add(finding.help("whether a user has access is in the state: `use: state`"));
    }
    let role = match from {
        FromApp::User => Role::User,
        FromApp::State => Role::State { access },
        FromApp::Delete => Role::Plain,
    };
    Some((from, role))
}

/// Takes what belongs to a delivery out of a step's fields.
pub(super) fn deliver(fields: &mut Fields, findings: &mut Findings) -> Option<Deliver> {
    let what = what(fields.take("deliver")?, findings);
    let payload_key = fields.key_span("payload");
    let payload = fields.take("payload").and_then(|node| mapping(node, "payload", findings));
    let change = fields.take("change").and_then(|node| mapping(node, "change", findings));
    let sign = fields.take("sign").and_then(|node| word(node, "sign", &Sign::ALL, findings));
    let scheme = fields.take("scheme");
    let scheme = scheme.and_then(|node| word(node, "scheme", &KeyScheme::ALL, findings));
    let age = fields.take("age").and_then(|node| times::age(node, findings));
    let ids = [(false, "same"), (true, "new")];
    let new_id = fields.take("id").and_then(|node| word(node, "id", &ids, findings));
    let times = fields.take("times").and_then(|node| copies(&node, findings));
    let at_once = fields.take("at_once").and_then(|node| flag(&node, "at_once", findings));
    let retry = fields.take("retry").and_then(|node| flag(&node, "retry", findings));
    if let (Some(span), true) = (payload_key, what.len() != 1) {
        let finding = Diagnostic::new(span, "`payload` for several deliveries");
        findings.add(finding.help("a `payload` goes with one event type"));
    }
    // Where a value is wrong, the file is refused whatever stands here.
    Some(Deliver {
        what,
        payload,
        change,
        sign: sign.unwrap_or_default(),
        scheme,
        age: age.unwrap_or_default(),
        new_id: new_id.unwrap_or_default(),
        times: times.unwrap_or(1),
        at_once: at_once.unwrap_or_default(),
        retry: retry.unwrap_or_default(),
    })
}

/// Takes what belongs to a fault out of a step's fields.
pub(super) fn fault(fields: &mut Fields, findings: &mut Findings) -> Option<FaultStep> {
    let span = fields.key_span("fault")?;
    let name = fields.take("fault").and_then(|node| line(node, "`fault`", findings));
    let on = fields.take("on").and_then(|node| string(node, "`on`", findings));
    let on = on.and_then(|text| template(&text, findings));
    let after = fields.take("after").and_then(|node| count(node, "after", findings));
    let times = fields.take("times").and_then(|node| count(node, "times", findings));
    let duration = fields.take("duration").and_then(|node| literal(node, "`duration`", findings));
    let name = name?;
    let duration = duration.map(|text| Word { value: text.value, span: text.span });
    Some(FaultStep {
        name: Word { value: name.value, span: name.span },
        on,
        after,
        times,
        duration,
        span,
    })
}

/// A number, or a variable that holds one.
fn count(node: Node, key: &str, findings: &mut Findings) -> Option<Shape> {
    if !matches!(node.kind, NodeKind::Number(_) | NodeKind::Text(_)) {
        wrong_type(&node, &format!("`{key}`"), "a number", findings);
        return None;
    }
    value(node, findings)
}

/// A name, or a list of them.
fn what(node: Node, findings: &mut Findings) -> Vec<Word> {
    let nodes = match node.kind {
        NodeKind::Sequence(items) if !items.is_empty() => items,
        NodeKind::Text(_) => vec![node],
        _ => {
            let wanted = "the name of a kept webhook, an event type, or a list of them";
            wrong_type(&node, "`deliver`", wanted, findings);
            return Vec::new();
        }
    };
    let words = nodes.into_iter().filter_map(|node| line(node, "`deliver`", findings));
    words.map(|text| Word { value: text.value, span: text.span }).collect()
}

fn mapping(node: Node, key: &str, findings: &mut Findings) -> Option<Shape> {
    if !matches!(node.kind, NodeKind::Mapping(_)) {
        wrong_type(&node, &format!("`{key}`"), "a mapping", findings);
        return None;
    }
    let shape = value(node, findings)?;
    if let ShapeKind::Object(keys) = &shape.kind
        && keys.is_empty()
    {
        findings.add(Diagnostic::new(shape.span, format!("`{key}` is empty")).help("leave it out"));
    }
    Some(shape)
}

/// One of a few words.
pub(super) fn word<T: Copy>(
    node: Node,
    key: &str,
    options: &[(T, &str)],
    findings: &mut Findings,
) -> Option<T> {
    let text = line(node, &format!("`{key}`"), findings)?;
    if let Some((option, _)) = options.iter().find(|(_, name)| *name == text.value) {
        return Some(*option);
    }
    let names: Vec<_> = options.iter().map(|(_, name)| *name).collect();
    let finding = Diagnostic::new(text.span, format!("unknown `{key}`: `{}`", text.value));
    let all = format!("there are {}", list(&names));
    findings.add(finding.suggest(closest(&text.value, names.iter().copied()), all));
    None
}

fn copies(node: &Node, findings: &mut Findings) -> Option<u32> {
    let NodeKind::Number(number) = &node.kind else {
        wrong_type(node, "`times`", "a number", findings);
        return None;
    };
    let number = number.as_u64().filter(|times| (1..=MOST_COPIES).contains(times));
    if number.is_none() {
        let finding = Diagnostic::new(node.span, "invalid number of copies");
        findings.add(finding.help(format!("write a number from 1 to {MOST_COPIES}")));
    }
    number.and_then(|number| u32::try_from(number).ok())
}

/// `true` or `false`.
pub(super) fn flag(node: &Node, key: &str, findings: &mut Findings) -> Option<bool> {
    if let NodeKind::Bool(flag) = node.kind {
        return Some(flag);
    }
    wrong_type(node, &format!("`{key}`"), "`true` or `false`", findings);
    None
}

/// The name of a session, and where it stands.
pub(super) fn session(node: Node, findings: &mut Findings) -> Option<String> {
    let text = line(node, "`session`", findings)?;
    let taken = ["run", "env", "target", "webhook", "app", "product"];
    if crate::scenario::template::is_name(&text.value) && !taken.contains(&text.value.as_str()) {
        return Some(text.value);
    }
    let title = format!("`{}` cannot be the name of a session", text.value);
    findings.add(
        Diagnostic::new(text.span, title)
            .help("a name has letters, digits and `_`, such as `other`"),
    );
    None
}
