//! What a step keeps for later steps.

use super::fields::{Fields, literal, string, variable_name, wrong_type};
use super::headers::header_name;
use super::value::pattern;
use crate::scenario::diagnostic::Diagnostic;
use crate::scenario::findings::Findings;
use crate::scenario::node::{Node, NodeKind};
use crate::scenario::{Capture, CaptureFrom};

/// The keys of a capture that picks an element out of a list.
const ELEMENT: [&str; 3] = ["in", "where", "path"];

pub(super) fn captures(node: Node, findings: &mut Findings) -> Vec<Capture> {
    let NodeKind::Mapping(entries) = node.kind else {
        wrong_type(&node, "`capture`", "a mapping", findings);
        return Vec::new();
    };
    let captures = entries.into_iter().filter_map(|entry| {
        let from = match entry.value.kind {
            NodeKind::Mapping(_) => mapping(entry.value, findings),
            _ => path(entry.value, findings).map(CaptureFrom::Body),
        };
        variable_name(&entry.key, findings)?;
        Some(Capture { name: entry.key.value, span: entry.key.span, from: from? })
    });
    captures.collect()
}

/// `{ header: webhook-id }` or `{ in: items, where: { role: owner }, path: id }`
fn mapping(node: Node, findings: &mut Findings) -> Option<CaptureFrom> {
    let mut fields = Fields::of(node, "a capture", findings)?;
    if ELEMENT.iter().any(|key| fields.has(key)) {
        return element(fields, findings);
    }
    let name = fields.require("header", "a capture", findings);
    fields.finish("a capture", &["header", "in", "where", "path"], findings);
    let name = string(name?, "`header`", findings)?;
    header_name(&name, findings)?;
    Some(CaptureFrom::Header(name.value))
}

fn element(mut fields: Fields, findings: &mut Findings) -> Option<CaptureFrom> {
    let what = "a capture from a list";
    let [list, filter, within] = ELEMENT.map(|key| fields.require(key, what, findings));
    fields.finish(what, &ELEMENT, findings);
    let list = list.and_then(|node| path(node, findings));
    let filter = filter.and_then(|node| pattern(node, findings));
    let within = within.and_then(|node| path(node, findings));
    Some(CaptureFrom::Element { list: list?, filter: filter?, path: within? })
}

/// `data.items.0.id`
fn path(node: Node, findings: &mut Findings) -> Option<String> {
    let path = literal(node, "a path to capture", findings)?;
    let finding = if path.value.starts_with('$') || path.value.contains('[') {
        Diagnostic::new(path.span, "a path to capture is written with dots only")
    } else if path
        .value
        .split('.')
        .any(|part| part.is_empty() || part.contains(char::is_whitespace))
    {
        Diagnostic::new(path.span, format!("invalid path to capture `{}`", path.value))
    } else {
        return Some(path.value);
    };
    findings
        .add(finding.help("write keys and positions with dots between them: `data.items.0.id`"));
    None
}
