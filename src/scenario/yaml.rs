//! From text to a tree with spans. The only file that knows which YAML parser is used.
//!
//! Built on parser events, because a refusal to guess needs to see how a scalar was written.

use std::collections::BTreeMap;
use std::sync::Arc;

use saphyr_parser::{Event, Parser, ScalarStyle, Span as Marks, StrInput};

use super::diagnostic::Diagnostic;
use super::findings::Findings;
use super::node::{Entry, Node, NodeKind, Text};
use super::scalar::{Plain, Trap, classify};
use super::{Span, foreign, syntax};

/// The largest file that is read. No scenario comes near it; a file that does is not one.
pub const MAX_BYTES: usize = 1 << 20;
/// Deep enough for any payload, and shallow enough to walk the tree by recursion.
const DEEPEST: usize = 64;

/// Reads the one document in `findings.source()`. None where no whole tree comes of it; what is
/// wrong is in `findings` then, and may be there even if there is a tree.
pub(super) fn read(findings: &mut Findings) -> Option<Node> {
    let source = Arc::clone(findings.source());
    let text = source.text.as_str();
    if text.len() > MAX_BYTES {
        findings.add(Diagnostic::new(Span::default(), "the file is larger than 1 MiB"));
        return None;
    }
    if let Some(finding) = control_character(text) {
        findings.add(finding);
        return None;
    }
    let mut parser = Parser::new_from_str(text);
    let offsets = Offsets::new(text);
    let mut builder = Builder { findings, offsets, stack: Vec::new(), root: None };
    builder.run(&mut parser)?;
    if builder.root.is_none() {
        builder.findings.add(
            Diagnostic::new(Span::default(), "the file is empty")
                .help("`tieback list customer-mapping` prints a scenario to start from"),
        );
    }
    builder.root
}

/// The first character that does not belong in a text file. Escapes in quoted strings are welcome.
fn control_character(text: &str) -> Option<Diagnostic> {
    let allowed = |at: usize, char: char| match char {
        '\n' | '\t' => true,
        // Half a line break would put the YAML parser and us on different lines.
        '\r' => text[at + 1..].starts_with('\n'),
        _ => !char.is_control(),
    };
    let (at, char) = text.char_indices().find(|(at, char)| !allowed(*at, *char))?;
    let code = u32::from(char);
    let span = Span { start: at, end: at + char.len_utf8() };
    let finding = Diagnostic::new(span, format!("a control character (U+{code:04X}) in the file"));
    if char == '\r' {
        return Some(finding.help("save the file with ordinary line breaks (LF or CRLF)"));
    }
    Some(finding.help(format!("remove it, or write `\"\\u{code:04x}\"` in double quotes")))
}

/// The parser counts characters; everybody else counts bytes.
struct Offsets(Option<Vec<usize>>, usize);

impl Offsets {
    fn new(text: &str) -> Self {
        let table = (!text.is_ascii()).then(|| text.char_indices().map(|(at, _)| at).collect());
        Self(table, text.len())
    }

    fn byte(&self, char: usize) -> usize {
        match &self.0 {
            Some(table) => table.get(char).copied().unwrap_or(self.1),
            None => char.min(self.1),
        }
    }

    fn span(&self, marks: Marks) -> Span {
        let start = self.byte(marks.start.index());
        Span { start, end: self.byte(marks.end.index()).max(start) }
    }
}

/// A collection that is not complete yet.
struct Frame {
    start: usize,
    /// The end of what has been read of it.
    end: usize,
    /// Where its `{` or `[` stands, if it has one.
    bracket: Option<usize>,
    content: Content,
}

enum Content {
    Sequence(Vec<Node>),
    Mapping { entries: Vec<Entry>, seen: BTreeMap<String, Span>, key: Key },
}

/// The key that waits for its value.
enum Key {
    None,
    Some(Text),
    /// It was no key; its value is dropped.
    Bad,
}

struct Builder<'a> {
    findings: &'a mut Findings,
    offsets: Offsets,
    stack: Vec<Frame>,
    root: Option<Node>,
}

