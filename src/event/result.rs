//! How a run and its scenarios ended.

use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;

use super::comparison::Comparison;
use super::millis;
use super::status::Status;
use super::step::StepResult;
use super::target::Target;
use super::traffic::Arrival;

/// The whole result of a run: the JSON report.
#[derive(Debug, Clone, Serialize)]
pub struct RunReport {
    /// [`SCHEMA`](super::SCHEMA).
    pub schema: u32,
    /// The version of this program.
    pub version: &'static str,
    /// The worst thing that happened.
    pub status: Status,
    /// What was tested.
    pub target: Target,
    /// When the run began.
    pub started_at: Timestamp,
    /// How long it took, clean-up included.
    #[serde(rename = "duration_ms", serialize_with = "millis")]
    pub duration: Duration,
    /// How many scenarios ended how.
    pub summary: Summary,
    /// How much of what can go wrong in the app it was shown to handle; `None` without an app.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub troubles: Option<Troubles>,
    /// What the run created and could not remove.
    pub left_behind: Vec<LeftBehind>,
    /// What people should know beside the verdicts.
    pub notices: Vec<String>,
    /// What is different from an earlier run, where the user named one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comparison: Option<Comparison>,
    /// In the order in which they were selected.
    pub scenarios: Vec<ScenarioResult>,
}

/// How many scenarios ended how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// All that were selected.
    pub scenarios: usize,
    /// [`Status::Passed`].
    pub passed: usize,
    /// [`Status::Failed`].
    pub failed: usize,
    /// [`Status::Skipped`].
    pub skipped: usize,
    /// [`Status::Errored`].
    pub errored: usize,
    /// [`Status::Interrupted`].
    pub interrupted: usize,
    /// Steps that were skipped, in all scenarios: what they would have shown is not known.
    pub skipped_steps: usize,
}

/// How much of what can go wrong in an app it handles: its scenarios.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Troubles {
    /// Those that passed.
    pub handled: usize,
    /// All that were selected.
    pub all: usize,
}

/// Something that stays at the target after the run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LeftBehind {
    /// The request that removes it: `DELETE /v1/customers/…`.
    pub request: String,
    /// Why this run did not remove it.
    pub reason: String,
}

/// The result of one scenario.
#[derive(Debug, Clone, Serialize)]
pub struct ScenarioResult {
    /// Its `name`.
    pub name: String,
    /// Its `title`.
    pub title: String,
    /// The file as the user named it; `built-in NAME` for one that ships with the program.
    pub file: String,
    /// Whether it ships with the program: `file` is a name then.
    pub built_in: bool,
    /// Whether it is about the app under test.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub app: bool,
    /// The worst status of its steps.
    pub status: Status,
    /// When it began, from the beginning of the run.
    #[serde(rename = "at_ms", serialize_with = "millis")]
    pub at: Duration,
    /// How long it took, its undo requests included.
    #[serde(rename = "duration_ms", serialize_with = "millis")]
    pub duration: Duration,
    /// In the order of the file.
    pub steps: Vec<StepResult>,
    /// The webhooks about what it made, as they arrived: those that no step waited for as well.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub webhooks: Vec<Arrival>,
    /// What was sent to remove what it made, in the order in which it was sent.
    pub undo: Vec<UndoResult>,
    /// What people should know beside the verdict, such as duplicate deliveries.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notices: Vec<String>,
}

impl ScenarioResult {
    /// What is compared with an earlier run: its name, how it ended, the codes of its diagnoses.
    #[must_use]
    pub fn outcome(&self) -> (&str, Status, Vec<String>) {
        let diagnoses = self.steps.iter().filter_map(|step| step.diagnosis.as_ref());
        let codes = diagnoses.map(|diagnosis| diagnosis.code.as_str().to_owned()).collect();
        (&self.name, self.status, codes)
    }
}

/// An undo request and how it ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UndoResult {
    /// `DELETE /v1/customers/…`
    pub request: String,
    /// [`Status::Passed`] also when it was gone already; [`Status::Skipped`] with `--keep`.
    pub status: Status,
    /// When it began, from the beginning of the run.
    #[serde(rename = "at_ms", serialize_with = "millis")]
    pub at: Duration,
    /// How long it took.
    #[serde(rename = "duration_ms", serialize_with = "millis")]
    pub duration: Duration,
    /// Why it did not pass.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}
