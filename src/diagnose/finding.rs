//! What one step shows, and which causes explain it as well.

use crate::event::Code;

/// A target that answers from a script makes everything after it meaningless, and one that loses or
/// changes the external ID cannot find a customer by it.
pub(super) const SCRIPTED: &[Code] = &[Code::NotStateful];
pub(super) const UNFINDABLE: &[Code] =
    &[Code::NotStateful, Code::ExternalIdLost, Code::ExternalIdChanged];

/// What one step shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Finding {
    pub(super) code: Code,
    pub(super) message: String,
    pub(super) hint: String,
    /// Causes that, shown by an earlier step, explain this one as well.
    pub(super) follows_from: &'static [Code],
}

impl Finding {
    pub(super) fn new(code: Code, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { code, message: message.into(), hint: hint.into(), follows_from: &[] }
    }

    pub(super) fn follows_from(self, causes: &'static [Code]) -> Self {
        Self { follows_from: causes, ..self }
    }

    /// Whether an earlier step's `cause` says it all. Causes that are only a heading for many
    /// different troubles explain nothing but themselves, once each.
    pub(super) fn is_explained_by(&self, cause: Code) -> bool {
        let specific = !matches!(
            cause,
            Code::Mismatch | Code::UnexpectedStatus | Code::Rejected | Code::ServerError
        );
        (cause == self.code && specific) || self.follows_from.contains(&cause)
    }
}
