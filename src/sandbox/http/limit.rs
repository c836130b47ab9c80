//! The limit on requests, as the real API has it: for the whole organization, and a lower one for
//! unknown tokens.

use std::str::FromStr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How many requests are answered in a minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimit {
    per_minute: u32,
}

/// Why a `100/min` cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("expected a number of requests a minute, like 100/min")]
pub struct RateLimitError;

impl FromStr for RateLimit {
    type Err = RateLimitError;

    fn from_str(text: &str) -> Result<Self, RateLimitError> {
        let number = text.strip_suffix("/min").unwrap_or(text);
        let per_minute = number.parse().ok().filter(|number| *number > 0).ok_or(RateLimitError)?;
        Ok(Self { per_minute })
    }
}

const WINDOW: Duration = Duration::from_mins(1);
/// Measured on the real API.
const UNKNOWN_TOKENS_PER_MINUTE: u32 = 60;

/// Counts requests in windows of a minute.
#[derive(Debug)]
pub(crate) struct Limiter {
    known: Window,
    unknown: Window,
}

#[derive(Debug)]
struct Window {
    most: u32,
    count: Mutex<Option<(Instant, u32)>>,
}

impl Limiter {
    pub(crate) fn new(limit: RateLimit) -> Self {
        let window = |most| Window { most, count: Mutex::new(None) };
        Self { known: window(limit.per_minute), unknown: window(UNKNOWN_TOKENS_PER_MINUTE) }
    }

    /// Counts a request; whether it may pass.
    pub(crate) fn passes(&self, known_token: bool, now: Instant) -> bool {
        let window = if known_token { &self.known } else { &self.unknown };
        let mut count = window.count.lock().unwrap_or_else(PoisonError::into_inner);
        let (start, seen) =
            count.filter(|(start, _)| now.duration_since(*start) < WINDOW).unwrap_or((now, 0));
        *count = Some((start, seen.saturating_add(1)));
        seen < window.most
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_minute_starts_anew() {
        let limiter = Limiter::new("2/min".parse().unwrap());
        let start = Instant::now();
        let passed: Vec<_> =
            [0, 1, 2, 59, 60].map(|s| limiter.passes(true, start + Duration::from_secs(s))).into();
        assert_eq!(passed, [true, true, false, false, true]);
    }
}
