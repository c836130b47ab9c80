//! What is wrong with one file, in the order in which it was found.

use std::sync::Arc;

use super::{Diagnostic, Severity, Source, Span, diagnostic::floor};
use crate::provider::Provider;

/// More than a person reads at once; a hostile file does not get more out of us.
const MOST: usize = 50;

/// Collects what is wrong with a file.
#[derive(Debug)]
pub(super) struct Findings {
    source: Arc<Source>,
    /// Whose API the file is about.
    provider: &'static Provider,
    /// The variables that the file defines.
    variables: Vec<String>,
    errors: Vec<Diagnostic>,
    /// Counted apart: however many there are, they keep no error from being seen.
    warnings: Vec<Diagnostic>,
}

impl Findings {
    pub(super) fn new(source: &Arc<Source>, provider: &'static Provider) -> Self {
        Self {
            source: Arc::clone(source),
            provider,
            variables: Vec::new(),
            errors: Vec::new(),
            warnings: Vec::new(),
        }
    }

    pub(super) fn source(&self) -> &Arc<Source> {
        &self.source
    }

    pub(super) fn provider(&self) -> &'static Provider {
        self.provider
    }

    /// Keeps the variables that the file defines, for messages that name the one that was meant.
    pub(super) fn know(&mut self, variables: Vec<String>) {
        self.variables = variables;
    }

    pub(super) fn variables(&self) -> &[String] {
        &self.variables
    }

    /// What stands in the file at `span`.
    pub(super) fn text(&self, span: Span) -> &str {
        self.source.text.get(span.start..span.end).unwrap_or("")
    }

    /// Adds an error: the file cannot be run.
    pub(super) fn add(&mut self, error: Diagnostic) {
        if self.errors.len() < MOST {
            let error = self.place(error);
            // The YAML parser may stumble over what was seen before.
            if !self.errors.contains(&error) {
                self.errors.push(error);
            }
        }
    }

    /// Adds a warning: the file can be run.
    pub(super) fn warn(&mut self, warning: Diagnostic) {
        if self.warnings.len() < MOST {
            self.warnings.push(Diagnostic { severity: Severity::Warning, ..self.place(warning) });
        }
    }

    /// The diagnostic with the file that it is about.
    fn place(&self, diagnostic: Diagnostic) -> Diagnostic {
        let span = self.fit(diagnostic.span);
        let related = diagnostic.related.map(|(span, label)| (self.fit(span), label));
        Diagnostic { source: Arc::clone(&self.source), span, related, ..diagnostic }
    }

    /// The nearest span that can be cut out of the text: after odd characters in odd places, the
    /// YAML parser's count is off by a few.
    fn fit(&self, span: Span) -> Span {
        let text = &self.source.text;
        let start = floor(text, span.start);
        let end = (span.end.max(start)..text.len())
            .find(|end| text.is_char_boundary(*end))
            .unwrap_or(text.len());
        Span { start, end }
    }

    /// Whether the file is right so far.
    pub(super) fn is_empty(&self) -> bool {
        self.errors.is_empty()
    }

    /// What was read with the warnings, or all that is wrong with it, each in the order of the
    /// file.
    pub(super) fn finish<T>(
        mut self,
        read: Option<T>,
    ) -> Result<(T, Vec<Diagnostic>), Vec<Diagnostic>> {
        let in_order = |mut found: Vec<Diagnostic>| {
            found.sort_by_key(|diagnostic| diagnostic.span.start);
            found
        };
        match read {
            Some(read) if self.errors.is_empty() => Ok((read, in_order(self.warnings))),
            _ => {
                // A reader that gives up says why; should one forget, the file is still refused.
                if self.errors.is_empty() {
                    self.add(Diagnostic::new(Span::default(), "not a scenario"));
                }
                self.errors.append(&mut self.warnings);
                Err(in_order(self.errors))
            }
        }
    }
}
