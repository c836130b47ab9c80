//! Variables that nothing uses: most often what was to use them is misspelt.

use std::collections::HashSet;

use crate::scenario::diagnostic::Diagnostic;
use crate::scenario::findings::Findings;
use crate::scenario::{Scenario, Step};

/// Warns about variables and captures that nothing uses. A name that starts with `_` says that this
/// is meant.
pub(super) fn unused(scenario: &Scenario, findings: &mut Findings) {
    let rows = scenario.rows.iter().flatten();
    let vars = rows.chain(&scenario.vars).flat_map(|var| var.value.uses());
    let steps = scenario.steps.iter().flat_map(Step::uses);
    let undo = scenario.steps.iter().flat_map(Step::undo_uses);
    let used: HashSet<_> = vars.chain(steps).chain(undo).map(|(name, _)| name).collect();
    let unused = |name: &str| !used.contains(name) && !name.starts_with('_');
    let set = scenario.rows.iter().take(1).flatten().chain(&scenario.vars);
    for var in set.filter(|var| unused(&var.name)) {
        let finding =
            Diagnostic::new(var.span, format!("nothing uses the variable `{}`", var.name));
        findings.warn(
            finding.help(format!("write `${{{}}}` where it belongs, or leave it out", var.name)),
        );
    }
    let captures = scenario.steps.iter().flat_map(|step| &step.capture);
    for capture in captures.filter(|capture| unused(&capture.name)) {
        let name = &capture.name;
        let finding = Diagnostic::new(capture.span, format!("nothing uses the captured `{name}`"));
        findings.warn(finding.help(format!(
            "write `${{{name}}}` where it belongs, or leave it out; `{{ $exists: true }}` under \
             `expect` asks for a value to be there"
        )));
    }
}
