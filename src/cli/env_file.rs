//! Files of `NAME=VALUE` lines: `--env-file` and `--var-file`.

use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::environment::Environment;

/// The environment with the files that were named.
pub(super) fn environment(files: &[PathBuf]) -> anyhow::Result<Environment> {
    let mut environment = Environment::default();
    for file in files {
        environment.add(assignments(file, "environment")?);
    }
    Ok(environment)
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
