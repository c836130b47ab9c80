//! What is wrong with a scenario file, shown on the user's own line.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use super::{Source, Span};
use crate::printable::is_hidden;

/// How much a diagnostic weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// The file cannot be run.
    Error,
    /// The file can be run, and probably does not do what its author wants.
    Warning,
}

impl Severity {
    fn level(self) -> Level<'static> {
        match self {
            Self::Error => Level::ERROR,
            Self::Warning => Level::WARNING,
        }
    }
}

/// Something about a scenario file that its author should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Whether the file can be run all the same.
    pub severity: Severity,
    /// What is wrong: a fragment in lower case, without a full stop.
    pub title: String,
    /// The file.
    pub source: Arc<Source>,
    /// Where in it.
    pub span: Span,
    /// What to write under the line; may be empty.
    pub label: String,
    /// Another place that explains this one, with its own label.
    pub related: Option<(Span, String)>,
    /// What to do about it.
    pub help: Option<String>,
}

impl Diagnostic {
    /// An error at `span`. [`Findings`](super::findings::Findings) adds the file to it.
    pub(super) fn new(span: Span, title: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            title: title.into(),
            source: Arc::default(),
            span,
            label: String::new(),
            related: None,
            help: None,
        }
    }

    pub(super) fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    pub(super) fn related(mut self, span: Span, label: impl Into<String>) -> Self {
        self.related = Some((span, label.into()));
        self
    }

    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// `did you mean …?`, where something was probably meant; else `otherwise`.
    pub(super) fn suggest(self, meant: Option<&str>, otherwise: impl Into<String>) -> Self {
        match meant {
            Some(meant) => self.help(format!("did you mean `{meant}`?")),
            None => self.help(otherwise),
        }
    }

    /// The diagnostic as people read it: the title, `file:line:column`, the line itself with the
    /// place marked, and what to do. Ends without a line break.
    #[must_use]
    pub fn render(&self, colour: bool) -> String {
        let excerpt = Excerpt::new(self);
        let label = (!self.label.is_empty()).then(|| visible(&self.label));
        let primary = AnnotationKind::Primary.span(excerpt.place(self.span)).label(label);
        let mut snippet = Snippet::source(excerpt.text.as_str())
            .path(visible(&self.source.name))
            .line_start(excerpt.first_line)
            .annotation(primary);
        if let Some((span, label)) = &self.related {
            snippet = snippet.annotation(
                AnnotationKind::Context.span(excerpt.place(*span)).label(visible(label)),
            );
        }
        let mut group =
            Group::with_title(self.severity.level().primary_title(visible(&self.title)))
                .element(snippet);
        if let Some(help) = &self.help {
            group = group.element(Level::HELP.message(visible(help)));
        }
        renderer(colour).render(&[group])
    }

    /// The diagnostic on one line, without the excerpt and the help: `file:line: title`.
    #[must_use]
    pub fn brief(&self) -> String {
        let line = self.source.line(self.span.start);
        format!("{}:{line}: {}", visible(&self.source.name), visible(&self.title))
    }
}

/// What stands on no line, in the same form.
#[must_use]
pub fn render_message(severity: Severity, title: &str, help: &str, colour: bool) -> String {
    let title = severity.level().primary_title(visible(title));
    renderer(colour).render(&[Group::with_title(title).element(Level::HELP.message(visible(help)))])
}

fn renderer(colour: bool) -> Renderer {
    if colour { Renderer::styled() } else { Renderer::plain() }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}

/// The lines that a diagnostic shows, safe to print, and where the places in them went.
struct Excerpt<'a> {
    source: &'a Source,
    /// From the first line shown to the last.
    text: String,
    /// Its number in the file.
    first_line: usize,
    /// The places in the file and in `text` where they stop running in parallel.
    shifts: Vec<(usize, usize)>,
}

impl<'a> Excerpt<'a> {
    fn new(diagnostic: &'a Diagnostic) -> Self {
        let source = diagnostic.source.as_ref();
        let spans = || {
            std::iter::once(diagnostic.span).chain(diagnostic.related.iter().map(|(span, _)| *span))
        };
        let lines = spans().map(|span| line_around(&source.text, span.start));
        let all = lines.reduce(|a, b| a.start.min(b.start)..a.end.max(b.end)).unwrap_or_default();
        let mut text = String::new();
        let mut shifts = vec![(all.start, 0)];
        for (at, char) in source.text[all.clone()].char_indices() {
            let shown = printable(char);
            text.push(shown);
            if shown.len_utf8() != char.len_utf8() {
                shifts.push((all.start + at + char.len_utf8(), text.len()));
            }
        }
        Self { source, text, first_line: source.line(all.start), shifts }
    }

