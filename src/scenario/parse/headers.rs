//! Headers that a request sends beside the program's own.

use super::fields::{string, wrong_type};
use super::template::template;
use crate::scenario::diagnostic::Diagnostic;
use crate::scenario::findings::Findings;
use crate::scenario::node::{Node, NodeKind, Text};
use crate::scenario::{Auth, Part, Template};

/// What the HTTP client decides, so that requests stay well-formed and go where they should.
const OWN: [&str; 4] = ["host", "content-length", "transfer-encoding", "connection"];

pub(super) fn headers(node: Node, auth: Auth, findings: &mut Findings) -> Vec<(String, Template)> {
    let NodeKind::Mapping(entries) = node.kind else {
        wrong_type(&node, "`headers`", "a mapping", findings);
        return Vec::new();
    };
    let mut headers: Vec<(String, Template)> = Vec::new();
    let mut seen: Vec<Text> = Vec::new();
    for entry in entries {
        let name = entry.key;
        if header_name(&name, findings).is_some() {
            refuse_own(&name, auth, findings);
            if let Some(first) =
                seen.iter().find(|other: &&Text| other.value.eq_ignore_ascii_case(&name.value))
            {
                let finding = Diagnostic::new(
                    name.span,
                    format!("the header `{}` stands here twice", name.value),
                );
                findings.add(
                    finding
                        .related(first.span, "first here")
                        .help("names count in any case: keep one of them"),
                );
            }
            seen.push(name.clone());
        }
        let value = string(entry.value, &format!("the header `{}`", name.value), findings);
        if let Some(value) = value.and_then(|value| header_value(&value, findings)) {
            headers.push((name.value, value));
        }
    }
    headers
}

/// A name that can stand in a request or a response.
pub(super) fn header_name(name: &Text, findings: &mut Findings) -> Option<()> {
    let token = |char: char| char.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(char);
    if !name.value.is_empty() && name.value.chars().all(token) {
        return Some(());
    }
    let finding =
        Diagnostic::new(name.span, format!("`{}` cannot be the name of a header", name.value));
    findings.add(finding.help("a name has letters, digits and `-`, such as `x-request-id`"));
    None
}

fn refuse_own(name: &Text, auth: Auth, findings: &mut Findings) {
    let lower = name.value.to_ascii_lowercase();
    if OWN.contains(&lower.as_str()) {
        let finding = Diagnostic::new(name.span, format!("`{lower}` cannot be set"));
        findings.add(finding.help("it follows from the request itself: leave it out"));
    } else if lower == "authorization" && auth == Auth::Token {
        let finding = Diagnostic::new(name.span, "`authorization` beside the token");
        findings.add(
            finding.help("add `auth: none` to the step to send this one instead of the token"),
        );
    }
}

fn header_value(value: &Text, findings: &mut Findings) -> Option<Template> {
    let template = template(value, findings)?;
    let sendable = |char: char| char == '\t' || char == ' ' || char.is_ascii_graphic();
    let texts = template
        .parts
        .iter()
        .filter_map(|part| if let Part::Text(text) = part { Some(text) } else { None });
    if texts.flat_map(|text| text.chars()).all(sendable) {
        return Some(template);
    }
    findings.add(
        Diagnostic::new(value.span, "a header holds visible ASCII characters only")
            .help("encode what is to be sent"),
    );
    None
}
