//! What in an app's code is seen to break.

use std::sync::Arc;

use regex::Regex;

use super::code::Code;
use super::part;
use super::tree::{SourceFile, Tree};
use crate::provider::{Language, Look, Part, Pitfall, Provider};
use crate::scenario::{Diagnostic, Severity, Source, Span};

/// A warning for each pitfall that stands in the code, by file and place. Tests are left out: what
/// they do wrong, they do on purpose.
#[must_use]
pub fn warnings(tree: &Tree, provider: &Provider) -> Vec<Diagnostic> {
    let looks: Vec<_> = provider
        .pitfalls
        .iter()
        .flat_map(|pitfall| pitfall.looks.iter().map(move |look| (pitfall, look)))
        .filter_map(|(pitfall, look)| Some((pitfall, Ready::new(look)?)))
        .collect();
    let mut warnings = Vec::new();
    for file in tree.files.iter().filter(|file| !is_test(&file.path)) {
        let Some(language) = Language::of(&file.path) else { continue };
        let code = Code::new(language, &file.text);
        let mut found: Vec<(Span, &Pitfall)> = Vec::new();
        for (pitfall, look) in &looks {
            found.extend(look.spans(&code).into_iter().map(|span| (span, *pitfall)));
        }
        found.sort_by_key(|(span, pitfall)| (span.start, pitfall.title));
        found.dedup_by_key(|(span, pitfall)| (span.start, pitfall.title));
        let source = Arc::new(source(file));
        warnings.extend(found.into_iter().map(|(span, pitfall)| warning(&source, span, pitfall)));
    }
    warnings
}

fn is_test(path: &str) -> bool {
    let folders = ["test", "tests", "__tests__", "spec", "e2e", "fixtures"];
    let name = path.rsplit('/').next().unwrap_or(path);
    path.split('/').any(|part| folders.contains(&part))
        || [".test.", ".spec.", "_test.", "_spec."].iter().any(|mark| name.contains(mark))
        || name.starts_with("test_")
}

fn source(file: &SourceFile) -> Source {
    Source { name: file.path.clone(), built_in: false, text: file.text.clone() }
}

fn warning(source: &Arc<Source>, span: Span, pitfall: &Pitfall) -> Diagnostic {
    Diagnostic {
        severity: Severity::Warning,
        title: pitfall.title.to_owned(),
        source: Arc::clone(source),
        span,
        label: String::new(),
        related: None,
        help: Some(format!("{}; more: tieback explain {}", pitfall.help, pitfall.page)),
    }
}

/// A look whose patterns are made.
struct Ready {
    look: Look,
    about: Option<Regex>,
    wrong: Regex,
    right: Option<Regex>,
    head: Option<Regex>,
    earlier: Option<Regex>,
}

impl Ready {
    fn new(look: &Look) -> Option<Self> {
        let (head, earlier) = match look.part {
            Part::File => ("", ""),
            Part::Call(head) | Part::Block(head) => (head, ""),
            Part::CallAfter(head, earlier) => (head, earlier),
        };
        Some(Self {
            look: *look,
            about: given(look.about),
            wrong: Regex::new(look.wrong).ok()?,
            right: given(look.right),
            head: given(head),
            earlier: given(earlier),
        })
    }

    /// Where the mistake stands.
    fn spans(&self, code: &Code) -> Vec<Span> {
        let fits = self.look.languages.contains(&code.language)
            && self.about.as_ref().is_none_or(|about| about.is_match(&code.text));
        if !fits {
            return Vec::new();
        }
        self.parts(code).into_iter().filter_map(|part| self.inside(code, part)).collect()
    }

    /// The parts in which it is looked for.
    fn parts(&self, code: &Code) -> Vec<std::ops::Range<usize>> {
        let text = &code.text;
        let Some(head) = &self.head else {
            return self.wrong.find_iter(text).map(|found| found.range()).collect();
        };
        let heads = head.find_iter(text);
        match self.look.part {
            Part::Block(_) => heads.map(|found| part::block(code, found.range())).collect(),
            _ => heads
                .filter(|found| self.follows(code, found.start()))
                .map(|found| part::call(code, found.end()))
                .collect(),
        }
    }

    /// Whether the earlier call that is asked for stands before `at`, without what is wrong here.
    fn follows(&self, code: &Code, at: usize) -> bool {
        let Some(earlier) = &self.earlier else { return true };
        let before = earlier.find_iter(&code.text).filter(|found| found.end() <= at);
        let mut calls = before.map(|found| part::call(code, found.end()));
        let lacks = |call: std::ops::Range<usize>| {
            code.text.get(call).is_some_and(|call| !self.wrong.is_match(call))
        };
        // One that has it shows that the author knows.
        let calls: Vec<_> = calls.by_ref().collect();
        !calls.is_empty() && calls.into_iter().all(lacks)
    }

    fn inside(&self, code: &Code, part: std::ops::Range<usize>) -> Option<Span> {
        let text = code.text.get(part.clone())?;
        let found = self.wrong.captures(text)?;
        if self.right.as_ref().is_some_and(|right| right.is_match(text)) {
            return None;
        }
        let name = found.name("name").map_or("", |name| name.as_str());
        let in_file = |pattern: &str| {
            given(&pattern.replace("NAME", name)).map(|found| found.is_match(&code.text))
        };
        if in_file(self.look.also) == Some(false) || in_file(self.look.never) == Some(true) {
            return None;
        }
        let place = found.name("at").or_else(|| found.get(0))?;
        // The first line of what is wrong shows enough.
        let shown = place.as_str().lines().next().map_or(0, |line| line.trim_end().len());
        let start = part.start + place.start();
        Some(Span { start, end: start + shown.max(1) })
    }
}

fn given(pattern: &str) -> Option<Regex> {
    if pattern.is_empty() { None } else { Regex::new(pattern).ok() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Code as Diagnosis;
    use crate::provider::POLAR;

    #[test]
    fn every_pattern_is_one_and_every_page_is_there() {
        for pitfall in POLAR.pitfalls {
            assert!(
                Diagnosis::ALL.iter().any(|code| code.as_str() == pitfall.page),
                "{}",
                pitfall.page
            );
            for look in pitfall.looks {
                assert!(!look.languages.is_empty() && Ready::new(look).is_some(), "{look:?}");
                let heads = match look.part {
                    Part::File => vec![],
                    Part::Call(head) | Part::Block(head) => vec![head],
                    Part::CallAfter(head, earlier) => vec![head, earlier],
                };
                let rest = [look.about, look.right, look.never, look.also];
                for pattern in heads.into_iter().chain(rest).filter(|it| !it.is_empty()) {
                    Regex::new(pattern).unwrap();
                }
            }
        }
    }
}