    /// Where `span` stands in the excerpt, cut to its first line: what is wrong with a whole block
    /// is clear from how it starts.
    fn place(&self, span: Span) -> Range<usize> {
        let text = &self.source.text;
        let line = line_around(text, span.start);
        let start = floor(text, span.start).clamp(line.start, line.end);
        let end = floor(text, span.end).clamp(start, line.end);
        let end = start + text[start..end].trim_end().len();
        self.shift(start)..self.shift(end)
    }

    fn shift(&self, at: usize) -> usize {
        let after = self.shifts.partition_point(|(from, _)| *from <= at);
        let (from, to) = after
            .checked_sub(1)
            .and_then(|index| self.shifts.get(index))
            .copied()
            .unwrap_or_default();
        (to + at.saturating_sub(from)).min(self.text.len())
    }
}

/// The line on which `at` stands, without its line break.
fn line_around(text: &str, at: usize) -> Range<usize> {
    let at = floor(text, at);
    let start = text[..at].rfind('\n').map_or(0, |found| found + 1);
    let end = text[at..].find('\n').map_or(text.len(), |found| at + found);
    let end = if text[start..end].ends_with('\r') { end - 1 } else { end };
    start..end
}

/// The last character boundary that is not after `at`.
pub(super) fn floor(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

/// `text` with characters that a terminal would obey, and not show, made visible.
fn visible(text: &str) -> String {
    let break_or_tab = |char| match char {
        '\n' => '\u{240a}',
        '\t' => '\u{2409}',
        _ => printable(char),
    };
    text.chars().map(break_or_tab).collect()
}

/// One character for one, so that columns stay what they are. Tabs and line breaks are left to the
/// renderer.
fn printable(char: char) -> char {
    match char {
        '\n' | '\t' => char,
        '\0'..='\u{1f}' => char::from_u32(0x2400 + u32::from(char)).unwrap_or('\u{fffd}'),
        '\u{7f}' => '\u{2421}',
        _ if is_hidden(char) => '\u{fffd}',
        _ => char,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn diagnostic(text: &str, span: Range<usize>) -> Diagnostic {
        Diagnostic {
            severity: Severity::Error,
            title: "unknown key `nmae`".to_owned(),
            source: Arc::new(Source {
                name: "a.yaml".to_owned(),
                built_in: false,
                text: text.to_owned(),
            }),
            span: Span { start: span.start, end: span.end },
            label: "not a key here".to_owned(),
            related: None,
            help: Some("did you mean `name`?".to_owned()),
        }
    }

    #[test]
    fn a_diagnostic_shows_the_line_and_the_place() {
        let expected = "\
error: unknown key `nmae`
 --> a.yaml:2:1
  |
2 | nmae: x
  | ^^^^ not a key here
  |
  = help: did you mean `name`?";
        assert_eq!(diagnostic("é: 1\nnmae: x\n", 6..10).render(false), expected);
        assert_eq!(diagnostic("é: 1\r\nnmae: x\r\n", 7..11).render(false), expected);
    }

    #[test]
    fn a_warning_says_that_it_is_one() {
        let warning =
            Diagnostic { severity: Severity::Warning, ..diagnostic("a: 1\nnmae: x\n", 5..9) };
        assert!(
            warning.render(false).starts_with("warning: unknown key `nmae`\n --> a.yaml:2:1\n")
        );
        assert_eq!(warning.brief(), "a.yaml:2: unknown key `nmae`");
    }

    #[test]
    fn what_a_terminal_would_obey_is_made_visible() {
        let text = "a: \u{1b}[31m\u{202e}\u{9b}x\u{200f}\n";
        let start = text.find('x').unwrap();
        let mut diagnostic = diagnostic(text, start..start + 1);
        diagnostic.title = "bad \u{1b}\u{202e}".to_owned();
        diagnostic.help = Some("\u{85}".to_owned());
        let shown = diagnostic.render(false);
        assert!(shown.chars().all(|char| char == '\n' || !char.is_control()), "{shown}");
        assert!(!shown.contains(['\u{202e}', '\u{200f}']), "{shown}");
        assert!(shown.contains("a: ␛[31m��x�"), "{shown}");
        assert!(shown.contains(":1:11"), "{shown}");
    }
}
