//! When a webhook that failed is tried again.

use std::time::Duration;

/// Ten attempts, each wait twice as long as the one before: with the default 4 s that is about 35
/// minutes in all, as measured on the real API.
#[derive(Debug, Clone, Copy)]
pub struct Retries {
    /// The wait before the second attempt.
    pub first_wait: Duration,
    /// How long an endpoint may take to answer.
    pub timeout: Duration,
}

impl Default for Retries {
    fn default() -> Self {
        Self { first_wait: Duration::from_secs(4), timeout: Duration::from_secs(10) }
    }
}

impl Retries {
    /// Attempts before a webhook has failed.
    pub(super) const ATTEMPTS: u32 = 10;
    /// Failed webhooks in a row before an endpoint is disabled.
    pub(super) const FAILURES: u32 = 10;
    /// The pause after the database failed.
    pub(super) const PAUSE: Duration = Duration::from_secs(1);
    /// The longest wait for a database that fails.
    const LONGEST: Duration = Duration::from_hours(24);

    /// The wait after so many attempts, in microseconds; `None` after the last.
    pub(super) fn wait(self, attempts: u32) -> Option<i64> {
        (attempts < Self::ATTEMPTS).then(|| {
            let wait = self.first_wait.saturating_mul(1 << attempts.saturating_sub(1));
            i64::try_from(wait.as_micros()).unwrap_or(i64::MAX / 2)
        })
    }

    /// The wait after so many attempts in a row whose outcome could not be recorded: that of a
    /// failed one, but never a short one, whatever was asked for, since nothing counts these to an
    /// end.
    pub(super) fn wait_unrecorded(self, attempts: u32) -> Duration {
        let wait =
            self.wait(attempts.min(Self::ATTEMPTS - 1)).and_then(|wait| u64::try_from(wait).ok());
        Duration::from_micros(wait.unwrap_or(u64::MAX)).clamp(Self::PAUSE, Self::LONGEST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outcome_that_cannot_be_recorded_is_waited_for_longer_and_longer() {
        let waits = |first| {
            let retries =
                Retries { first_wait: Duration::from_millis(first), ..Retries::default() };
            [1, 2, 9, 10, u32::MAX].map(|attempts| retries.wait_unrecorded(attempts).as_secs())
        };
        assert_eq!(waits(4000), [4, 8, 1024, 1024, 1024]);
        assert_eq!(waits(0), [1; 5]);
        assert_eq!(waits(u64::MAX), [24 * 60 * 60; 5]);
    }

    #[test]
    fn ten_attempts_take_about_35_minutes() {
        let retries = Retries::default();
        let waits: Vec<_> = (1..=10).map_while(|attempts| retries.wait(attempts)).collect();
        assert_eq!(waits.len(), 9);
        assert_eq!(waits.iter().sum::<i64>() / 1_000_000 / 60, 34);
    }
}
