//! Matchers: their names, and what each may be given. What they hold of stands in the engine.

use jiff::Timestamp;
use regex::Regex;
use serde_json::Value as Json;

use super::fields::{all, list, string, wrong_type};
use super::template::template;
use crate::scenario::diagnostic::Diagnostic;
use crate::scenario::findings::Findings;
use crate::scenario::node::{Entry, Node, NodeKind, Text};
use crate::scenario::suggest::closest;
use crate::scenario::{Matcher, Part, Shape, ShapeKind, Span};

/// What a matcher asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Op {
    /// One of [`TYPES`].
    Type,
    /// Exactly this value, no subset.
    Equals,
    /// A regular expression somewhere in a string; what variables hold stands for itself.
    Matches,
    /// Whether there is a value at all.
    Exists,
    /// Anything that does not match.
    Not,
    /// Any of a list of shapes.
    AnyOf,
    /// The number of characters of a string, elements of an array, keys of an object.
    Length,
    /// A part of a string, or an element of an array.
    Contains,
    /// More than a number, or later than a timestamp.
    Gt,
    /// That or equal.
    Gte,
    /// Less than a number, or earlier than a timestamp.
    Lt,
    /// That or equal.
    Lte,
    /// The names of the keys of an object: just these in any order, or matchers for their list.
    Keys,
    /// What comes after two values: every number has grown as from the first to the second, and
    /// every list by as many elements.
    Continues,
}

impl Op {
    /// Every matcher with its name, in the order of the documentation.
    pub const ALL: [(&'static str, Self); 14] = [
        ("$type", Self::Type),
        ("$equals", Self::Equals),
        ("$matches", Self::Matches),
        ("$exists", Self::Exists),
        ("$not", Self::Not),
        ("$any_of", Self::AnyOf),
        ("$length", Self::Length),
        ("$contains", Self::Contains),
        ("$gt", Self::Gt),
        ("$gte", Self::Gte),
        ("$lt", Self::Lt),
        ("$lte", Self::Lte),
        ("$keys", Self::Keys),
        ("$continues", Self::Continues),
    ];

    /// The name as it is written in a scenario.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, op)| *op == self).map_or("", |(name, _)| name)
    }

    /// Reads what the matcher is given.
    fn argument(self, node: Node, shape: Read, findings: &mut Findings) -> Option<Shape> {
        let wanted = match (self, &node.kind) {
            (Self::Type, NodeKind::Sequence(items)) if !items.is_empty() => {
                let kind = ShapeKind::Array(types(items.clone(), findings)?);
                return Some(Shape { span: node.span, kind });
            }
            (Self::Type, _) => return type_name(node, findings),
            (Self::Matches, _) => return regex(node, findings),
            (Self::AnyOf, NodeKind::Sequence(items)) if items.is_empty() => {
                let finding = Diagnostic::new(node.span, "`$any_of` has nothing to choose from");
                findings.add(finding.help("list at least one value"));
                return None;
            }
            // A value has to be written out, even a null.
            (Self::Equals | Self::Not | Self::Contains, _) if node.is_missing() => "a value",
            (Self::Exists, NodeKind::Bool(_))
            | (Self::Gt | Self::Gte | Self::Lt | Self::Lte, NodeKind::Number(_))
            | (Self::Equals, _) => return shape(node, false, findings),
            (Self::Gt | Self::Gte | Self::Lt | Self::Lte, NodeKind::Text(_)) => {
                return bound(shape(node, false, findings)?, self, findings);
            }
            (Self::Keys, NodeKind::Sequence(_)) => {
                let names = shape(node.clone(), false, findings)?;
                if let ShapeKind::Array(items) = &names.kind
                    && items.iter().all(|item| matches!(item.kind, ShapeKind::Text(_)))
                {
                    return Some(names);
                }
                "a list of keys, or a matcher"
            }
            (Self::Keys, NodeKind::Mapping(entries)) if entries.iter().all(is_matcher) => {
                return shape(node, true, findings);
            }
            (Self::Continues, NodeKind::Sequence(items)) if items.len() == 2 => {
                return shape(node, false, findings);
            }
            (Self::Continues, _) => "a list of two values",
            (Self::Length, NodeKind::Number(number)) if number.is_u64() => {
                return shape(node, false, findings);
            }
            (Self::Not | Self::Contains, _) | (Self::AnyOf, NodeKind::Sequence(_)) => {
                return shape(node, true, findings);
            }
            (Self::Exists, _) => "`true` or `false`",
            (Self::AnyOf, _) => "a list",
            (Self::Length, _) => "a whole number, not below zero",
            (Self::Gt | Self::Gte | Self::Lt | Self::Lte, _) => "a number or a timestamp",
            (Self::Keys, _) => "a list of keys, or a matcher",
        };
        wrong_type(&node, &format!("`{}`", self.name()), wanted, findings);
        None
    }
}

