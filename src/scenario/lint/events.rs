//! Event steps that take what another run caused.

use std::collections::HashSet;

use crate::scenario::examples;
use crate::scenario::findings::{Finding, Findings};
use crate::scenario::{
    Action, Matcher, Pattern, PatternKind, Scenario, Template, Value, ValueKind,
};

/// Warns where another scenario or another run can satisfy an event step: its `where` asks for nothing
/// that only this scenario of this run can have caused.
pub(super) fn events(scenario: &Scenario, findings: &mut Findings) {
    let mut own = Own(HashSet::from(["run.id"]));
    for var in &scenario.vars {
        if var.value.uses().iter().any(|(name, _)| own.0.contains(name)) {
            own.0.insert(&var.name);
        }
    }
    // What a target answered belongs to the step that asked.
    own.0.extend(
        scenario.steps.iter().flat_map(|step| &step.capture).map(|capture| capture.name.as_str()),
    );
    for step in &scenario.steps {
        let Action::Event(event) = &step.action else { continue };
        let finding = match &event.filter {
            None => {
                Finding::new(event.span, "another run can satisfy this step: it has no `where`")
            }
            Some(filter) if !own.pattern(filter) => {
                let title =
                    "another run can satisfy this step: its `where` holds nothing of this run";
                Finding::new(filter.span, title)
            }
            Some(_) => continue,
        };
        let example = examples::filter(findings.provider());
        findings.warn(
            finding.help(format!(
                "select by what this run made, such as `{example}` with a captured id"
            )),
        );
    }
}

/// The variables whose values no other run has.
struct Own<'a>(HashSet<&'a str>);

impl Own<'_> {
    /// Whether only what this run caused can match.
    fn pattern(&self, pattern: &Pattern) -> bool {
        match &pattern.kind {
            PatternKind::Literal(_) => false,
            PatternKind::Text(text) => self.text(text),
            PatternKind::Array(items) => items.iter().any(|item| self.pattern(item)),
            PatternKind::Object(entries) => entries.iter().any(|(_, each)| self.pattern(each)),
            PatternKind::Matchers(matchers) => matchers.iter().any(|each| self.matcher(each)),
        }
    }

    fn matcher(&self, matcher: &Matcher) -> bool {
        match matcher {
            Matcher::Equals(value) => self.value(value),
            Matcher::Matches(text) => self.text(text),
            Matcher::Contains(inner) => self.pattern(inner),
            Matcher::AnyOf(options) => options.iter().all(|each| self.pattern(each)),
            Matcher::Not(_) | Matcher::Type(_) | Matcher::Exists(_) | Matcher::Length(_) => false,
        }
    }

    fn value(&self, value: &Value) -> bool {
        match &value.kind {
            ValueKind::Literal(_) => false,
            ValueKind::Text(text) => self.text(text),
            ValueKind::Array(items) => items.iter().any(|item| self.value(item)),
            ValueKind::Object(entries) => entries.iter().any(|(_, each)| self.value(each)),
        }
    }

    fn text(&self, text: &Template) -> bool {
        text.variables().any(|(name, _)| self.0.contains(name))
    }
}
