//! Durations for people.

use std::time::Duration;

/// `2.1 ms`, `812.4 ms`, `1.20 s`, `1 min 05 s`: no more than anyone wants to know, and
/// right-aligned in [`COLUMNS`] columns they line up.
#[must_use]
pub fn humane(duration: Duration) -> String {
    let tenths_of_millis = (duration.as_micros() + 50) / 100;
    if tenths_of_millis < 10_000 {
        return format!("{}.{} ms", tenths_of_millis / 10, tenths_of_millis % 10);
    }
    let hundredths = (duration.as_millis() + 5) / 10;
    if hundredths < 6_000 {
        return format!("{}.{:02} s", hundredths / 100, hundredths % 100);
    }
    let seconds = (duration.as_millis() + 500) / 1_000;
    format!("{} min {:02} s", seconds / 60, seconds % 60)
}

/// A limit as a person would have written it: `30 s`, `1 min 30 s`, `500 ms`.
#[must_use]
pub fn limit(duration: Duration) -> String {
    let millis = duration.as_millis();
    match (millis / 1_000, millis % 1_000) {
        (0, millis) => format!("{millis} ms"),
        (seconds @ 1..60, 0) => format!("{seconds} s"),
        (seconds, _) if seconds < 60 => humane(duration),
        (seconds, _) if seconds % 60 == 0 => format!("{} min", seconds / 60),
        (seconds, _) => format!("{} min {} s", seconds / 60, seconds % 60),
    }
}

/// What any duration below ten hours fits into.
pub const COLUMNS: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_change_where_a_reader_would() {
        for (micros, shown) in [
            (0, "0.0 ms"),
            (40, "0.0 ms"),
            (2_149, "2.1 ms"),
            (812_400, "812.4 ms"),
            (999_949, "999.9 ms"),
            (999_951, "1.00 s"),
            (1_204_000, "1.20 s"),
            (59_994_000, "59.99 s"),
            (59_996_000, "1 min 00 s"),
            (65_000_000, "1 min 05 s"),
        ] {
            assert_eq!(humane(Duration::from_micros(micros)), shown);
        }
    }

    #[test]
    fn limits_are_round() {
        for (millis, shown) in [
            (500, "500 ms"),
            (30_000, "30 s"),
            (1_500, "1.50 s"),
            (90_000, "1 min 30 s"),
            (120_000, "2 min"),
        ] {
            assert_eq!(limit(Duration::from_millis(millis)), shown);
        }
    }
}
