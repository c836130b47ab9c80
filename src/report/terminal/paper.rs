//! What the report is written on: a sink of some width, where blocks keep their distance.

use std::io::{self, Write};

use super::Look;
use super::words::WORD;
use crate::printable::columns;
use crate::report::layout::{left, wrap, wrap_value};

/// The column of labels in an explanation.
const LABEL: usize = 10;
/// A space at which a line is not broken; it is printed as an ordinary one.
pub const UNBROKEN: &str = "\u{a0}";
/// Below this width explanations stand further left.
const NARROW: usize = 60;

/// A sink and how the report looks on it.
pub struct Paper<W: Write> {
    out: W,
    pub look: Look,
    /// Something was written, so that the next block keeps its distance.
    begun: bool,
}

impl<W: Write> Paper<W> {
    pub fn new(out: W, look: Look) -> Self {
        Self { out, look, begun: false }
    }

    pub fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    /// An empty line, unless the report begins here.
    pub fn distance(&mut self) -> io::Result<()> {
        if std::mem::replace(&mut self.begun, true) { writeln!(self.out) } else { Ok(()) }
    }

    /// What was written is a block.
    pub fn section(&mut self) {
        self.begun = true;
    }

    /// A line as it is.
    pub fn line(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.out, "{}", text.trim_end())
    }

    /// Prose behind `indent`, which is plain text and stands on its first line only.
    pub fn wrapped(&mut self, indent: &str, text: &str) -> io::Result<()> {
        self.hanging(indent, indent, text, str::to_owned)
    }

    /// Prose behind `head`, which is as wide as `plain`.
    pub fn hanging(
        &mut self,
        plain: &str,
        head: &str,
        text: &str,
        paint: impl Fn(&str) -> String,
    ) -> io::Result<()> {
        let indent = columns(plain);
        let lines = wrap(text, self.look.width.saturating_sub(indent));
        self.lines(indent, head, lines, paint)
    }

    fn lines(
        &mut self,
        indent: usize,
        head: &str,
        lines: Vec<String>,
        paint: impl Fn(&str) -> String,
    ) -> io::Result<()> {
        for (number, line) in lines.into_iter().enumerate() {
            if number == 0 {
                self.line(&format!("{head}{}", paint(&line)))?;
            } else {
                self.line(&format!("{}{}", " ".repeat(indent), paint(&line)))?;
            }
        }
        Ok(())
    }

    /// Where explanations begin.
    pub fn indent(&self) -> usize {
        if self.look.width < NARROW { 4 } else { 2 + WORD + 1 }
    }

    /// The columns that an explanation has beside its label.
    fn room(&self) -> usize {
        self.look.width.saturating_sub(self.indent() + LABEL)
    }

    /// A label, and text that is as long as it is.
    pub fn labelled(&mut self, label: &str, text: &str) -> io::Result<()> {
        let label = self.look.style.dim(&left(label, LABEL));
        self.line(&format!("{}{label}{text}", " ".repeat(self.indent())))
    }

    /// A label, and prose.
    pub fn prose(
        &mut self,
        label: &str,
        text: &str,
        paint: impl Fn(&str) -> String,
    ) -> io::Result<()> {
        let lines = wrap(text, self.room());
        self.beside(label, lines, paint)
    }

    /// A label, and a value, which may be broken at its commas.
    pub fn value(
        &mut self,
        label: &str,
        text: &str,
        paint: impl Fn(&str) -> String,
    ) -> io::Result<()> {
        let lines = wrap_value(text, self.room());
        self.beside(label, lines, paint)
    }

    fn beside(
        &mut self,
        label: &str,
        lines: Vec<String>,
        paint: impl Fn(&str) -> String,
    ) -> io::Result<()> {
        let head =
            format!("{}{}", " ".repeat(self.indent()), self.look.style.dim(&left(label, LABEL)));
        let indent = self.indent() + LABEL;
        self.lines(indent, &head, lines, paint)
    }

    /// A word in the column of status words, and what it says: `  note   …`.
    pub fn remark(&mut self, word: &str, text: &str) -> io::Result<()> {
        let plain = format!("  {} ", left(word, WORD));
        let head = self.look.style.warn(&plain);
        self.hanging(&plain, &head, text, str::to_owned)
    }
}