impl Builder<'_> {
    fn run(&mut self, parser: &mut Parser<'_, StrInput<'_>>) -> Option<()> {
        while let Some(next) = parser.next_event() {
            match next {
                Ok((Event::DocumentStart(_), marks)) if self.root.is_some() => {
                    let span = self.offsets.span(marks);
                    self.findings
                        .add(Diagnostic::new(span, "a second document in one file").help(
                            "a file holds one scenario: put this one into a file of its own",
                        ));
                    return Some(());
                }
                Ok((event, marks)) => self.event(event, marks)?,
                Err(error) => {
                    let at = self.offsets.byte(error.marker().index());
                    let open = self.stack.iter().rev().find_map(|frame| frame.bracket);
                    let source = Arc::clone(self.findings.source());
                    self.findings.add(syntax::explain(&source.text, error.info(), at, open));
                    return None;
                }
            }
        }
        Some(())
    }

    fn event(&mut self, event: Event<'_>, marks: Marks) -> Option<()> {
        let span = self.offsets.span(marks);
        match event {
            Event::Scalar(value, style, anchor, tag) => {
                let extras = self.extras(span, anchor != 0, tag.is_some());
                let node = self.scalar(value.into_owned(), style, span, extras);
                self.push(node);
            }
            Event::SequenceStart(anchor, tag) => {
                self.extras(span, anchor != 0, tag.is_some());
                self.open(span, Content::Sequence(Vec::new()))?;
            }
            Event::MappingStart(anchor, tag) => {
                self.extras(span, anchor != 0, tag.is_some());
                self.open(
                    span,
                    Content::Mapping { entries: Vec::new(), seen: BTreeMap::new(), key: Key::None },
                )?;
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(span),
            Event::Alias(_) => {
                let written = syntax::quote(self.findings.text(span));
                self.findings.add(
                    Diagnostic::new(span, "anchors and aliases are not supported").help(format!(
                        "write the value out, or quote it if it is a text: {written}"
                    )),
                );
                self.push(Node { span, kind: NodeKind::Reported });
            }
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd => {}
        }
        Some(())
    }

    /// Reports an anchor or a tag, and says whether there was one.
    fn extras(&mut self, span: Span, anchor: bool, tag: bool) -> bool {
        if !tag && !anchor {
            return false;
        }
        let place =
            Span { start: span.start, end: span.start + first_word(self.findings.text(span)) };
        if tag {
            self.findings.add(Diagnostic::new(place, "tags are not supported").help(
                "leave the tag out; a text that looks like something else is quoted instead",
            ));
        } else {
            self.findings.add(
                Diagnostic::new(place, "anchors and aliases are not supported").help(
                    "write the value out wherever it is needed; quote a text that starts with `&`",
                ),
            );
        }
        true
    }

    fn scalar(&mut self, value: String, style: ScalarStyle, span: Span, reported: bool) -> Node {
        let source = Arc::clone(self.findings.source());
        let nothing = style == ScalarStyle::Plain && value.is_empty();
        let span = if nothing {
            Span { start: span.start, end: span.start }
        } else {
            trim(&source.text, span)
        };
        let (is_key, beside_fault) = match self.stack.last() {
            Some(Frame { content: Content::Mapping { key: Key::None, seen, .. }, .. }) => {
                (true, seen.contains_key("fault"))
            }
            _ => (false, false),
        };
        let written = source.text.get(span.start..span.end).unwrap_or("");
        // Escapes shift what follows them, by how much only the parser knows.
        let escaped = style == ScalarStyle::DoubleQuoted && written.contains('\\');
        let text = |value: String| {
            NodeKind::Text(Text::new(value, span, if escaped { "" } else { written }))
        };
        if style != ScalarStyle::Plain || reported {
            return Node { span, kind: if reported { NodeKind::Reported } else { text(value) } };
        }
        let kind = match classify(&value) {
            Plain::Text => text(value),
            // Coordinates and counts, and what a fault is aimed at: as keys, these have one meaning.
            Plain::Trap(Trap::Boolean)
                if is_key && (value.len() == 1 || value == "on" && beside_fault) =>
            {
                text(value)
            }
            Plain::Trap(trap) => {
                self.findings.add(trap.explain(span, &value, is_key));
                NodeKind::Reported
            }
            Plain::Null => NodeKind::Null,
            Plain::Bool(value) => NodeKind::Bool(value),
            Plain::Number(value) => NodeKind::Number(value),
        };
        Node { span, kind }
    }

    fn open(&mut self, span: Span, content: Content) -> Option<()> {
        if self.stack.len() >= DEEPEST {
            self.findings
                .add(Diagnostic::new(span, format!("nested more than {DEEPEST} levels deep")));
            return None;
        }
        // Not always the first character: an anchor or a tag may stand before it.
        let bracket = self.findings.text(span).find(['{', '[']).map(|found| span.start + found);
        self.stack.push(Frame { start: span.start, end: span.start, bracket, content });
        Some(())
    }

    fn close(&mut self, span: Span) {
        let Some(frame) = self.stack.pop() else { return };
        let end = if frame.bracket.is_some() { span.end } else { frame.end };
        let kind = match frame.content {
            Content::Sequence(items) => NodeKind::Sequence(items),
            Content::Mapping { entries, .. } => NodeKind::Mapping(entries),
        };
        self.push(Node { span: Span { start: frame.start, end: end.max(frame.start) }, kind });
    }

    /// Puts a complete node where it belongs: the collection around it, or the root.
    fn push(&mut self, node: Node) {
        let Some(frame) = self.stack.last_mut() else {
            self.root = Some(node);
            return;
        };
        frame.end = frame.end.max(node.span.end);
        match &mut frame.content {
            Content::Sequence(items) => items.push(node),
            Content::Mapping { entries, seen, key } => match std::mem::replace(key, Key::None) {
                Key::Bad => {}
                Key::Some(key) => {
                    let after = self.findings.source().text.get(key.span.end..).unwrap_or("");
                    let after = after.trim_start_matches([':', ' ', '\t']);
                    if node.is_missing()
                        && let Some(foreign) = foreign::unquoted(after)
                    {
                        let start = self.findings.source().text.len() - after.len();
                        self.findings.add(foreign.explain_unquoted(start));
                    } else if node.is_missing()
                        && key.value.contains(':')
                        && frame.bracket.is_some()
                    {
                        let finding = Diagnostic::new(key.span, "a key without a value");
                        self.findings.add(
                            finding
                                .help("if the `:` ends the key, put a space after it; else quote"),
                        );
                    }
                    entries.push(Entry { key, value: node });
                }
                Key::None => *key = key_of(node, seen, self.findings),
            },
        }
    }
}

