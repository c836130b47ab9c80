//! `tieback list`.

use std::fmt::Write as _;
use std::io;

use super::load::no_such_scenario;
use super::{Global, colour, output};
use crate::exit;
use crate::scenario::builtin::{BUILT_IN, BuiltIn};

/// What the command line says.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Print this scenario's file, to copy and change
    name: Option<String>,
}

/// Carries the command out and returns its exit code.
pub(super) fn execute(args: &Args, global: &Global) -> anyhow::Result<u8> {
    let Some(name) = &args.name else {
        let width = BUILT_IN.iter().map(|built_in| built_in.name.len()).max().unwrap_or(0);
        let mut text = String::new();
        for built_in in &BUILT_IN {
            let title = built_in.read().map(|scenario| scenario.title).unwrap_or_default();
            writeln!(text, "{:width$}  {title}", built_in.name)?;
        }
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
