//! Patterns: values to compare with, and matchers.

use regex::Regex;

use super::fields::{list, literal_key, string, wrong_type};
use super::value::{all, refuse_braces, template, value};
use crate::scenario::findings::{Finding, Findings};
use crate::scenario::node::{Entry, Node, NodeKind, Text};
use crate::scenario::suggest::closest;
use crate::scenario::{Matcher, Part, Pattern, PatternKind, Template, TypeName};

const MATCHERS: [&str; 8] =
    ["$type", "$equals", "$matches", "$exists", "$not", "$any_of", "$length", "$contains"];

pub(super) fn pattern(node: Node, findings: &mut Findings) -> Option<Pattern> {
    refuse_braces(&node, findings)?;
    let kind = match node.kind {
        NodeKind::Reported => return None,
        NodeKind::Null => PatternKind::Literal(serde_json::Value::Null),
        NodeKind::Bool(value) => PatternKind::Literal(value.into()),
        NodeKind::Number(value) => PatternKind::Literal(value.into()),
        NodeKind::Text(text) => PatternKind::Text(template(&text, findings)?),
        NodeKind::Sequence(items) => {
            PatternKind::Array(all(items, |item| pattern(item, findings))?)
        }
        NodeKind::Mapping(entries) if entries.iter().any(is_matcher) => {
            matchers(entries, findings)?
        }
        NodeKind::Mapping(entries) => PatternKind::Object(all(entries, |entry| {
            literal_key(&entry.key, findings);
            let key = match entry.key.value.strip_prefix('$') {
                Some(escaped) => escaped.to_owned(),
                None => entry.key.value,
            };
            Some((key, pattern(entry.value, findings)?))
        })?),
    };
    Some(Pattern { span: node.span, kind })
}

fn is_matcher(entry: &Entry) -> bool {
    let key = &entry.key.value;
    key.starts_with('$') && !key.starts_with("$$") && !key.starts_with("${")
}

fn matchers(entries: Vec<Entry>, findings: &mut Findings) -> Option<PatternKind> {
    let first = entries.iter().find(|entry| is_matcher(entry)).map(|entry| entry.key.clone());
    let matchers = all(entries, |entry| {
        if is_matcher(&entry) {
            return matcher(entry, findings);
        }
        let finding = Finding::new(entry.key.span, "a key beside a matcher");
        let finding = match &first {
            Some(first) => finding.related(first.span, "the matcher"),
            None => finding,
        };
        findings.add(finding.help(
            "a mapping holds either `$`-keys or keys to compare; `$$x` stands for a key `$x`",
        ));
        None
    });
    matchers.map(PatternKind::Matchers)
}

fn matcher(entry: Entry, findings: &mut Findings) -> Option<Matcher> {
    let Entry { key, value: node } = entry;
    let what = format!("`{}`", key.value);
    match key.value.as_str() {
        "$type" => type_name(node, findings).map(Matcher::Type),
        "$equals" => {
            let node = written(node, &what, findings)?;
            value(node, findings).map(Matcher::Equals)
        }
        "$matches" => regex(node, findings).map(Matcher::Matches),
        "$exists" => match node.kind {
            NodeKind::Bool(wanted) => Some(Matcher::Exists(wanted)),
            _ => refuse(&node, &what, "`true` or `false`", findings),
        },
        "$not" => {
            let node = written(node, &what, findings)?;
            pattern(node, findings).map(|pattern| Matcher::Not(Box::new(pattern)))
        }
        "$any_of" => match node.kind {
            NodeKind::Sequence(items) if items.is_empty() => {
                let finding = Finding::new(node.span, "`$any_of` has nothing to choose from");
                findings.add(finding.help("list at least one value"));
                None
            }
            NodeKind::Sequence(items) => {
                all(items, |item| pattern(item, findings)).map(Matcher::AnyOf)
            }
            _ => refuse(&node, &what, "a list", findings),
        },
        "$length" => match node.kind {
            NodeKind::Number(ref number) if number.is_u64() => number.as_u64().map(Matcher::Length),
            _ => refuse(&node, &what, "a whole number, not below zero", findings),
        },
        "$contains" => {
            let node = written(node, &what, findings)?;
            pattern(node, findings).map(|pattern| Matcher::Contains(Box::new(pattern)))
        }
        _ => {
            unknown(&key, findings);
            None
        }
    }
}

fn unknown(key: &Text, findings: &mut Findings) {
    let finding = Finding::new(key.span, format!("unknown matcher `{}`", key.value));
    let all = format!(
        "the matchers are {}; `${}` stands for a key `{}`",
        list(&MATCHERS),
        key.value,
        key.value
    );
    findings.add(finding.suggest(closest(&key.value, MATCHERS), all));
}

fn refuse(node: &Node, what: &str, wanted: &str, findings: &mut Findings) -> Option<Matcher> {
    wrong_type(node, what, wanted, findings);
    None
}

/// A matcher's value has to be written out, even a null.
fn written(node: Node, what: &str, findings: &mut Findings) -> Option<Node> {
    if node.is_missing() {
        wrong_type(&node, what, "a value", findings);
        return None;
    }
    Some(node)
}

fn type_name(node: Node, findings: &mut Findings) -> Option<TypeName> {
    // The one type whose name is not a string in YAML.
    if node.kind == NodeKind::Null && !node.is_missing() {
        return Some(TypeName::Null);
    }
    let text = string(node, "`$type`", findings)?;
    let found =
        TypeName::ALL.into_iter().find(|(name, _)| *name == text.value).map(|(_, found)| found);
    if found.is_none() {
        let names = TypeName::ALL.map(|(name, _)| name);
        let finding = Finding::new(text.span, format!("unknown type `{}`", text.value));
        findings.add(
            finding.suggest(closest(&text.value, names), format!("the types are {}", list(&names))),
        );
    }
    found
}

fn regex(node: Node, findings: &mut Findings) -> Option<Template> {
    let text = string(node, "`$matches`", findings)?;
    let template = template(&text, findings)?;
    // Values are escaped when they are filled in, so any letter shows whether the rest holds up.
    let sample: String = template
        .parts
        .iter()
        .map(|part| if let Part::Text(text) = part { text } else { "x" })
        .collect();
    let error = match Regex::new(&sample) {
        Ok(_) => return Some(template),
        Err(error) => error.to_string(),
    };
    let reason = error.lines().last().unwrap_or("").trim_start_matches("error: ").to_owned();
    let finding = Finding::new(text.span, "not a regular expression").label(reason);
    findings.add(finding.help("`\\` takes the meaning from a character: `\\(`, `\\.`"));
    None
}
