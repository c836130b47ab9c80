//! What the results of steps and scenarios amount to.

use crate::event::{ScenarioResult, Status, Summary, Troubles};

/// Counts how scenarios ended, and the worst of it: the verdict of a run.
#[must_use]
pub fn verdict(scenarios: &[ScenarioResult], interrupted: bool) -> (Status, Summary) {
    let mut summary = Summary { scenarios: scenarios.len(), ..Summary::default() };
    for scenario in scenarios {
        *match scenario.status {
            Status::Passed => &mut summary.passed,
            Status::Failed => &mut summary.failed,
            Status::Errored => &mut summary.errored,
            Status::Skipped => &mut summary.skipped,
            Status::Interrupted => &mut summary.interrupted,
        } += 1;
        summary.skipped_steps +=
            scenario.steps.iter().filter(|step| step.status == Status::Skipped).count();
    }
    let status = match summary {
        _ if interrupted => Status::Interrupted,
        Summary { failed: 1.., .. } => Status::Failed,
        Summary { errored: 1.., .. } => Status::Errored,
        Summary { passed: 0, .. } => Status::Skipped,
        _ => Status::Passed,
    };
    (status, summary)
}

/// How much of what can go wrong in an app it handles, where scenarios are about one.
#[must_use]
pub fn troubles(scenarios: &[ScenarioResult]) -> Option<Troubles> {
    let about_app: Vec<_> = scenarios.iter().filter(|scenario| scenario.app).collect();
    let handled = about_app.iter().filter(|it| it.status == Status::Passed).count();
    (!about_app.is_empty()).then_some(Troubles { handled, all: about_app.len() })
}

/// The worst of some statuses: what a scenario's steps amount to.
pub(super) fn worst(statuses: impl Iterator<Item = Status>) -> Status {
    let rank = |status: &Status| match status {
        Status::Skipped => 0,
        Status::Passed => 1,
        Status::Interrupted => 2,
        Status::Errored => 3,
        Status::Failed => 4,
    };
    statuses.max_by_key(rank).unwrap_or(Status::Skipped)
}
