//! `tieback completions`.

use clap::ValueEnum;
use clap_complete::Shell;

use super::output;
use crate::exit;

/// What the command line says.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The shell
    #[arg(value_enum)]
    shell: Known,
}

/// The shells whose completions the tests try.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Known {
    /// `tieback completions bash > ~/.local/share/bash-completion/completions/tieback`
    Bash,
    /// `tieback completions zsh > ~/.zfunc/_tieback`, with ~/.zfunc in `fpath`
    Zsh,
    /// `tieback completions fish > ~/.config/fish/completions/tieback.fish`
    Fish,
    /// `tieback completions powershell >> $PROFILE`
    Powershell,
}

/// Carries the command out and returns its exit code.
pub(super) fn execute(args: &Args, mut command: clap::Command) -> anyhow::Result<u8> {
    let shell = match args.shell {
        Known::Bash => Shell::Bash,
        Known::Zsh => Shell::Zsh,
        Known::Fish => Shell::Fish,
        Known::Powershell => Shell::PowerShell,
    };
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command, "tieback", &mut script);
    output::stdout(&String::from_utf8(script)?)?;
    Ok(exit::PASSED)
}
