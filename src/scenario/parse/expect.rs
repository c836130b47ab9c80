//! What must hold of a response or a webhook.

use super::fields::{Fields, all, wrong_type};
use super::headers::header_name;
use super::value::pattern;
use crate::scenario::diagnostic::Diagnostic;
use crate::scenario::findings::Findings;
use crate::scenario::node::{Node, NodeKind};
use crate::scenario::{Expect, Shape, ShapeKind, StatusPattern};

pub(super) fn expect(node: Node, on_event: bool, findings: &mut Findings) -> Expect {
    let Some(mut fields) = Fields::of(node, "`expect`", findings) else { return Expect::default() };
    let status_key = fields.key_span("status");
    let mut expect = Expect {
        status_span: status_key,
        status: fields.take("status").and_then(|node| status(&node, findings)),
        headers: fields.take("headers").map_or_else(Vec::new, |node| headers(node, findings)),
        body: fields.take("body").and_then(|node| body(node, findings)),
    };
    if let (true, Some(span)) = (on_event, status_key) {
        expect.status = None;
        let finding =
            Diagnostic::new(span, "`status` on an event step").label("a webhook has no status");
        findings.add(finding.help("remove it"));
    }
    let known: &[&str] =
        if on_event { &["headers", "body"] } else { &["status", "headers", "body"] };
    fields.finish("`expect`", known, findings);
    expect
}

fn body(node: Node, findings: &mut Findings) -> Option<Shape> {
    if node.is_missing() {
        let finding =
            Diagnostic::new(node.span, "`body` is empty").label("what must hold has to follow");
        findings.add(
            finding.help("leave `body` out where anything goes; write `null` to ask for a null"),
        );
        return None;
    }
    pattern(node, findings)
}

/// `201`, `2xx` or a list of them.
fn status(node: &Node, findings: &mut Findings) -> Option<StatusPattern> {
    match &node.kind {
        NodeKind::Sequence(items) if !items.is_empty() => {
            let all = all(items.iter().collect(), |item| one_status(item, findings))?;
            Some(StatusPattern::AnyOf(all))
        }
        _ => one_status(node, findings),
    }
}

fn one_status(node: &Node, findings: &mut Findings) -> Option<StatusPattern> {
    let written = match &node.kind {
        NodeKind::Reported => return None,
        NodeKind::Number(number) => {
            if let Some(code) = number.as_u64().and_then(|code| u16::try_from(code).ok())
                && (100..=599).contains(&code)
            {
                return Some(StatusPattern::Code(code));
            }
            number.to_string()
        }
        NodeKind::Text(text) => {
            if let [class @ b'1'..=b'5', b'x', b'x'] = text.value.as_bytes() {
                return Some(StatusPattern::Class(u16::from(class - b'0')));
            }
            if text.value.len() == 3 && text.value.bytes().all(|byte| byte.is_ascii_digit()) {
                let finding = Diagnostic::new(node.span, "a status code is a number")
                    .label("this is a string");
                findings.add(finding.help(format!("leave out the quotes: `{}`", text.value)));
                return None;
            }
            text.value.clone()
        }
        _ => {
            wrong_type(
                node,
                "`status`",
                "a code such as `201`, a class such as `2xx`, or a list of them",
                findings,
            );
            return None;
        }
    };
    let finding = Diagnostic::new(node.span, format!("invalid status `{written}`"));
    findings.add(finding.help("write a code such as `201`, or a class such as `2xx`"));
    None
}

fn headers(node: Node, findings: &mut Findings) -> Vec<(String, Shape)> {
    let NodeKind::Mapping(entries) = node.kind else {
        wrong_type(&node, "`headers`", "a mapping", findings);
        return Vec::new();
    };
    let headers = entries.into_iter().filter_map(|entry| {
        header_name(&entry.key, findings);
        let text = matches!(entry.value.kind, NodeKind::Text(_) | NodeKind::Mapping(_));
        if !text {
            wrong_type(
                &entry.value,
                &format!("the header `{}`", entry.key.value),
                "a string or a matcher",
                findings,
            );
            return None;
        }
        let pattern = pattern(entry.value, findings)?;
        if let ShapeKind::Object(_) = pattern.kind {
            let finding = Diagnostic::new(pattern.span, "a header is a string, not a mapping");
            findings.add(
                finding
                    .help("compare it with a string, or use a matcher such as `{ $matches: … }`"),
            );
        }
        Some((entry.key.value, pattern))
    });
    headers.collect()
}
