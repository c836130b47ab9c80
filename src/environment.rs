//! The environment, with what files add to it.

use std::collections::BTreeMap;
use std::env::VarError;
use std::fmt;

use crate::secret::{Redactor, Secret, is_secret_name};

/// Variables by name. The process's own come first: a file says what is not set otherwise.
#[derive(Clone, Default)]
pub struct Environment {
    files: BTreeMap<String, String>,
}

/// A variable whose value is not UTF-8.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0} is not UTF-8")]
pub struct NotUtf8(String);

impl fmt::Debug for Environment {
    /// The names alone: values may be secrets.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.files.keys()).finish()
    }
}

impl Environment {
    /// Adds variables out of a file; of two files the later counts.
    pub fn add(&mut self, variables: Vec<(String, String)>) {
        self.files.extend(variables);
    }

    /// The value of a variable, where it is set.
    pub fn get(&self, name: &str) -> Result<Option<String>, NotUtf8> {
        match std::env::var(name) {
            Ok(value) => Ok(Some(value)),
            Err(VarError::NotPresent) => Ok(self.files.get(name).cloned()),
            Err(VarError::NotUnicode(_)) => Err(NotUtf8(name.to_owned())),
        }
    }

    /// Has `redactor` learn the values in files whose names say that they are secret.
    pub fn teach(&self, redactor: &Redactor) {
        for (_, value) in self.files.iter().filter(|(name, _)| is_secret_name(name)) {
            redactor.learn(&Secret::new(value.clone()));
        }
    }
}
