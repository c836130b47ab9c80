//! The sandbox's clock: wall time that never stands still, and may be sent ahead.

use std::sync::atomic::{AtomicI64, Ordering};

use jiff::Timestamp;

/// Microseconds since the Unix epoch.
pub(crate) type Micros = i64;

const SECOND: Micros = 1_000_000;

/// Hands out wall time, strictly increasing: what happened later sorts later, as it does on the
/// real API, whose answers take longer than the microsecond its times are counted in.
#[derive(Debug, Default)]
pub(crate) struct Clock {
    last: AtomicI64,
    /// How far it is ahead of the wall, in microseconds.
    ahead: AtomicI64,
}

impl Clock {
    /// Now, and later than every time handed out before.
    pub(crate) fn now(&self) -> Micros {
        let wall = wall().saturating_add(self.ahead.load(Ordering::Relaxed));
        let mut last = self.last.load(Ordering::Relaxed);
        loop {
            let mut next = wall.max(last + 1);
            // Polar leaves the fraction out where it is zero; one format is kinder to read.
            next += i64::from(next % SECOND == 0);
            match self.last.compare_exchange_weak(last, next, Ordering::Relaxed, Ordering::Relaxed)
            {
                Ok(_) => return next,
                Err(newer) => last = newer,
            }
        }
    }

    /// Goes on from `at`, if that is later than now; returns how far ahead it is then.
    pub(crate) fn advance_to(&self, at: Micros) -> Micros {
        let before = self.ahead.fetch_max(at.saturating_sub(wall()), Ordering::Relaxed);
        before.max(self.ahead.load(Ordering::Relaxed))
    }

    /// Is so far ahead of the wall.
    pub(crate) fn set_ahead(&self, ahead: Micros) {
        self.ahead.store(ahead, Ordering::Relaxed);
    }

    /// Starts again from the wall's time.
    pub(crate) fn reset(&self) {
        self.set_ahead(0);
        self.last.store(0, Ordering::Relaxed);
    }

    /// Makes sure that nothing is handed out that is not later than `seen`.
    pub(crate) fn pass(&self, seen: Micros) {
        self.last.fetch_max(seen, Ordering::Relaxed);
    }
}

/// What the wall says. Signatures carry it: a receiver compares it with its own clock.
pub(crate) fn wall() -> Micros {
    Timestamp::now().as_microsecond()
}

/// `2026-11-22T02:51:43.943524Z`, as Polar writes times: without a fraction where it is zero.
pub(crate) fn iso(at: Micros) -> String {
    let Ok(timestamp) = Timestamp::from_microsecond(at) else { return String::new() };
    let time = timestamp.to_zoned(jiff::tz::TimeZone::UTC).datetime();
    let micros = time.subsec_nanosecond() / 1000;
    let fraction = if micros == 0 { String::new() } else { format!(".{micros:06}") };
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}{fraction}Z",
        time.year(),
        time.month(),
        time.day(),
        time.hour(),
        time.minute(),
        time.second(),
    )
}

/// The time that such a text says.
pub(crate) fn micros(text: &str) -> Micros {
    text.parse::<Timestamp>().map_or(0, Timestamp::as_microsecond)
}

/// `2026-11-22T02:51:43.943524+00:00`: Python's own format, which shows in hashes and exports.
pub(crate) fn python_iso(at: Micros) -> String {
    iso(at).replace('Z', "+00:00")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_times_are_never_the_same() {
        let clock = Clock::default();
        let times: Vec<_> = (0..1000).map(|_| clock.now()).collect();
        assert!(times.is_sorted_by(|earlier, later| earlier < later));
    }

    #[test]
    fn times_are_written_as_polar_writes_them() {
        assert_eq!(iso(1_795_315_903_943_524), "2026-11-22T02:51:43.943524Z");
        assert_eq!(iso(1_795_315_903_000_000), "2026-11-22T02:51:43Z");
    }
}
