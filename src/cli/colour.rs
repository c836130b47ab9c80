//! Whether to colour what is printed outside of reports: decided once for each stream.

use std::ffi::OsString;
use std::io::IsTerminal;

use crate::report::{ColorChoice, ColorEnv, decide};

/// What `--color` says, for what is printed about arguments that cannot be read.
pub(crate) fn of_arguments(arguments: &[OsString]) -> clap::ColorChoice {
    let texts = arguments.iter().map(|argument| argument.to_str().unwrap_or_default());
    let (mut choice, mut is_next) = (clap::ColorChoice::Auto, false);
    for text in texts.take_while(|text| *text != "--") {
        let value = if is_next { Some(text) } else { text.strip_prefix("--color=") };
        choice = match value {
            Some("always") => clap::ColorChoice::Always,
            Some("never") => clap::ColorChoice::Never,
            Some("auto") => clap::ColorChoice::Auto,
            _ => choice,
        };
        is_next = text == "--color";
    }
    choice
}

/// Whether to colour what goes to `stream`.
pub(crate) fn wanted(choice: ColorChoice, stream: &impl IsTerminal) -> bool {
    decide(choice, stream.is_terminal(), ColorEnv::read())
}
