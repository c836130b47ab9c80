//! Durations as people write them: `500ms`, `30s`, `2m`.

use std::time::Duration;

/// The longest that makes sense in a run, and short enough to be added to any point in time.
const LONGEST: Duration = Duration::from_hours(24);

/// Why a text is no duration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DurationError {
    /// It is not a whole number followed by a unit.
    #[error("a duration is a whole number with a unit, such as `500ms`, `30s` or `2m`")]
    Malformed,
    /// It is more than a day.
    #[error("a duration is at most a day (`1440m`)")]
    TooLong,
}

/// Reads a duration.
pub fn parse_duration(text: &str) -> Result<Duration, DurationError> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let milliseconds: u64 = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        _ => return Err(DurationError::Malformed),
    };
    if number.is_empty() {
        return Err(DurationError::Malformed);
    }
    // All digits: the only way to fail is to be too large.
    let number: u64 = number.parse().map_err(|_| DurationError::TooLong)?;
    let duration = number.checked_mul(milliseconds).map(Duration::from_millis);
    duration.filter(|duration| *duration <= LONGEST).ok_or(DurationError::TooLong)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_duration_is_a_number_with_a_unit() {
        assert_eq!(parse_duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(parse_duration("30s"), Ok(Duration::from_secs(30)));
        assert_eq!(parse_duration("2m"), Ok(Duration::from_mins(2)));
        for bad in ["", "30", "s", "1.5s", "-1s", "30 s", "1h", "30sec", "٣s"] {
            assert_eq!(parse_duration(bad), Err(DurationError::Malformed), "{bad}");
        }
        for long in ["1441m", "99999999999999999999s", "18446744073709551615m"] {
            assert_eq!(parse_duration(long), Err(DurationError::TooLong), "{long}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_survived(text in any::<String>(), near in "[0-9]{0,25}[ms .-]{0,3}") {
            for text in [text, near] {
                prop_assert!(parse_duration(&text).is_ok_and(|duration| duration <= LONGEST) || parse_duration(&text).is_err());
            }
        }

        #[test]
        fn every_length_is_read(milliseconds in 0..=86_400_000_u64) {
            prop_assert_eq!(parse_duration(&format!("{milliseconds}ms")), Ok(Duration::from_millis(milliseconds)));
        }
    }
}
