//! Warnings: what a scenario's author probably did not mean, in files that can be run all the same.

mod events;
mod keys;
mod undo;
mod unused;

use super::Scenario;
use super::findings::Findings;

/// Warns about everything in a scenario that is not wrong, and probably not meant.
pub(super) fn lint(scenario: &Scenario, findings: &mut Findings) {
    unused::unused(scenario, findings);
    for step in &scenario.steps {
        keys::keys(step, findings);
        undo::undo(step, findings);
    }
    events::events(scenario, findings);
}
