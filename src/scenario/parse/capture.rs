//! What a step keeps for later steps.

use regex::Regex;

use super::fields::{Fields, literal, string, variable_name, wrong_type};
use super::headers::header_name;
use super::matcher::not_a_regex;
use super::value::pattern;
use crate::scenario::diagnostic::Diagnostic;
use crate::scenario::findings::Findings;
use crate::scenario::node::{Node, NodeKind, Text};
use crate::scenario::{Capture, CaptureFrom};

/// The keys of a capture that picks an element out of a list.
const ELEMENT: [&str; 3] = ["in", "where", "path"];

pub(super) fn captures(node: Node, on_event: bool, findings: &mut Findings) -> Vec<Capture> {
    let NodeKind::Mapping(entries) = node.kind else {
        wrong_type(&node, "`capture`", "a mapping", findings);
        return Vec::new();
    };
    let captures = entries.into_iter().filter_map(|entry| {
        let from = match entry.value.kind {
            NodeKind::Mapping(_) => mapping(entry.value, on_event, findings),
            _ => path(entry.value, findings).map(CaptureFrom::Body),
        };
        variable_name(&entry.key, findings)?;
        Some(Capture { name: entry.key.value, span: entry.key.span, from: from? })
    });
    captures.collect()
}

/// `{ header: webhook-id }`, `{ cookie: session }`, `{ regex: 'id=(.+)' }` or
/// `{ in: items, where: { role: owner }, path: id }`
fn mapping(node: Node, on_event: bool, findings: &mut Findings) -> Option<CaptureFrom> {
    let mut fields = Fields::of(node, "a capture", findings)?;
    if ELEMENT.iter().any(|key| fields.has(key)) {
        return element(fields, findings);
    }
    let other = ["regex", "cookie"].into_iter().find(|key| fields.has(key));
    let Some(key) = other else {
        let name = fields.require("header", "a capture", findings);
        let known = ["header", "cookie", "regex", "in", "where", "path"];
        fields.finish("a capture", &known, findings);
        let name = string(name?, "`header`", findings)?;
        header_name(&name, findings)?;
        return Some(CaptureFrom::Header(name.value));
    };
    let place = fields.key_span(key);
    let node = fields.take(key)?;
    fields.finish("a capture", &[key], findings);
    if let Some(place) = place.filter(|_| on_event) {
        let finding = Diagnostic::new(place, format!("`{key}` on an event step"));
        findings.add(finding.help("capture a part of the payload by its path, or a header"));
        return None;
    }
    if key == "cookie" {
        return literal(node, "`cookie`", findings).map(|name| CaptureFrom::Cookie(name.value));
    }
    regex(&literal(node, "`regex`", findings)?, findings).map(CaptureFrom::Regex)
}

/// A regular expression with a group around what is kept.
fn regex(text: &Text, findings: &mut Findings) -> Option<Regex> {
    let finding = match Regex::new(&text.value) {
        Ok(regex) if regex.captures_len() > 1 => return Some(regex),
        Ok(_) => Diagnostic::new(text.span, "a `regex` without a group")
            .help("put `( )` around the part that is kept: `id=(\\w+)`"),
        Err(error) => not_a_regex(text.span, &error),
    };
    findings.add(finding);
    None
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
    if path.value == "." {
        return Some(path.value);
    }
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
