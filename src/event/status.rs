//! How anything ended.

use super::named::named;

named! {
    /// How a check, a step, a scenario or a run ended.
    pub enum Status {
        /// Everything held.
        Passed = "passed",
        /// A check did not hold.
        Failed = "failed",
        /// It could not be checked.
        Errored = "errored",
        /// Not tried: something it needs was never captured, the target is gone, or the user said
        /// so.
        Skipped = "skipped",
        /// The user ended the run first.
        Interrupted = "interrupted",
    }
}
