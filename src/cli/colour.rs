//! Whether to colour what is printed: decided once for each stream.

use std::env;
use std::ffi::OsString;
use std::io::IsTerminal;

use super::ColorChoice;

/// Whether to colour what goes to `stream`.
pub(crate) fn wanted(choice: ColorChoice, stream: &impl IsTerminal) -> bool {
    decide(choice, stream.is_terminal(), |name| env::var_os(name))
}

/// What was asked for on the command line, then what the environment forbids, then what it demands.
fn decide(choice: ColorChoice, terminal: bool, variable: impl Fn(&str) -> Option<OsString>) -> bool {
    let set = |name| variable(name).is_some_and(|value| !value.is_empty());
    match choice {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto if set("NO_COLOR") => false,
        ColorChoice::Auto if set("CLICOLOR_FORCE") && variable("CLICOLOR_FORCE").is_some_and(|value| value != "0") => {
            true
        }
        ColorChoice::Auto => terminal && variable("TERM").is_none_or(|term| term != "dumb"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn auto(terminal: bool, variables: &[(&str, &str)]) -> bool {
        decide(ColorChoice::Auto, terminal, |name| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.into())
        })
    }

    #[test]
    fn the_command_line_wins_then_no_color_then_force_then_the_terminal() {
        assert!(decide(ColorChoice::Always, false, |_| Some("1".into())));
        assert!(!decide(ColorChoice::Never, true, |_| Some("1".into())));
        assert!(!auto(true, &[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")]));
        assert!(auto(true, &[("NO_COLOR", "")]));
        assert!(auto(false, &[("CLICOLOR_FORCE", "1")]));
        assert!(!auto(false, &[("CLICOLOR_FORCE", "0")]));
        assert!(!auto(true, &[("TERM", "dumb")]));
        assert!(!auto(false, &[]));
    }
}
