//! The scenarios that ship with the program. They are the documentation by example, so their text
//! is kept as it stands.

use super::{Diagnostic, Scenario, read_source};
use crate::provider::Provider;

/// The file of a scenario that ships with the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BuiltIn {
    /// Its `name`, and that of its file.
    pub name: &'static str,
    /// The file's text.
    pub text: &'static str,
}

/// All of them, in the order in which they run: `build.rs` makes the list of `scenarios/`.
pub const BUILT_IN: &[BuiltIn] = include!(concat!(env!("OUT_DIR"), "/built_in.rs"));

impl BuiltIn {
    /// The one called `name`.
    #[must_use]
    pub fn find(name: &str) -> Option<&'static Self> {
        BUILT_IN.iter().find(|built_in| built_in.name == name)
    }

    /// Whether it is about an app under test.
    #[must_use]
    pub fn is_about_an_app(&self) -> bool {
        self.name.starts_with("app-")
    }

    /// The scenario in it. Tests see to it that this never fails.
    pub fn read(&self, provider: &'static Provider) -> Result<Scenario, Vec<Diagnostic>> {
        read_source(format!("built-in {}", self.name), true, self.text, provider)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::POLAR;

    #[test]
    fn every_built_in_is_right_and_called_like_its_file() {
        for built_in in BUILT_IN {
            let scenario = built_in.read(&POLAR).unwrap_or_else(|found| panic!("{}", found[0]));
            assert_eq!(scenario.name, built_in.name);
            assert_eq!(scenario.warnings, [], "{}", built_in.name);
        }
    }

    #[test]
    fn they_run_in_the_order_of_the_numbers_in_their_first_lines() {
        assert_eq!(BUILT_IN[0].name, "customer-mapping");
        for (index, built_in) in BUILT_IN.iter().enumerate() {
            let number = format!("# {}. ", index + 1);
            assert!(built_in.text.starts_with(&number), "{}: {number}", built_in.name);
        }
        assert!(BUILT_IN.len() >= 9);
    }
}
