//! `tieback man`.

use std::io;

use super::load::Problem;
use super::{Global, colour, output};
use crate::exit;
use crate::scenario::did_you_mean;

/// What the command line says.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The command whose page is printed; that of tieback itself when left out
    command: Option<String>,
}

/// Carries the command out and returns its exit code.
pub(super) fn execute(args: &Args, command: clap::Command, global: &Global) -> anyhow::Result<u8> {
    // Names as `tieback run`, and the options that every command takes.
    let mut command = command.disable_help_subcommand(true);
    command.build();
    let page = match &args.command {
        None => command,
        Some(name) => {
            let Some(found) = command.find_subcommand(name) else {
                let problem = unknown(name, &command);
                output::stderr(&problem.render(colour::wanted(global.color, &io::stderr())));
                return Ok(exit::USAGE);
            };
            found.clone()
        }
    };
    let mut roff = Vec::new();
    let source = concat!("tieback ", env!("CARGO_PKG_VERSION"));
    clap_mangen::Man::new(page).source(source).render(&mut roff)?;
    output::stdout(&String::from_utf8(roff)?)?;
    Ok(exit::PASSED)
}

fn unknown(name: &str, command: &clap::Command) -> Problem {
    let names = || command.get_subcommands().map(clap::Command::get_name);
    let help = match did_you_mean(name, names()) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!("the commands are `{}`", names().collect::<Vec<_>>().join("`, `")),
    };
    Problem::unreadable(format!("no command is called `{name}`"), help)
}
