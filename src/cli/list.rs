//! `tieback list`.

use std::io::{self, Write as _};

use super::load::no_such_scenario;
use super::{Global, colour};
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
    let mut stdout = io::stdout().lock();
    let Some(name) = &args.name else {
        let width = BUILT_IN.iter().map(|built_in| built_in.name.len()).max().unwrap_or(0);
        for built_in in &BUILT_IN {
            let title = built_in.read().map(|scenario| scenario.title).unwrap_or_default();
            writeln!(stdout, "{:width$}  {title}", built_in.name)?;
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
