//! `tieback check`.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::load::{self, LoadError};
use super::{Global, colour};
use crate::exit;

/// What the command line says.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Files, folders (their .yaml and .yml files) or built-in scenarios [default: the folder
    /// `scenarios` if there is one, else every built-in scenario]
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
}

/// Where people keep their scenarios.
const FOLDER: &str = "scenarios";

/// Carries the command out and returns its exit code.
pub(super) fn execute(args: &Args, global: &Global) -> anyhow::Result<u8> {
    let mut paths = args.paths.clone();
    if paths.is_empty() {
        let found = Path::new(FOLDER).is_dir();
        if !global.quiet {
            writeln!(
                io::stderr(),
                "checking {}",
                if found { "the folder scenarios" } else { "the built-in scenarios" }
            )?;
        }
        paths.extend(found.then(|| PathBuf::from(FOLDER)));
    }
    match load::load(&paths) {
        Ok(scenarios) => {
            writeln!(io::stdout(), "{}, no errors", count(scenarios.len(), "scenario"))?;
            Ok(exit::PASSED)
        }
        Err(error) => {
            let LoadError { scenarios, problems } = &error;
            writeln!(io::stderr(), "{}", error.render(colour::wanted(global.color, &io::stderr())))?;
            writeln!(io::stdout(), "{}, {}", count(*scenarios, "scenario"), count(problems.len(), "error"))?;
            Ok(exit::USAGE)
        }
    }
}

fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}
