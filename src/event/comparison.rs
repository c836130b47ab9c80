//! A run beside an earlier one: what broke, what healed, what is new.

use std::collections::{HashMap, HashSet};

use serde::{Deserialize, Serialize};

use super::SCHEMA;
use super::status::Status;

/// What is compared of an earlier run: its JSON report.
#[derive(Debug, Clone, Deserialize)]
pub struct EarlierRun {
    started_at: String,
    scenarios: Vec<Earlier>,
}

#[derive(Debug, Clone, Deserialize)]
struct Earlier {
    name: String,
    status: String,
    steps: Vec<EarlierStep>,
}

#[derive(Debug, Clone, Deserialize)]
struct EarlierStep {
    diagnosis: Option<EarlierDiagnosis>,
}

#[derive(Debug, Clone, Deserialize)]
struct EarlierDiagnosis {
    code: String,
}

impl EarlierRun {
    /// Reads a JSON report; says what is wrong with one that cannot be compared.
    pub fn read(text: &str) -> Result<Self, String> {
        #[derive(Deserialize)]
        struct Layout {
            schema: u32,
        }
        let layout: Layout = serde_json::from_str(text)
            .map_err(|error| format!("it is not a JSON report of `tieback run`: {error}"))?;
        if layout.schema != SCHEMA {
            return Err(format!(
                "its schema is {}, and this version compares {SCHEMA}",
                layout.schema
            ));
        }
        serde_json::from_str(text)
            .map_err(|error| format!("it is not a JSON report of `tieback run`: {error}"))
    }
}

/// What is different from an earlier run, by scenario.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Comparison {
    /// The file of the earlier report, as it was named.
    pub with: String,
    /// When the earlier run began.
    pub started_at: String,
    /// Passed then, and does not hold now.
    pub broke: Vec<Difference>,
    /// Did not hold then, and passes now.
    pub healed: Vec<Difference>,
    /// Does not hold, for another reason than then.
    pub changed: Vec<Difference>,
    /// Does not hold, as then.
    pub still: Vec<Difference>,
    /// Was not there.
    pub new: Vec<Difference>,
    /// Was tested then, and was not this time.
    pub untested: Vec<Difference>,
}

/// A scenario that differs, or does not hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// Its name.
    pub scenario: String,
    /// How it ended then; left out where it was not there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// How it ended now; left out where it is not there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub now: Option<Status>,
    /// The codes of its diagnoses then.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub codes_before: Vec<String>,
    /// The codes of its diagnoses now.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub codes: Vec<String>,
}

impl Comparison {
    /// Compares a run with the earlier one, whose report was named `with`. Of each scenario now its
    /// name, how it ended and the codes of its diagnoses.
    #[must_use]
    pub fn of(with: &str, earlier: &EarlierRun, now: &[(&str, Status, Vec<String>)]) -> Self {
        let started_at = earlier.started_at.clone();
        let mut all = Self { with: with.to_owned(), started_at, ..Self::default() };
        // Names may come more than once: the first is compared with the first.
        let mut known: HashMap<(&str, usize), &Earlier> = HashMap::new();
        let mut count = HashMap::new();
        for scenario in &earlier.scenarios {
            known.insert((&scenario.name, nth(&mut count, &scenario.name)), scenario);
        }
        let (mut count, mut seen) = (HashMap::new(), HashSet::new());
        for (name, status, codes) in now {
            let key = (*name, nth(&mut count, name));
            let before = known.get(&key).copied();
            seen.insert(key);
            let difference = Difference {
                scenario: (*name).to_owned(),
                before: before.map(|before| before.status.clone()),
                now: Some(*status),
                codes_before: before.map(codes_then).unwrap_or_default(),
                codes: codes.clone(),
            };
            if let Some(list) = all.list(&difference) {
                list.push(difference);
            }
        }
        let mut count = HashMap::new();
        for scenario in &earlier.scenarios {
            if !seen.contains(&(scenario.name.as_str(), nth(&mut count, &scenario.name))) {
                all.untested.push(Difference {
                    scenario: scenario.name.clone(),
                    before: Some(scenario.status.clone()),
                    now: None,
                    codes_before: codes_then(scenario),
                    codes: Vec::new(),
                });
            }
        }
        all
    }

    /// Where a scenario belongs; nowhere if it passes as it did, or was never tested.
    fn list(&mut self, one: &Difference) -> Option<&mut Vec<Difference>> {
        let holds = |status: Option<&str>| match status {
            Some("passed") => Some(true),
            Some("failed" | "errored") => Some(false),
            _ => None,
        };
        let now = holds(one.now.map(Status::as_str));
        match (holds(one.before.as_deref()), now) {
            _ if one.before.is_none() => Some(&mut self.new),
            (Some(true), Some(false)) => Some(&mut self.broke),
            (Some(false), Some(true)) => Some(&mut self.healed),
            (Some(false), Some(false)) if one.codes_before != one.codes => Some(&mut self.changed),
            (Some(false), Some(false)) => Some(&mut self.still),
            (Some(_), None) => Some(&mut self.untested),
            // Skipped or interrupted then: its result is the first one.
            (None, Some(_)) => Some(&mut self.new),
            (Some(true), Some(true)) | (None, None) => None,
        }
    }

    /// Each list with what its scenarios have in common, in the order of importance.
    #[must_use]
    pub fn lists(&self) -> [(&'static str, &[Difference]); 6] {
        [
            ("broke", &self.broke),
            ("healed", &self.healed),
            ("fail for another reason", &self.changed),
            ("fail as before", &self.still),
            ("new", &self.new),
            ("not tested this time", &self.untested),
        ]
    }
}

/// How often a name was there before.
fn nth<'a>(count: &mut HashMap<&'a str, usize>, name: &'a str) -> usize {
    let times = count.entry(name).or_default();
    *times += 1;
    *times
}

fn codes_then(scenario: &Earlier) -> Vec<String> {
    let diagnoses = scenario.steps.iter().filter_map(|step| step.diagnosis.as_ref());
    diagnoses.map(|diagnosis| diagnosis.code.clone()).collect()
}
