//! `tieback schema`: what editors need to know about files.

use clap::ValueEnum;

use super::output;
use crate::exit;

/// What the command line says.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Which files
    #[arg(value_enum, default_value_t = Kind::Scenario)]
    kind: Kind,
}

/// The files that people write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// Scenarios
    Scenario,
    /// App files
    App,
}

/// Carries the command out and returns its exit code.
pub(super) fn execute(args: &Args) -> anyhow::Result<u8> {
    output::stdout(match args.kind {
        Kind::Scenario => include_str!("../../docs/scenario.schema.json"),
        Kind::App => include_str!("../../docs/app.schema.json"),
    })?;
    Ok(exit::PASSED)
}
