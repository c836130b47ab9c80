//! The scenarios that ship with the program. They are the documentation by example, so their text is
//! kept as it stands.

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

macro_rules! built_in {
    ($($name:literal)*) => {
        [$(BuiltIn {
            name: $name,
            text: include_str!(concat!("../../scenarios/", $name, ".yaml")),
        }),*]
    };
}

/// All of them, in the order in which they run.
pub const BUILT_IN: [BuiltIn; 9] = built_in! {
    "customer-mapping"
    "customer-lookup"
    "external-id-rules"
    "customer-metadata"
    "customer-update"
    "team-customer"
    "customer-state"
    "customer-deletion"
    "webhook-delivery"
};

impl BuiltIn {
    /// The one called `name`.
    #[must_use]
    pub fn find(name: &str) -> Option<&'static Self> {
        BUILT_IN.iter().find(|built_in| built_in.name == name)
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
        for built_in in &BUILT_IN {
            let scenario = built_in.read(&POLAR).unwrap_or_else(|found| panic!("{}", found[0]));
            assert_eq!(scenario.name, built_in.name);
            assert_eq!(scenario.warnings, [], "{}", built_in.name);
        }
    }

    #[test]
    fn every_file_in_the_folder_is_built_in() {
        let mut files: Vec<_> =
            std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios"))
                .unwrap()
                .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
                .collect();
        files.sort();
        let mut names = BUILT_IN.map(|built_in| format!("{}.yaml", built_in.name));
        names.sort_unstable();
        assert_eq!(files, names);
    }
}
