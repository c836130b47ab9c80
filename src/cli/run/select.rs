//! Which of the planned scenarios run: those of an earlier report that did not pass, or a share.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::{Context as _, bail, ensure};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use crate::engine::FAILED_FAST;
use crate::event::SCHEMA;
use crate::plan::Plan;

/// `2/4`: the second of four shares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shard {
    number: u64,
    of: u64,
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || "expected NUMBER/COUNT, such as 2/4".to_owned();
        let (number, of) = text.split_once('/').ok_or_else(wrong)?;
        let read = |text: &str| text.parse::<u32>().map(u64::from).map_err(|_| wrong());
        let (number, of) = (read(number)?, read(of)?);
        if number == 0 || number > of {
            return Err(format!("expected a number from 1 to {of} before the `/`"));
        }
        Ok(Self { number, of })
    }
}

impl Shard {
    /// Whether the scenario of this name belongs to it. The hash is part of the interface: machines
    /// that share a run have to agree, whatever their platform and their version.
    fn has(self, name: &str) -> bool {
        let hash = Sha256::digest(name.as_bytes());
        let first = hash.iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte));
        first % self.of == self.number - 1
    }

    /// Leaves only what belongs to it in the plan.
    pub(super) fn keep(self, plan: &mut Plan) {
        plan.keep(|scenario| self.has(&scenario.name));
    }

    /// What is said where nothing is left.
    pub(super) fn nothing(self, all: usize) -> String {
        let Self { number, of } = self;
        format!("nothing to run: none of the {all} scenarios belongs to shard {number}/{of}")
    }
}

/// An earlier report.
#[derive(Debug, Deserialize)]
struct Earlier {
    schema: u32,
    scenarios: Vec<Outcome>,
}

#[derive(Debug, Deserialize)]
struct Outcome {
    name: String,
    file: String,
    built_in: bool,
    status: String,
    steps: Vec<Step>,
}

#[derive(Debug, Deserialize)]
struct Step {
    reason: Option<String>,
}

/// What an earlier report says of its scenarios.
#[derive(Debug)]
pub(super) struct Rerun {
    /// Where all of them are, so that options mean what they did.
    pub(super) sources: Vec<PathBuf>,
    /// The names of those that did not pass.
    names: BTreeSet<String>,
}

impl Rerun {
    /// Reads a JSON report.
    pub(super) fn read(path: &Path) -> anyhow::Result<Self> {
        let shown = path.display();
        let text = fs::read(path).with_context(|| format!("--rerun: cannot read {shown}"))?;
        let report: Earlier = serde_json::from_slice(&text).with_context(|| {
            format!("--rerun: {shown} is not a JSON report, as --report json=FILE writes it")
        })?;
        ensure!(
            report.schema == SCHEMA,
            "--rerun: {shown} has the layout {}, and this version reads {SCHEMA}",
            report.schema
        );
        let mut sources = Vec::new();
        for outcome in &report.scenarios {
            let source = PathBuf::from(outcome.source()?);
            if !sources.contains(&source) {
                sources.push(source);
            }
        }
        let broken = report.scenarios.into_iter().filter(Outcome::is_to_run);
        Ok(Self { sources, names: broken.map(|outcome| outcome.name).collect() })
    }

    /// Whether everything passed.
    pub(super) fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// Leaves only what did not pass in the plan.
    pub(super) fn keep(&self, plan: &mut Plan) -> anyhow::Result<()> {
        plan.keep(|scenario| self.names.contains(&scenario.name));
        ensure!(
            !plan.scenarios.is_empty(),
            "--rerun: nothing that is selected now did not pass then; then it was {}",
            self.names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
        );
        Ok(())
    }
}

impl Outcome {
    /// What names the scenario on the command line.
    fn source(&self) -> anyhow::Result<&str> {
        match (self.built_in, self.file.strip_prefix("built-in ")) {
            (true, Some(name)) => Ok(name),
            (false, _) if self.file == "stdin" => {
                bail!("--rerun: scenario `{}` was read from stdin: name its file", self.name)
            }
            _ => Ok(&self.file),
        }
    }

    /// Whether it did not pass, or was left out because another did not.
    fn is_to_run(&self) -> bool {
        let left_out = || self.steps.iter().any(|step| step.reason.as_deref() == Some(FAILED_FAST));
        match self.status.as_str() {
            "passed" => false,
            "skipped" => left_out(),
            _ => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shard_is_a_number_of_a_count() {
        assert_eq!("2/4".parse(), Ok(Shard { number: 2, of: 4 }));
        for wrong in ["", "2", "0/4", "5/4", "1/0", "a/4", "-1/4", "1/4/2", "1/99999999999"] {
            assert!(wrong.parse::<Shard>().is_err(), "{wrong}");
        }
    }

    /// These stay what they are, so that shards of several versions and platforms fit together.
    #[test]
    fn the_hash_is_documented() {
        let shard = |name: &str, of| {
            (1..=of).filter(|number| Shard { number: *number, of }.has(name)).collect::<Vec<_>>()
        };
        assert_eq!(shard("customer-mapping", 4), [3]);
        assert_eq!(shard("customer-lookup", 4), [4]);
        assert_eq!(shard("Zoë 名前", 7), [7]);
    }
}
