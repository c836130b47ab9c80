//! The command line: what the user typed becomes resolved options, and one file a command carries
//! them out. Everything else in the crate is unaware of this module.

mod check;
mod clean;
mod colour;
mod completions;
mod connection;
mod deliver;
mod env_file;
mod explain;
mod init;
mod list;
mod load;
mod man;
mod output;
mod quoted;
mod run;
mod sandbox;
mod schema;
mod signals;
mod walk;

use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

use self::quoted::without_secrets;
use crate::exit;
use crate::printable::{defused, printable};
use crate::report::{ColorChoice, Detail};

/// Proves that a billing customer can be tied back to the right user in your app.
#[derive(Debug, Parser)]
#[command(name = "tieback", version, max_term_width = 100, propagate_version = true)]
struct Cli {
    #[command(flatten, next_help_heading = "Output")]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

/// Options that every command takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Global {
    /// When to colour the output; `NO_COLOR` and `CLICOLOR_FORCE` are honoured
    #[arg(long, global = true, value_name = "WHEN", value_enum, default_value_t = ColorChoice::Auto)]
    color: ColorChoice,
    /// Print failures and the summary only
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    quiet: bool,
    /// Print every step with its note and its checks, and the headers and bodies of steps that did
    /// not pass; -vv prints those of all steps. `sandbox` prints what it does
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    verbose: u8,
}

impl Global {
    /// How much the report for people shows.
    fn detail(&self) -> Detail {
        match self {
            Self { quiet: true, .. } => Detail::Quiet,
            Self { verbose: 0, .. } => Detail::Normal,
            Self { verbose: 1, .. } => Detail::Verbose,
            _ => Detail::All,
        }
    }
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run scenarios against a billing API
    Run(Box<run::Args>),
    /// Serve the stateful sandbox until stopped
    Sandbox(sandbox::Args),
    /// Deliver webhooks to a handler, as the API or as a forger would
    Deliver(deliver::Args),
    /// Read scenarios without sending anything
    Check(check::Args),
    /// List the built-in scenarios, or print one
    List(list::Args),
    /// Remove what earlier runs left behind at a target
    Clean(clean::Args),
    /// Say what a diagnosis means, how it comes about and how to fix it
    Explain(explain::Args),
    /// Look at the app in this folder, and write an app file, a scenario and a workflow for it
    Init(init::Args),
    /// Print the JSON schema of scenarios or app files, for editors
    Schema(schema::Args),
    /// Print completions for a shell
    Completions(completions::Args),
    /// Print a manual page, in roff
    Man(man::Args),
}

/// Runs the program and returns its exit code (see [`crate::exit`]).
#[must_use]
pub fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().collect();
    let command = Cli::command().color(colour::of_arguments(&arguments));
    let parsed =
        command.try_get_matches_from(arguments).and_then(|matches| Cli::from_arg_matches(&matches));
    let cli = match parsed {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version go to stdout, and a reader may close it early.
            let _ = print_usage(&error);
            return ExitCode::from(if error.use_stderr() { exit::USAGE } else { exit::PASSED });
        }
    };
    let outcome = match cli.command {
        Command::Run(args) => run::execute(*args, &cli.global),
        Command::Sandbox(args) => sandbox::execute(args, &cli.global),
        Command::Deliver(args) => deliver::execute(&args, &cli.global),
        Command::Check(args) => check::execute(&args, &cli.global),
        Command::List(args) => list::execute(&args, &cli.global),
        Command::Clean(args) => clean::execute(args, &cli.global),
        Command::Explain(args) => explain::execute(&args, &cli.global),
        Command::Init(args) => init::execute(&args, &cli.global),
        Command::Schema(args) => schema::execute(&args),
        Command::Completions(args) => completions::execute(&args, Cli::command()),
        Command::Man(args) => man::execute(&args, Cli::command(), &cli.global),
    };
    match outcome {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            output::stderr(&format!(
                "error: {}",
                printable(&without_secrets(&format!("{error:#}")))
            ));
            ExitCode::from(exit::USAGE)
        }
    }
}

/// Prints what clap has to say. It quotes what it cannot read, and that may be a secret in the
/// wrong place.
fn print_usage(error: &clap::Error) -> io::Result<()> {
    let whole = error.render().to_string();
    let shown = defused(&without_secrets(&whole)).into_owned();
    if shown == whole || !error.use_stderr() {
        return error.print();
    }
    io::stderr().write_all(shown.as_bytes())
}
