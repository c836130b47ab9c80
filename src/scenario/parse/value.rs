//! JSON values, and the strings with variables in them.

use super::fields::literal_key;
use crate::scenario::findings::{Finding, Findings};
use crate::scenario::foreign::{Position, braces, foreign};
use crate::scenario::node::{Node, NodeKind, Text};
use crate::scenario::template::{TemplateErrorKind, is_reference};
use crate::scenario::{Span, Template, Value, ValueKind};

/// A JSON value whose strings may hold variables.
pub(super) fn value(node: Node, findings: &mut Findings) -> Option<Value> {
    refuse_braces(&node, findings)?;
    let kind = match node.kind {
        NodeKind::Reported => return None,
        NodeKind::Null => ValueKind::Literal(serde_json::Value::Null),
        NodeKind::Bool(value) => ValueKind::Literal(value.into()),
        NodeKind::Number(value) => ValueKind::Literal(value.into()),
        NodeKind::Text(text) => ValueKind::Text(template(&text, findings)?),
        NodeKind::Sequence(items) => ValueKind::Array(all(items, |item| value(item, findings))?),
        NodeKind::Mapping(entries) => ValueKind::Object(all(entries, |entry| {
            literal_key(&entry.key, findings);
            Some((entry.key.value, value(entry.value, findings)?))
        })?),
    };
    Some(Value { span: node.span, kind })
}

/// Refuses `{user_id}` without quotes, which YAML takes for a mapping.
pub(super) fn refuse_braces(node: &Node, findings: &mut Findings) -> Option<()> {
    let Some(foreign) = braces(node, findings.text(node.span), findings.variables()) else {
        return Some(());
    };
    let explained = foreign.explain(node.span, findings.variables());
    findings.add(explained);
    None
}

/// Reads all items, also those after one that is wrong.
pub(super) fn all<A, B>(items: Vec<A>, mut read: impl FnMut(A) -> Option<B>) -> Option<Vec<B>> {
    let read: Vec<_> = items.into_iter().map(&mut read).collect();
    read.into_iter().collect()
}

/// A string that may hold variables.
pub(super) fn template(text: &Text, findings: &mut Findings) -> Option<Template> {
    template_at(text, 0, Position::Value, findings)
}

/// The path that starts at the byte `from` of `text`.
pub(super) fn path_template(text: &Text, from: usize, findings: &mut Findings) -> Option<Template> {
    template_at(text, from, Position::Path, findings)
}

fn template_at(
    text: &Text,
    from: usize,
    position: Position,
    findings: &mut Findings,
) -> Option<Template> {
    let part = text.value.get(from..).unwrap_or("");
    let span =
        if from == 0 { text.span } else { text.place(Span { start: from, end: text.value.len() }) };
    let place = |at: Span| text.place(Span { start: at.start + from, end: at.end + from });
    let foreign = foreign(part, position, findings.variables());
    if !foreign.is_empty() {
        for each in foreign {
            let explained = each.explain(place(each.at), findings.variables());
            findings.add(explained);
        }
        return None;
    }
    match Template::parse(part, span, place) {
        Ok(template) => Some(template),
        Err(error) => {
            findings.add(match error.kind {
                TemplateErrorKind::Unclosed => Finding::new(place(error.at), "`${` without a `}`")
                    .help("a variable is written `${name}`; `$${` stands for a literal `${`"),
                TemplateErrorKind::BadName(name) => bad_name(place(error.at), &name),
            });
            None
        }
    }
}

fn bad_name(span: Span, name: &str) -> Finding {
    let meant = name.trim();
    if is_reference(meant) {
        return Finding::new(span, "spaces inside `${ }`").help(format!("write `${{{meant}}}`"));
    }
    let title = if meant.is_empty() {
        "a variable without a name".to_owned()
    } else {
        format!("`{name}` is no variable")
    };
    Finding::new(span, title)
        .help("a name has letters, digits and `_`, and does not start with a digit; `$${` stands for a literal `${`")
}
