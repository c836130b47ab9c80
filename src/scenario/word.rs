//! A word that a scenario says as it stands.

use super::Span;

/// A word of a scenario, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// What it says.
    pub value: String,
    /// Where it stands.
    pub span: Span,
}
