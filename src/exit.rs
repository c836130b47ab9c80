//! The exit codes, named. Scripts rely on them, so a code never changes its meaning.

use crate::event::{RunReport, Status};

/// Every selected scenario passed, or the command did what it was asked.
pub const PASSED: u8 = 0;
/// At least one check failed: the integration is broken.
pub const FAILED: u8 = 1;
/// The command line or a scenario file is wrong, or production was refused.
pub const USAGE: u8 = 2;
/// The target could not be tested, and no check failed.
pub const UNTESTED: u8 = 3;
/// Interrupted by Ctrl-C (128 + SIGINT); clean-up was still done.
pub const INTERRUPTED: u8 = 130;
/// Ended by SIGTERM (128 + SIGTERM) or a closed terminal; clean-up was still done.
pub const TERMINATED: u8 = 143;

/// The exit code a finished run owes. An interruption keeps its own code, which the caller knows.
#[must_use]
pub fn code_of(report: &RunReport) -> u8 {
    match report.status {
        Status::Passed => PASSED,
        Status::Failed => FAILED,
        Status::Errored | Status::Skipped => UNTESTED,
        Status::Interrupted => INTERRUPTED,
    }
}
