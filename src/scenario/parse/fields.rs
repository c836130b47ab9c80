//! Reading a mapping key by key: what is missing, what is not known, what has the wrong type.

use crate::scenario::Span;
use crate::scenario::diagnostic::Diagnostic;
use crate::scenario::examples;
use crate::scenario::findings::Findings;
use crate::scenario::foreign::{Position, foreign};
use crate::scenario::node::{Entry, Node, NodeKind, Text};
use crate::scenario::suggest::closest;
use crate::scenario::syntax::quote;

/// A mapping whose keys are taken one after the other.
pub(super) struct Fields {
    /// Where the mapping stands.
    pub(super) span: Span,
    entries: Vec<Entry>,
}

impl Fields {
    /// The fields of a mapping; `what` names it in an error.
    pub(super) fn of(node: Node, what: &str, findings: &mut Findings) -> Option<Self> {
        if let NodeKind::Mapping(entries) = node.kind {
            return Some(Self { span: node.span, entries });
        }
        wrong_type(&node, what, "a mapping", findings);
        None
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.entries.iter().any(|entry| entry.key.value == key)
    }

    /// Where the key stands.
    pub(super) fn key_span(&self, key: &str) -> Option<Span> {
        self.entries.iter().find(|entry| entry.key.value == key).map(|entry| entry.key.span)
    }

    /// The keys that were not taken yet.
    pub(super) fn keys(&self) -> impl Iterator<Item = &Text> {
        self.entries.iter().map(|entry| &entry.key)
    }

    /// The value of `key`, which is not unknown from then on.
    pub(super) fn take(&mut self, key: &str) -> Option<Node> {
        let index = self.entries.iter().position(|entry| entry.key.value == key)?;
        Some(self.entries.remove(index).value)
    }

    /// The value of `key`, which has to be there; `what` is the thing that lacks it.
    pub(super) fn require(
        &mut self,
        key: &str,
        what: &str,
        findings: &mut Findings,
    ) -> Option<Node> {
        let taken = self.take(key);
        if taken.is_none() {
            // A key that is only misspelt is reported as that.
            let misspelt =
                self.entries.iter().any(|entry| closest(&entry.key.value, [key]).is_some());
            if !misspelt {
                findings.add(
                    Diagnostic::new(self.span, format!("{what} without `{key}`"))
                        .help(format!("add `{key}: …`")),
                );
            }
        }
        taken
    }

    /// Reports whatever was not taken. `known` are the keys that could have stood here.
    pub(super) fn finish(self, what: &str, known: &[&str], findings: &mut Findings) {
        for entry in self.entries {
            let finding = Diagnostic::new(
                entry.key.span,
                format!("unknown key `{}` in {what}", entry.key.value),
            );
            let all = format!("the keys here are {}", list(known));
            findings.add(finding.suggest(closest(&entry.key.value, known.iter().copied()), all));
        }
    }
}

/// Reports a value of the wrong type.
pub(super) fn wrong_type(node: &Node, what: &str, wanted: &str, findings: &mut Findings) {
    let finding = match node.kind {
        NodeKind::Reported => return,
        _ if node.is_missing() => Diagnostic::new(node.span, format!("{what} is empty"))
            .label(format!("{wanted} has to follow")),
        _ => {
            let finding = Diagnostic::new(node.span, format!("{what} has to be {wanted}"));
            finding.label(format!("this is {}", node.describe()))
        }
    };
    let scalar = matches!(node.kind, NodeKind::Null | NodeKind::Bool(_) | NodeKind::Number(_))
        && !node.is_missing();
    findings.add(match examples::of(what, findings.provider()) {
        _ if scalar && matches!(wanted, "a string" | "a string or a matcher") => {
            let written = quote(findings.text(node.span));
            finding.help(format!("quote it: {written}"))
        }
        Some(example) => finding.help(format!("write it like this: `{example}`")),
        None => finding,
    });
}

/// A string with or without variables.
pub(super) fn string(node: Node, what: &str, findings: &mut Findings) -> Option<Text> {
    if let NodeKind::Text(text) = node.kind {
        return Some(text);
    }
    wrong_type(&node, what, "a string", findings);
    None
}

/// A string that is taken as it is, on one line, and not empty.
pub(super) fn line(node: Node, what: &str, findings: &mut Findings) -> Option<Text> {
    let text = literal(node, what, findings)?;
    let value = text.value.trim();
    let wrong = if value.is_empty() {
        "is empty"
    } else if value.contains(['\n', '\r']) {
        "has to be one line"
    } else {
        return Some(text);
    };
    findings.add(Diagnostic::new(text.span, format!("{what} {wrong}")));
    None
}

/// A string that is taken as it is.
pub(super) fn literal(node: Node, what: &str, findings: &mut Findings) -> Option<Text> {
    let text = string(node, what, findings)?;
    if let Some(at) = text.value.find("${") {
        let span = text.place(Span { start: at, end: at + 2 });
        findings.add(
            Diagnostic::new(span, format!("{what} cannot hold variables")).help("write it out"),
        );
        return None;
    }
    Some(text)
}

/// The name of a variable.
pub(super) fn variable_name(key: &Text, findings: &mut Findings) -> Option<()> {
    if crate::scenario::template::is_name(&key.value) {
        return Some(());
    }
    let finding =
        Diagnostic::new(key.span, format!("`{}` cannot be the name of a variable", key.value));
    findings
        .add(finding.help("a name has letters, digits and `_`, and does not start with a digit"));
    None
}

/// A key of something that is sent or matched: it is taken as it is.
pub(super) fn literal_key(key: &Text, findings: &mut Findings) {
    let other = || foreign(&key.value, Position::Key, &[]).first().map(|foreign| foreign.at.start);
    if let Some(at) = key.value.find("${").or_else(other) {
        let span = key.place(Span { start: at, end: key.value.len() });
        findings.add(
            Diagnostic::new(span, "a key cannot hold variables")
                .help("only values are filled in: write the key out"),
        );
    }
}

/// `a`, `b` and `c`, each in backticks.
pub(super) fn list(names: &[&str]) -> String {
    let quoted: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.as_slice() {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

/// Reads all items, also those after one that is wrong.
pub(super) fn all<A, B>(items: Vec<A>, mut read: impl FnMut(A) -> Option<B>) -> Option<Vec<B>> {
    let read: Vec<_> = items.into_iter().map(&mut read).collect();
    read.into_iter().collect()
}