/// The names `$type` knows, in the order of the documentation.
pub const TYPES: [&str; 10] = [
    "string",
    "number",
    "integer",
    "boolean",
    "null",
    "array",
    "object",
    "uuid",
    "timestamp",
    "email",
];

pub(super) fn is_matcher(entry: &Entry) -> bool {
    let key = &entry.key.value;
    key.starts_with('$') && !key.starts_with("$$") && !key.starts_with("${")
}

/// Reads a value, or where the second argument says so what a value is compared with.
type Read = fn(Node, bool, &mut Findings) -> Option<Shape>;

pub(super) fn matchers(
    entries: Vec<Entry>,
    shape: Read,
    findings: &mut Findings,
) -> Option<ShapeKind> {
    let first = entries.iter().find(|entry| is_matcher(entry)).map(|entry| entry.key.clone());
    let matchers = all(entries, |entry| {
        if is_matcher(&entry) {
            return matcher(entry, shape, findings);
        }
        let finding = Diagnostic::new(entry.key.span, "a key beside a matcher");
        let finding = match &first {
            Some(first) => finding.related(first.span, "the matcher"),
            None => finding,
        };
        findings.add(finding.help(
            "a mapping holds either `$`-keys or keys to compare; `$$x` stands for a key `$x`",
        ));
        None
    });
    matchers.map(ShapeKind::Matchers)
}

fn matcher(entry: Entry, shape: Read, findings: &mut Findings) -> Option<Matcher> {
    let Some((_, op)) = Op::ALL.into_iter().find(|(name, _)| *name == entry.key.value) else {
        unknown(&entry.key, findings);
        return None;
    };
    Some(Matcher { op, argument: op.argument(entry.value, shape, findings)? })
}

fn unknown(key: &Text, findings: &mut Findings) {
    let names = Op::ALL.map(|(name, _)| name);
    let finding = Diagnostic::new(key.span, format!("unknown matcher `{}`", key.value));
    let all = format!(
        "the matchers are {}; `${}` stands for a key `{}`",
        list(&names),
        key.value,
        key.value
    );
    findings.add(finding.suggest(closest(&key.value, names), all));
}

/// A number or a timestamp, be it of a variable.
fn bound(shape: Shape, op: Op, findings: &mut Findings) -> Option<Shape> {
    let ShapeKind::Text(text) = &shape.kind else { return Some(shape) };
    if text.literal().is_none_or(|text| text.parse::<Timestamp>().is_ok()) {
        return Some(shape);
    }
    let title = format!("`{}` has to be a number or a timestamp", op.name());
    let finding = Diagnostic::new(shape.span, title).label("this is a text");
    findings.add(finding.help("write it like this: `10`, or `2026-01-31T00:00:00Z`"));
    None
}

fn types(items: Vec<Node>, findings: &mut Findings) -> Option<Vec<Shape>> {
    all(items, |item| type_name(item, findings))
}

fn type_name(node: Node, findings: &mut Findings) -> Option<Shape> {
    let name = |span: Span, name: &str| Shape { span, kind: ShapeKind::Literal(Json::from(name)) };
    // The one type whose name is not a string in YAML.
    if node.kind == NodeKind::Null && !node.is_missing() {
        return Some(name(node.span, "null"));
    }
    let text = string(node, "`$type`", findings)?;
    if TYPES.contains(&text.value.as_str()) {
        return Some(name(text.span, &text.value));
    }
    let finding = Diagnostic::new(text.span, format!("unknown type `{}`", text.value));
    let all = format!("the types are {}", list(&TYPES));
    findings.add(finding.suggest(closest(&text.value, TYPES), all));
    None
}

fn regex(node: Node, findings: &mut Findings) -> Option<Shape> {
    let text = string(node, "`$matches`", findings)?;
    let template = template(&text, findings)?;
    // Values are escaped when they are filled in, so any letter shows whether the rest holds up.
    let sample: String = template
        .parts
        .iter()
        .map(|part| if let Part::Text(text) = part { text } else { "x" })
        .collect();
    let error = match Regex::new(&sample) {
        Ok(regex) => {
            let filled = template.literal().is_some();
            let kind = if filled { ShapeKind::Regex(regex) } else { ShapeKind::Text(template) };
            return Some(Shape { span: text.span, kind });
        }
        Err(error) => error,
    };
    findings.add(not_a_regex(text.span, &error));
    None
}

pub(super) fn not_a_regex(span: Span, error: &regex::Error) -> Diagnostic {
    let error = error.to_string();
    let reason = error.lines().last().unwrap_or("").trim_start_matches("error: ");
    Diagnostic::new(span, "not a regular expression")
        .label(reason)
        .help("`\\` takes the meaning from a character: `\\(`, `\\.`")
}
