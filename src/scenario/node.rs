//! A YAML document as a tree in which everything knows where it stands.

use serde_json::Number;

use super::Span;

/// A value in the file.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Node {
    /// Where it stands; empty where nothing was written.
    pub(super) span: Span,
    pub(super) kind: NodeKind,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum NodeKind {
    Null,
    Bool(bool),
    Number(Number),
    Text(Text),
    Sequence(Vec<Node>),
    Mapping(Vec<Entry>),
    /// Something that was reported already, and that nothing more should be said about.
    Reported,
}

/// A key and its value.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entry {
    pub(super) key: Text,
    pub(super) value: Node,
}

/// A string, and where its characters stand in the file.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Text {
    pub(super) value: String,
    /// All of it, with its quotes.
    pub(super) span: Span,
    /// From which offsets of the value on it runs in parallel with which offsets of the file; none
    /// where escapes or folded lines are in the way.
    runs: Vec<(usize, usize)>,
}

impl Text {
    /// `written` is what stands in the file at `span`.
    pub(super) fn new(value: String, span: Span, written: &str) -> Self {
        // Most are one line, with nothing before it but a quote.
        let quote = usize::from(written.starts_with(['"', '\'']));
        let is_one_line = !value.is_empty() && !value.contains('\n');
        if is_one_line && written[quote..].starts_with(&value) {
            return Self { value, span, runs: vec![(0, span.start + quote)] };
        }
        let mut runs = Vec::new();
        let mut from = 0;
        let mut offset = 0;
        // A block keeps its lines and loses their indentation only, so each is found again.
        for line in value.split_inclusive('\n') {
            let content = line.trim_end_matches('\n');
            let Some(found) = written[from..].find(content) else {
                runs.clear();
                break;
            };
            runs.push((offset, span.start + from + found));
            from += found + content.len();
            offset += line.len();
        }
        Self { value, span, runs }
    }

    /// Where a part of the value stands in the file; the whole where that cannot be told.
    pub(super) fn place(&self, part: Span) -> Span {
        let run = self.runs.iter().rev().find(|(from, _)| *from <= part.start);
        run.map_or(self.span, |(from, to)| {
            let start = (part.start - from + to).min(self.span.end);
            Span { start, end: (part.end - from + to).clamp(start, self.span.end) }
        })
    }
}

impl Node {
    /// What it is, as people call it.
    pub(super) fn describe(&self) -> &'static str {
        match &self.kind {
            NodeKind::Null if self.is_missing() => "nothing",
            NodeKind::Null => "null",
            NodeKind::Bool(_) => "a boolean",
            NodeKind::Number(_) => "a number",
            NodeKind::Text(_) => "a string",
            NodeKind::Sequence(_) => "a list",
            NodeKind::Mapping(_) => "a mapping",
            NodeKind::Reported => "something else",
        }
    }

    /// Whether a key has no value at all, not even a written `null`.
    pub(super) fn is_missing(&self) -> bool {
        self.kind == NodeKind::Null && self.span.start == self.span.end
    }
}
