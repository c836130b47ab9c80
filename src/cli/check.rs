//! `tieback check`.

use std::io;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use super::load::{self, BuiltIns, LoadError, Loaded, Problem};
use super::{Global, colour, output, walk};
use crate::exit;
use crate::init;
use crate::provider::{Language, POLAR};
use crate::scenario::Severity;

/// What the command line says.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Files, folders (their .yaml and .yml files) or built-in scenarios; every built-in when left
    /// out, as for `tieback run`
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Look through the code of the app in this folder for what is seen to break
    #[arg(long, value_name = "FOLDER", conflicts_with = "paths")]
    source: Option<PathBuf>,
}

/// Where people keep their scenarios.
const FOLDER: &str = "scenarios";

/// Carries the command out and returns its exit code.
pub(super) fn execute(args: &Args, global: &Global) -> anyhow::Result<u8> {
    if let Some(folder) = &args.source {
        return source(folder, global);
    }
    if args.paths.is_empty() && !global.quiet {
        let own = Path::new(FOLDER).is_dir();
        let rest =
            if own { "; `tieback check scenarios` checks the folder of that name" } else { "" };
        output::stderr(&format!("checking the built-in scenarios{rest}"));
    }
    let (scenarios, app_files, problems, code) = match load::load(&args.paths, BuiltIns::All) {
        Ok(Loaded { scenarios, warnings, app_files }) => {
            (scenarios.len(), app_files, warnings, exit::PASSED)
        }
        Err(LoadError { scenarios, problems }) => (scenarios, 0, problems, exit::USAGE),
    };
    if !problems.is_empty() {
        let colour = colour::wanted(global.color, &io::stderr());
        output::stderr(&load::render(&problems, colour));
    }
    let mut read = vec![count(scenarios, "scenario")];
    read.extend((app_files > 0).then(|| count(app_files, "app file")));
    output::stdout(&format!("{}, {}\n", read.join(", "), totals(&problems)))?;
    Ok(code)
}

/// Looks through the code of an app. What is found are warnings: the file may be right all the same.
fn source(folder: &Path, global: &Global) -> anyhow::Result<u8> {
    let walked = walk::walk(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let code = walked.tree.files.iter().filter(|file| Language::of(&file.path).is_some());
    let mut problems: Vec<_> = init::warnings(&walked.tree, &POLAR)
        .into_iter()
        .map(|found| Problem::Mistake(Box::new(found)))
        .collect();
    let files = code.count();
    if files == 0 {
        let title = format!("no code in {}", folder.display());
        let help = "TypeScript, JavaScript, Python, Ruby, PHP and Go are read";
        let colour = colour::wanted(global.color, &io::stderr());
        output::stderr(&Problem::unreadable(title, help).render(colour));
        return Ok(exit::USAGE);
    }
    if walked.cut {
        problems.push(Problem::Unreadable {
            severity: Severity::Warning,
            title: format!("{} holds more than is read", folder.display()),
            help: "name the folder of the app alone".to_owned(),
        });
    }
    if !problems.is_empty() {
        let colour = colour::wanted(global.color, &io::stderr());
        output::stderr(&load::render(&problems, colour));
    }
    let warnings = match problems.len() {
        0 => "no warnings".to_owned(),
        number => count(number, "warning"),
    };
    output::stdout(&format!("{} of code, {warnings}\n", count(files, "file")))?;
    Ok(exit::PASSED)
}

/// `no errors`, `1 error`, `no errors, 2 warnings`
fn totals(problems: &[Problem]) -> String {
    let of = |severity| problems.iter().filter(|problem| problem.severity() == severity).count();
    let errors = match of(Severity::Error) {
        0 => "no errors".to_owned(),
        errors => count(errors, "error"),
    };
    match of(Severity::Warning) {
        0 => errors,
        warnings => format!("{errors}, {}", count(warnings, "warning")),
    }
}

fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}
