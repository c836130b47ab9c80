//! Event steps that take what another run caused.

use std::collections::HashSet;

use crate::scenario::diagnostic::Diagnostic;
use crate::scenario::examples;
use crate::scenario::findings::Findings;
use crate::scenario::{
    Action, Matcher, Op, Role, SESSION_VARIABLES, Scenario, Shape, ShapeKind, of_session,
};

/// Warns where another scenario or another run can satisfy an event step: its `where` asks for
/// nothing that only this scenario of this run can have caused.
pub(super) fn events(scenario: &Scenario, findings: &mut Findings) {
    let mut own = Own(HashSet::from(["run.id"]));
    for var in scenario.rows.iter().flatten().chain(&scenario.vars) {
        if var.value.uses().iter().any(|(name, _)| own.0.contains(name)) {
            own.0.insert(&var.name);
        }
    }
    // So do the users that sign up.
    let users = scenario.steps.iter().filter(|step| step.role == Role::User);
    let users: Vec<_> = users
        .flat_map(|step| SESSION_VARIABLES.map(|name| of_session(step.session.as_deref(), name)))
        .collect();
    own.0.extend(users.iter().map(String::as_str));
    // What a target answered belongs to the step that asked.
    own.0.extend(
        scenario.steps.iter().flat_map(|step| &step.capture).map(|capture| capture.name.as_str()),
    );
    for step in &scenario.steps {
        let Action::Event(event) = &step.action else { continue };
        let finding = match &event.filter {
            None => {
                Diagnostic::new(event.span, "another run can satisfy this step: it has no `where`")
            }
            Some(filter) if !own.selects(filter) => {
                let title =
                    "another run can satisfy this step: its `where` holds nothing of this run";
                Diagnostic::new(filter.span, title)
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
    fn selects(&self, shape: &Shape) -> bool {
        match &shape.kind {
            ShapeKind::Literal(_) | ShapeKind::Regex(_) => false,
            ShapeKind::Text(text) => text.variables().any(|(name, _)| self.0.contains(name)),
            ShapeKind::Array(items) => items.iter().any(|item| self.selects(item)),
            ShapeKind::Object(entries) => entries.iter().any(|(_, each)| self.selects(each)),
            ShapeKind::Matchers(matchers) => matchers.iter().any(|each| self.decides(each)),
        }
    }

    fn decides(&self, Matcher { op, argument }: &Matcher) -> bool {
        match (op, &argument.kind) {
            (Op::AnyOf, ShapeKind::Array(options)) => options.iter().all(|each| self.selects(each)),
            (Op::Equals | Op::Matches | Op::Contains, _) => self.selects(argument),
            _ => false,
        }
    }
}
