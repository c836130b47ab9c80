//! How wide the report for people is.

use std::ffi::OsStr;

/// Where it goes into a file or a pipe.
pub const USUAL: usize = 100;
/// The least that it is laid out for.
const LEAST: usize = 40;
/// Longer lines are hard to read.
const MOST: usize = 120;

/// The width for a sink: what `COLUMNS` says, else what the terminal on stdout says.
#[must_use]
pub fn of_stream(is_terminal: bool) -> usize {
    let terminal = if is_terminal { terminal_size::terminal_size() } else { None };
    let columns = terminal.map(|(terminal_size::Width(columns), _)| usize::from(columns));
    decide(std::env::var_os("COLUMNS").as_deref(), columns)
}

fn decide(variable: Option<&OsStr>, terminal: Option<usize>) -> usize {
    let said = variable.and_then(|value| value.to_str()?.trim().parse().ok());
    let known = |columns: &usize| *columns > 0;
    said.filter(known).or(terminal.filter(known)).unwrap_or(USUAL).clamp(LEAST, MOST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variable_wins_over_the_terminal() {
        for (variable, terminal, width) in [
            (None, None, 100),
            (None, Some(80), 80),
            (Some("72"), Some(80), 72),
            (Some("72"), None, 72),
            (Some(""), Some(80), 80),
            (Some("wide"), None, 100),
            (Some("0"), Some(0), 100),
            (Some("20"), None, 40),
            (None, Some(300), 120),
        ] {
            assert_eq!(decide(variable.map(OsStr::new), terminal), width, "{variable:?}");
        }
    }
}