/// What a node becomes that stands where a key is wanted.
fn key_of(node: Node, seen: &mut BTreeMap<String, Span>, findings: &mut Findings) -> Key {
    match node.kind {
        NodeKind::Text(text) => {
            if let Some(first) = seen.get(&text.value) {
                let finding =
                    Diagnostic::new(text.span, format!("`{}` stands here twice", text.value));
                findings.add(finding.related(*first, "first here").help("keep one of them"));
                return Key::Bad;
            }
            seen.insert(text.value.clone(), text.span);
            Key::Some(text)
        }
        NodeKind::Reported => Key::Bad,
        _ => {
            let start = node.span.start.saturating_sub(1);
            let doubled = findings.source().text.get(start..).and_then(foreign::unquoted);
            if let Some(foreign) = doubled {
                findings.add(foreign.explain_unquoted(start));
                return Key::Bad;
            }
            let written = syntax::quote(findings.text(node.span));
            findings.add(
                Diagnostic::new(node.span, "a key has to be a string")
                    .help(format!("quote it: {written}")),
            );
            Key::Bad
        }
    }
}

/// `span` without the white space at its end, which block scalars include.
fn trim(text: &str, span: Span) -> Span {
    let written = text.get(span.start..span.end).unwrap_or("");
    Span { start: span.start, end: span.start + written.trim_end().len() }
}

/// The length of the first word.
fn first_word(text: &str) -> usize {
    text.find(char::is_whitespace).unwrap_or(text.len())
}
