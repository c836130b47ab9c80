//! `tieback list`.

use std::io::{self, Write as _};

use clap::ValueEnum;
use serde_json::json;

use super::load::no_such_scenario;
use super::{Global, colour};
use crate::exit;
use crate::scenario::builtin::{BUILT_IN, BuiltIn};

/// What the command line says.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Print this scenario's file, to copy and change
    name: Option<String>,
    /// How the list is printed
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = Format::Human, conflicts_with = "name")]
    format: Format,
}

/// `--format`
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A line each: name, title and tags
    Human,
    /// An array of objects with `name`, `title` and `tags`
    Json,
}

/// Carries the command out and returns its exit code.
pub(super) fn execute(args: &Args, global: &Global) -> anyhow::Result<u8> {
    let mut stdout = io::stdout().lock();
    let Some(name) = &args.name else {
        let listed = BUILT_IN.iter().map(Listed::new).collect::<Vec<_>>();
        match args.format {
            Format::Human => human(&mut stdout, &listed)?,
            Format::Json => json(&mut stdout, &listed)?,
        }
        return Ok(exit::PASSED);
    };
    let Some(built_in) = BuiltIn::find(name) else {
        let problem = no_such_scenario("no built-in scenario", name);
        writeln!(io::stderr(), "{}", problem.render(colour::wanted(global.color, &io::stderr())))?;
        return Ok(exit::USAGE);
    };
    stdout.write_all(built_in.text.as_bytes())?;
    Ok(exit::PASSED)
}

/// What the list says of a scenario.
struct Listed {
    name: &'static str,
    title: String,
    tags: Vec<String>,
}

impl Listed {
    fn new(built_in: &BuiltIn) -> Self {
        let (title, tags) = built_in.read().map(|scenario| (scenario.title, scenario.tags)).unwrap_or_default();
        Self { name: built_in.name, title, tags }
    }
}

fn human(out: &mut impl io::Write, listed: &[Listed]) -> io::Result<()> {
    let width = listed.iter().map(|each| each.name.len()).max().unwrap_or(0);
    listed.iter().try_for_each(|Listed { name, title, tags }| {
        let tags = if tags.is_empty() { String::new() } else { format!("  [{}]", tags.join(", ")) };
        writeln!(out, "{name:width$}  {title}{tags}")
    })
}

fn json(out: &mut impl io::Write, listed: &[Listed]) -> io::Result<()> {
    let entry = |each: &Listed| json!({ "name": each.name, "title": each.title, "tags": each.tags });
    let all: Vec<_> = listed.iter().map(entry).collect();
    writeln!(out, "{:#}", serde_json::Value::Array(all))
}
