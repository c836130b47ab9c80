//! Whether to colour what is printed outside of reports: decided once for each stream.

use std::io::IsTerminal;

use crate::report::{ColorChoice, ColorEnv, decide};

/// Whether to colour what goes to `stream`.
pub(crate) fn wanted(choice: ColorChoice, stream: &impl IsTerminal) -> bool {
    decide(choice, stream.is_terminal(), ColorEnv::read())
}
