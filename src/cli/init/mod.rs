//! `tieback init`: looks at the code in this folder, and writes what a first run of the app takes.

mod files;
mod said;

use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::path::Path;

use anyhow::Context as _;

use super::load::{Problem, render};
use super::{Global, colour, output, walk};
use crate::exit;
use crate::init;
use crate::provider::POLAR;

/// What the command line says.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The folder of the app; this one when left out
    #[arg(value_name = "FOLDER", default_value = ".")]
    folder: std::path::PathBuf,
}

/// Carries the command out and returns its exit code.
pub(super) fn execute(args: &Args, global: &Global) -> anyhow::Result<u8> {
    let shown = args.folder.display();
    let walked = walk::walk(&args.folder).with_context(|| format!("cannot read {shown}"))?;
    let Some(app) = init::look(&walked.tree, &POLAR) else {
        let colour = colour::wanted(global.color, &io::stderr());
        output::stderr(&no_manifest(&args.folder).render(colour));
        return Ok(exit::USAGE);
    };
    let mut lines = said::said(&app);
    if walked.cut {
        lines.push(
            "note   the folder holds more than is read: something may have been missed".to_owned(),
        );
    }
    for (path, text) in files::files(&app, &walked.tree) {
        lines.push(match write(&args.folder, path, &text) {
            Ok(()) => format!("wrote  {path}"),
            Err(error) => format!("kept   {path}: {}", why(&error)?),
        });
    }
    let warnings = init::warnings(&walked.tree, &POLAR);
    if !warnings.is_empty() {
        let problems: Vec<_> =
            warnings.into_iter().map(|found| Problem::Mistake(Box::new(found))).collect();
        let colour = colour::wanted(global.color, &io::stderr());
        lines.push(format!("\n{}", render(&problems, colour)));
    }
    lines.push("next   read tieback.yaml, then: tieback run --app tieback.yaml".to_owned());
    output::stderr(&lines.join("\n"));
    Ok(exit::PASSED)
}

fn no_manifest(folder: &Path) -> Problem {
    Problem::unreadable(
        format!("no app is known in {}", folder.display()),
        "run it where the app's package.json, pyproject.toml, requirements.txt, Gemfile, \
         composer.json or go.mod stands",
    )
}

/// Writes a file that is not there yet, below folders of this folder.
fn write(folder: &Path, path: &str, text: &str) -> io::Result<()> {
    let mut place = folder.to_owned();
    let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
    for part in folders.split('/').filter(|part| !part.is_empty()) {
        place.push(part);
        match fs::symlink_metadata(&place) {
            Ok(found) if found.is_dir() => {}
            Ok(_) => return Err(ErrorKind::NotADirectory.into()),
            Err(error) if error.kind() == ErrorKind::NotFound => fs::create_dir(&place)?,
            Err(error) => return Err(error),
        }
    }
    place.push(name);
    // Fails where there is anything of that name, a link that leads nowhere included.
    OpenOptions::new().write(true).create_new(true).open(&place)?.write_all(text.as_bytes())
}

/// Why a file was left as it is; an error that has another reason ends the command.
fn why(error: &io::Error) -> anyhow::Result<&'static str> {
    match error.kind() {
        ErrorKind::AlreadyExists => Ok("it exists"),
        ErrorKind::NotADirectory => Ok("a folder of its path is a link or a file"),
        _ => Err(anyhow::anyhow!("cannot write: {error}")),
    }
}
