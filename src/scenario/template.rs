//! `${…}`: strings with variables in them, before they are filled in.
//!
//! Written by hand because values keep their JSON type, every variable keeps the place where it
//! stands, and what is unknown is found before anything is sent.

use std::fmt;

use super::Span;

/// A string that may hold variables.
#[derive(Debug, Clone, PartialEq)]
pub struct Template {
    /// Where the whole string stands, quotes included.
    pub span: Span,
    /// In order; adjacent texts are merged, and an empty string has no parts.
    pub parts: Vec<Part>,
}

/// A piece of a [`Template`].
#[derive(Debug, Clone, PartialEq)]
pub enum Part {
    /// Taken as it is.
    Text(String),
    /// `${name}`
    Variable {
        /// `user_id`, or a built-in such as `run.id`.
        name: String,
        /// Where `${name}` stands; the whole string where its escapes hide the exact place.
        span: Span,
    },
}

impl Part {
    /// `${name}`, standing at `span`.
    #[must_use]
    pub fn variable(name: &str, span: Span) -> Self {
        Self::Variable { name: name.to_owned(), span }
    }
}

/// Why a string is not a template, as byte offsets into that string.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateError {
    /// The offending part of the string.
    pub at: Span,
    /// What is wrong with it.
    pub kind: TemplateErrorKind,
}

/// The kinds of [`TemplateError`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TemplateErrorKind {
    /// `${` without a `}`.
    Unclosed,
    /// What stands between the braces is not a name.
    BadName(String),
}

impl Template {
    /// Reads `text`. `place` turns a range of bytes in `text` into the span it has in the file.
    pub fn parse(
        text: &str,
        span: Span,
        place: impl Fn(Span) -> Span,
    ) -> Result<Self, TemplateError> {
        let mut parts = Vec::new();
        let mut literal = String::new();
        let mut rest = 0;
        while let Some(found) = text[rest..].find('$') {
            let at = rest + found;
            literal.push_str(&text[rest..at]);
            let tail = &text[at..];
            if tail.starts_with("$${") {
                literal.push_str("${");
                rest = at + 3;
            } else if let Some(inner) = tail.strip_prefix("${") {
                let Some(close) = inner.find('}') else {
                    return Err(TemplateError {
                        at: Span { start: at, end: text.len() },
                        kind: TemplateErrorKind::Unclosed,
                    });
                };
                let name = &inner[..close];
                let here = Span { start: at, end: at + 2 + close + 1 };
                if !is_reference(name) {
                    return Err(TemplateError {
                        at: here,
                        kind: TemplateErrorKind::BadName(name.to_owned()),
                    });
                }
                if !literal.is_empty() {
                    parts.push(Part::Text(std::mem::take(&mut literal)));
                }
                parts.push(Part::Variable { name: name.to_owned(), span: place(here) });
                rest = here.end;
            } else {
                literal.push('$');
                rest = at + 1;
            }
        }
        literal.push_str(&text[rest..]);
        if !literal.is_empty() {
            parts.push(Part::Text(literal));
        }
        Ok(Self { span, parts })
    }

    /// The variables in it, in order, with the places where they stand.
    pub fn variables(&self) -> impl Iterator<Item = (&str, Span)> {
        self.parts.iter().filter_map(|part| match part {
            Part::Variable { name, span } => Some((name.as_str(), *span)),
            Part::Text(_) => None,
        })
    }

    /// The one variable that the whole string consists of.
    #[must_use]
    pub fn lone_variable(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [Part::Variable { name, .. }] => Some(name),
            _ => None,
        }
    }

    /// The string, where it holds no variable.
    #[must_use]
    pub fn literal(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [] => Some(""),
            [Part::Text(text)] => Some(text),
            _ => None,
        }
    }
}

impl fmt::Display for Template {
    /// As it was written, apart from the doubled dollar of a literal.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.parts.iter().try_for_each(|part| match part {
            Part::Text(text) => formatter.write_str(text),
            Part::Variable { name, .. } => write!(formatter, "${{{name}}}"),
        })
    }
}

/// `[A-Za-z_][A-Za-z0-9_]*`: what a variable may be called.
#[must_use]
pub fn is_name(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && text.chars().all(|each| each.is_ascii_alphanumeric() || each == '_')
}

/// A name, or names with dots between them: only built-ins have those.
pub(super) fn is_reference(text: &str) -> bool {
    text.split('.').all(is_name)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(text: &str) -> Result<Template, TemplateError> {
        Template::parse(text, Span::default(), |at| at)
    }

    fn text(literal: &str) -> Part {
        Part::Text(literal.to_owned())
    }

    #[test]
    fn text_and_variables_alternate() {
        let template = parse("user_${run.id}-${n}!").unwrap();
        let variables: Vec<_> = template.variables().collect();
        assert_eq!(
            variables,
            [("run.id", Span { start: 5, end: 14 }), ("n", Span { start: 15, end: 19 })]
        );
        assert_eq!(template.parts.first(), Some(&text("user_")));
        assert_eq!(template.parts.last(), Some(&text("!")));
    }

    #[test]
    fn a_doubled_dollar_before_a_brace_is_a_literal() {
        assert_eq!(parse("$${x}").unwrap().literal(), Some("${x}"));
        assert_eq!(parse("$5 and $$").unwrap().literal(), Some("$5 and $$"));
        assert_eq!(parse("").unwrap().literal(), Some(""));
    }

    #[test]
    fn only_a_string_that_is_one_variable_alone_is_lone() {
        assert_eq!(parse("${a}").unwrap().lone_variable(), Some("a"));
        assert_eq!(parse("${a} ").unwrap().lone_variable(), None);
        assert_eq!(parse("a").unwrap().lone_variable(), None);
    }

    #[test]
    fn what_is_no_name_is_refused_where_it_stands() {
        let unclosed = parse("é ${a").unwrap_err();
        assert_eq!(
            unclosed,
            TemplateError { at: Span { start: 3, end: 6 }, kind: TemplateErrorKind::Unclosed }
        );
        for bad in ["", "1a", "a b", "a-b", ".a", "a.", "é"] {
            let error = parse(&format!("${{{bad}}}")).unwrap_err();
            assert_eq!(error.kind, TemplateErrorKind::BadName(bad.to_owned()));
        }
    }

    proptest! {
        #[test]
        fn any_text_is_survived(text in "(\\PC|[${}a.]){0,30}") {
            match parse(&text) {
                Err(error) => prop_assert!(text.get(error.at.start..error.at.end).is_some()),
                Ok(template) => {
                    for (name, span) in template.variables() {
                        let written = format!("${{{name}}}");
                        prop_assert_eq!(text.get(span.start..span.end), Some(written.as_str()));
                    }
                    // What is shown reads the same again, apart from literals that lost a dollar.
                    if !text.contains("$$") {
                        prop_assert_eq!(template.to_string(), text);
                    }
                }
            }
        }

        #[test]
        fn whatever_is_escaped_is_literal(text in "(\\PC|[${}a.]){0,30}") {
            let escaped = text.replace("${", "$${");
            let read = parse(&escaped).unwrap();
            prop_assert_eq!(read.literal(), Some(text.as_str()));
        }
    }
}
