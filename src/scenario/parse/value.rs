//! JSON shapes: what is sent, and what is compared.

use super::fields::{all, literal_key};
use super::matcher::{is_matcher, matchers};
use super::template::template;
use crate::scenario::findings::Findings;
use crate::scenario::foreign::braces;
use crate::scenario::node::{Node, NodeKind};
use crate::scenario::{Shape, ShapeKind};

/// A JSON value whose strings may hold variables.
pub(super) fn value(node: Node, findings: &mut Findings) -> Option<Shape> {
    shape(node, false, findings)
}

/// What a value must be like: the same, and matchers.
pub(super) fn pattern(node: Node, findings: &mut Findings) -> Option<Shape> {
    shape(node, true, findings)
}

fn shape(node: Node, compared: bool, findings: &mut Findings) -> Option<Shape> {
    refuse_braces(&node, findings)?;
    let kind = match node.kind {
        NodeKind::Reported => return None,
        NodeKind::Null => ShapeKind::Literal(serde_json::Value::Null),
        NodeKind::Bool(value) => ShapeKind::Literal(value.into()),
        NodeKind::Number(value) => ShapeKind::Literal(value.into()),
        NodeKind::Text(text) => ShapeKind::Text(template(&text, findings)?),
        NodeKind::Sequence(items) => {
            ShapeKind::Array(all(items, |item| shape(item, compared, findings))?)
        }
        NodeKind::Mapping(entries) if compared && entries.iter().any(is_matcher) => {
            matchers(entries, shape, findings)?
        }
        NodeKind::Mapping(entries) => ShapeKind::Object(all(entries, |entry| {
            literal_key(&entry.key, findings);
            let escaped = entry.key.value.strip_prefix('$').filter(|_| compared);
            let key = escaped.unwrap_or(&entry.key.value).to_owned();
            Some((key, shape(entry.value, compared, findings)?))
        })?),
    };
    Some(Shape { span: node.span, kind })
}

/// Refuses `{user_id}` without quotes, which YAML takes for a mapping.
fn refuse_braces(node: &Node, findings: &mut Findings) -> Option<()> {
    let Some(foreign) = braces(node, findings.text(node.span), findings.variables()) else {
        return Some(());
    };
    let explained = foreign.explain(node.span, findings.variables());
    findings.add(explained);
    None
}
