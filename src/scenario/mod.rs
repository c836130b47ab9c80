//! The scenario format, from a file's text to a [`Scenario`]: no I/O, and every mistake is a
//! [`Diagnostic`] that points at the user's own line.
//!
//! `yaml` reads the text into a tree with spans and refuses what YAML would silently change;
//! `parse` turns that tree into the `model`; `template` holds `${…}`; `builtin` holds the scenarios
//! that ship with the program.

pub mod model;
pub mod template;
mod uses;

pub use model::*;
pub use template::{Part, Template};
