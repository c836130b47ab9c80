//! `tieback list`.

use std::io;

use clap::ValueEnum;
use serde_json::json;

use super::load::no_such_scenario;
use super::{Global, colour, output};
use crate::exit;
use crate::provider::POLAR;
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
    let Some(name) = &args.name else {
        let listed = BUILT_IN.iter().map(Listed::new).collect::<Vec<_>>();
        let text = match args.format {
            Format::Human => human(&listed),
            Format::Json => json(&listed),
        };
        output::stdout(&text)?;
        return Ok(exit::PASSED);
    };
    let Some(built_in) = BuiltIn::find(name) else {
        let problem = no_such_scenario("no built-in scenario", name);
        output::stderr(&problem.render(colour::wanted(global.color, &io::stderr())));
        return Ok(exit::USAGE);
    };
    output::stdout(built_in.text)?;
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
        let (title, tags) = built_in
            .read(&POLAR)
            .map(|scenario| (scenario.title, scenario.tags))
            .unwrap_or_default();
        Self { name: built_in.name, title, tags }
    }
}

fn human(listed: &[Listed]) -> String {
    let width = listed.iter().map(|each| each.name.len()).max().unwrap_or(0);
    let line = |Listed { name, title, tags }: &Listed| {
        let tags = if tags.is_empty() { String::new() } else { format!("  [{}]", tags.join(", ")) };
        format!("{name:width$}  {title}{tags}\n")
    };
    listed.iter().map(line).collect()
}

fn json(listed: &[Listed]) -> String {
    let entry =
        |each: &Listed| json!({ "name": each.name, "title": each.title, "tags": each.tags });
    let all: Vec<_> = listed.iter().map(entry).collect();
    format!("{:#}\n", serde_json::Value::Array(all))
}
