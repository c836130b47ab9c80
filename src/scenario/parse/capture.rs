//! What a step keeps for later steps.

use super::fields::{Fields, literal, string, variable_name, wrong_type};
use super::headers::header_name;
use crate::scenario::findings::{Finding, Findings};
use crate::scenario::node::{Node, NodeKind};
use crate::scenario::{Capture, CaptureFrom};

pub(super) fn captures(node: Node, findings: &mut Findings) -> Vec<Capture> {
    let NodeKind::Mapping(entries) = node.kind else {
        wrong_type(&node, "`capture`", "a mapping", findings);
        return Vec::new();
    };
    let captures = entries.into_iter().filter_map(|entry| {
        let from = match entry.value.kind {
            NodeKind::Mapping(_) => header(entry.value, findings),
            _ => path(entry.value, findings),
        };
        variable_name(&entry.key, findings)?;
        Some(Capture { name: entry.key.value, span: entry.key.span, from: from? })
    });
    captures.collect()
}

/// `{ header: webhook-id }`
fn header(node: Node, findings: &mut Findings) -> Option<CaptureFrom> {
    let mut fields = Fields::of(node, "a capture", findings)?;
    let name = fields.require("header", "a capture", findings);
    fields.finish("a capture", &["header"], findings);
    let name = string(name?, "`header`", findings)?;
    header_name(&name, findings)?;
    Some(CaptureFrom::Header(name.value))
}

/// `data.items.0.id`
fn path(node: Node, findings: &mut Findings) -> Option<CaptureFrom> {
    let path = literal(node, "a path to capture", findings)?;
    let finding = if path.value.starts_with('$') || path.value.contains('[') {
        Finding::new(path.span, "a path to capture is written with dots only")
    } else if path.value.split('.').any(|part| part.is_empty() || part.contains(char::is_whitespace)) {
        Finding::new(path.span, format!("`{}` is no path to capture", path.value))
    } else {
        return Some(CaptureFrom::Body(path.value));
    };
    findings.add(finding.help("write keys and positions with dots between them: `data.items.0.id`"));
    None
}
