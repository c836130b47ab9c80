//! The environment, with what `--env-file` adds to it.

use std::collections::BTreeMap;
use std::env::VarError;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

use crate::secret::{Redactor, Secret, is_secret_name};

/// Variables by name. The process's own come first: a file says what is not set otherwise.
#[derive(Debug, Default)]
pub(super) struct Environment {
    files: BTreeMap<String, String>,
}

impl Environment {
    /// Reads files of `NAME=VALUE` lines; of two files the later counts.
    pub(super) fn read(files: &[PathBuf]) -> anyhow::Result<Self> {
        let mut variables = BTreeMap::new();
        for file in files {
            variables.extend(assignments(file, "environment")?);
        }
        Ok(Self { files: variables })
    }

    /// The value of a variable, where it is set.
    pub(super) fn get(&self, name: &str) -> anyhow::Result<Option<String>> {
        match std::env::var(name) {
            Ok(value) => Ok(Some(value)),
            Err(VarError::NotPresent) => Ok(self.files.get(name).cloned()),
            Err(VarError::NotUnicode(_)) => bail!("{name} is not UTF-8"),
        }
    }

    /// Has `redactor` learn the values in files whose names say that they are secret.
    pub(super) fn teach(&self, redactor: &Redactor) {
        for (_, value) in self.files.iter().filter(|(name, _)| is_secret_name(name)) {
            redactor.learn(&Secret::new(value.clone()));
        }
    }
}

/// The `NAME=VALUE` lines of a file, as `.env` files have them: with comments, quotes and `export`.
/// No error shows a value.
pub(super) fn assignments(file: &Path, kind: &str) -> anyhow::Result<Vec<(String, String)>> {
    let shown = file.display();
    let lines = dotenvy::from_path_iter(file)
        .map_err(|error| match error {
            dotenvy::Error::Io(error) => anyhow::anyhow!(error),
            _ => anyhow::anyhow!("it is not text"),
        })
        .with_context(|| format!("the {kind} file {shown} cannot be read"))?;
    let mut found = Vec::new();
    for line in lines {
        let after = found.last().map(|(name, _): &(String, String)| format!(" after `{name}`"));
        found.push(line.map_err(|_| {
            anyhow::anyhow!(
                "the {kind} file {shown} has a line{} that is not NAME=VALUE; put quotes around a \
                 value with spaces",
                after.unwrap_or_default()
            )
        })?);
    }
    Ok(found)
}
