//! `tieback sandbox`.

use super::Global;

/// What the command line says.
#[derive(Debug, clap::Args)]
pub(super) struct Args {}

/// Carries the command out and returns its exit code.
pub(super) fn execute(_args: Args, _global: &Global) -> anyhow::Result<u8> {
    anyhow::bail!("not there yet")
}
