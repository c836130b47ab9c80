//! Variables that the command line gives, as typed and out of files.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow, ensure};

use crate::cli::env_file::assignments;
use crate::provider::POLAR;
use crate::scenario::read_variables;
use crate::scenario::template::is_name;

/// What `--var-file` and `--var` set, the last of a name at the end. No error shows a value, which
/// may be a secret.
pub(super) fn read(files: &[PathBuf], typed: &[String]) -> anyhow::Result<Vec<(String, String)>> {
    let mut variables = Vec::new();
    for file in files {
        variables.extend(from_file(file)?);
    }
    for text in typed {
        variables.push(parse(text)?);
    }
    Ok(variables)
}

fn from_file(file: &Path) -> anyhow::Result<Vec<(String, String)>> {
    let shown = file.display();
    let is_yaml = file.extension().is_some_and(|ending| ending == "yaml" || ending == "yml");
    let variables = if is_yaml {
        let text = std::fs::read_to_string(file)
            .with_context(|| format!("the variable file {shown} cannot be read"))?;
        read_variables(&text, &POLAR).map_err(|line| {
            anyhow!(
                "the variable file {shown}, line {line}: not `NAME: value`; quote a value such as \
                 \"0042\""
            )
        })?
    } else {
        assignments(file, "variable")?
    };
    for (name, _) in &variables {
        ensure!(is_name(name), "the variable file {shown}: {}", invalid(name));
    }
    Ok(variables)
}

fn parse(text: &str) -> anyhow::Result<(String, String)> {
    let (name, value) = text
        .split_once('=')
        .context("--var takes NAME=VALUE, such as email_domain=yourdomain.com")?;
    ensure!(is_name(name), "--var: {}", invalid(name));
    Ok((name.to_owned(), value.to_owned()))
}

fn invalid(name: &str) -> String {
    format!("invalid name `{name}`: letters, digits and `_`, not starting with a digit")
}
