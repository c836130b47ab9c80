//! What is wrong with one file, in the order in which it was found.

use std::sync::Arc;

use super::{Diagnostic, Severity, Source, Span, diagnostic::floor};
use crate::provider::Provider;

/// More than anybody reads at once; a hostile file does not get more out of us.
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
    pub(super) fn add(&mut self, finding: Finding) {
        if self.errors.len() < MOST {
            let error = self.diagnostic(Severity::Error, finding);
            // The YAML parser may stumble over what was seen before.
            if !self.errors.contains(&error) {
                self.errors.push(error);
            }
        }
    }

    /// Adds a warning: the file can be run.
    pub(super) fn warn(&mut self, finding: Finding) {
        if self.warnings.len() < MOST {
            let warning = self.diagnostic(Severity::Warning, finding);
            self.warnings.push(warning);
        }
    }

    fn diagnostic(&self, severity: Severity, finding: Finding) -> Diagnostic {
        let Finding { span, title, label, related, help } = finding;
        let span = self.fit(span);
        let related = related.map(|(span, label)| (self.fit(span), label));
        Diagnostic { severity, title, source: Arc::clone(&self.source), span, label, related, help }
    }

    /// The nearest span that can be cut out of the text: after odd characters in odd places, the YAML
    /// parser's count is off by a few.
    fn fit(&self, span: Span) -> Span {
        let text = &self.source.text;
        let start = floor(text, span.start);
        let end = (span.end.max(start)..text.len())
            .find(|end| text.is_char_boundary(*end))
            .unwrap_or(text.len());
        Span { start, end }
    }

    /// Whether there is no error so far.
    pub(super) fn is_empty(&self) -> bool {
        self.errors.is_empty()
    }

    /// What was read with the warnings, or all that is wrong with it, each in the order of the file.
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
                // Whoever gives up says why; should one ever forget, the file is still refused aloud.
                if self.errors.is_empty() {
                    self.add(Finding::new(Span::default(), "not a scenario"));
                }
                self.errors.append(&mut self.warnings);
                Err(in_order(self.errors))
            }
        }
    }
}

/// A [`Diagnostic`] that does not know its file yet.
#[derive(Debug, Clone)]
pub(super) struct Finding {
    span: Span,
    title: String,
    label: String,
    related: Option<(Span, String)>,
    help: Option<String>,
}

impl Finding {
    pub(super) fn new(span: Span, title: impl Into<String>) -> Self {
        Self { span, title: title.into(), label: String::new(), related: None, help: None }
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
}
