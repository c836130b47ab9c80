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

    /// The wait after so many attempts, in microseconds; `None` after the last.
    pub(super) fn wait(self, attempts: u32) -> Option<i64> {
        (attempts < Self::ATTEMPTS).then(|| {
            let wait = self.first_wait.saturating_mul(1 << attempts.saturating_sub(1));
            i64::try_from(wait.as_micros()).unwrap_or(i64::MAX / 2)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_attempts_take_about_35_minutes() {
        let retries = Retries::default();
        let waits: Vec<_> = (1..=10).map_while(|attempts| retries.wait(attempts)).collect();
        assert_eq!(waits.len(), 9);
        assert_eq!(waits.iter().sum::<i64>() / 1_000_000 / 60, 34);
    }
}
