//! What an event step waits for.

use super::fields::{Fields, line};
use super::value::pattern;
use crate::scenario::diagnostic::Diagnostic;
use crate::scenario::findings::Findings;
use crate::scenario::node::{Node, NodeKind};
use crate::scenario::template::is_name;
use crate::scenario::{EVERY, EventWait, REFUSED, Shape, ShapeKind, Word};

/// Takes what belongs to the wait out of a step's fields.
pub(super) fn event(fields: &mut Fields, findings: &mut Findings) -> Option<EventWait> {
    let event_type = fields.take("event").and_then(|node| line(node, "`event`", findings));
    let filter = fields.take("where").map(|node| filter(node, findings));
    let keep = fields.take("as").map(|node| keep(node, findings));
    let event_type = event_type?;
    Some(EventWait {
        event_type: event_type.value,
        span: event_type.span,
        filter: match filter {
            Some(filter) => Some(filter?),
            None => None,
        },
        keep: match keep {
            Some(keep) => Some(keep?),
            None => None,
        },
    })
}

/// The name under which a webhook is kept.
fn keep(node: Node, findings: &mut Findings) -> Option<Word> {
    let text = line(node, "`as`", findings)?;
    if is_name(&text.value) && ![EVERY, REFUSED].contains(&text.value.as_str()) {
        return Some(Word { value: text.value, span: text.span });
    }
    let finding = Diagnostic::new(text.span, format!("`{}` cannot be a name here", text.value));
    findings.add(finding.help(format!(
        "a name has letters, digits and `_`, and is neither `{EVERY}` nor `{REFUSED}`"
    )));
    None
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
