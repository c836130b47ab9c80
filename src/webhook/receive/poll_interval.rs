//! How often the delivery log is asked.
//!
//! Growing pauses while a step waits, and a budget behind them: the API's limit of 100 requests a
//! minute holds for a whole organization (measured on Polar), so the log gets at most half of it,
//! however many waits begin.

use std::time::Duration;

use tokio::time::Instant;

/// The first pause; it doubles up to [`LONGEST`].
pub(super) const FIRST: Duration = Duration::from_millis(250);
const LONGEST: Duration = Duration::from_secs(2);

/// How many questions may be asked at once, out of those that were saved up.
const SAVED: u32 = 10;
/// How long it takes to save one up: 40 a minute.
const EARN: Duration = Duration::from_millis(1500);

/// When to ask next.
#[derive(Debug)]
pub(super) struct PollInterval {
    pause: Duration,
    /// When everything that was spent will have been earned back.
    even: Instant,
}

impl PollInterval {
    pub(super) fn new() -> Self {
        Self { pause: FIRST, even: Instant::now() }
    }

    /// A wait began, or something came: more may follow soon.
    pub(super) fn hasten(&mut self) {
        self.pause = FIRST;
    }

    /// Counts a question; returns the least and the longest time until the next one.
    pub(super) fn asked(&mut self) -> (Duration, Duration) {
        let now = Instant::now();
        self.even = self.even.max(now) + EARN;
        let over = (self.even - now).saturating_sub(EARN * SAVED);
        let least = over.max(FIRST);
        let longest = self.pause.max(least);
        self.pause = (self.pause * 2).min(LONGEST);
        (least, longest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn pauses_grow_and_start_anew() {
        let mut interval = PollInterval::new();
        let mut longest = || {
            let (_, longest) = interval.asked();
            longest.as_millis()
        };
        assert_eq!(
            [longest(), longest(), longest(), longest(), longest()],
            [250, 500, 1000, 2000, 2000]
        );
        interval.hasten();
        assert_eq!(interval.asked().1, FIRST);
    }

    #[tokio::test(start_paused = true)]
    async fn a_minute_brings_at_most_half_of_what_the_api_allows() {
        let mut interval = PollInterval::new();
        let (started, mut asked) = (Instant::now(), 0);
        while started.elapsed() < Duration::from_mins(1) {
            interval.hasten();
            asked += 1;
            let (least, _) = interval.asked();
            tokio::time::sleep(least).await;
        }
        assert!((40..=50).contains(&asked), "{asked}");
    }
}
