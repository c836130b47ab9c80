//! Durations as people write them: `500ms`, `30s`, `1m30s`, `1h`, `7d`. One grammar for the command
//! line, scenario files and the sandbox, read by jiff.

use std::time::Duration;

use jiff::SpanRelativeTo;
use jiff::fmt::friendly::SpanParser;

/// Longer than any run, and short enough to be added to any point in time.
const LONGEST: Duration = Duration::from_hours(365 * 24);

/// Why a text is not a duration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DurationError {
    /// It is not made of numbers with units.
    #[error("a duration is a number with its unit, such as `500ms`, `30s`, `1m30s`, `1h` or `7d`")]
    Malformed,
    /// It is a number alone.
    #[error("add the unit: `{0}s`")]
    NoUnit(String),
    /// It holds units that have no fixed length.
    #[error("months and years differ in length; give weeks, days, hours or minutes")]
    Calendar,
    /// It is less than nothing.
    #[error("a duration is not negative")]
    Negative,
    /// It is more than a year.
    #[error("a duration is at most a year (`365d`)")]
    TooLong,
}

/// Reads a duration.
pub fn parse_duration(text: &str) -> Result<Duration, DurationError> {
    let text = text.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(DurationError::NoUnit(text.to_owned()));
    }
    let parser = SpanParser::new();
    let Ok(span) = parser.parse_span(text) else {
        // Where small numbers would do, these are too large.
        let small = with_small_numbers(text);
        let too_long = small != text && parser.parse_span(&small).is_ok();
        return Err(if too_long { DurationError::TooLong } else { DurationError::Malformed });
    };
    if span.is_negative() {
        return Err(DurationError::Negative);
    }
    if span.get_months() != 0 || span.get_years() != 0 {
        return Err(DurationError::Calendar);
    }
    let duration = span.to_duration(SpanRelativeTo::days_are_24_hours()).ok();
    let duration = duration.and_then(|duration| Duration::try_from(duration).ok());
    duration.filter(|duration| *duration <= LONGEST).ok_or(DurationError::TooLong)
}

/// `text` with a 1 in place of each whole number.
fn with_small_numbers(text: &str) -> String {
    let mut small = String::new();
    for char in text.chars() {
        if !char.is_ascii_digit() {
            small.push(char);
        } else if !small.ends_with('1') {
            small.push('1');
        }
    }
    small
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_duration_is_a_number_with_a_unit_or_several() {
        for (text, seconds) in [
            ("0s", 0.0),
            ("500ms", 0.5),
            ("30s", 30.0),
            ("2m", 120.0),
            ("1m30s", 90.0),
            ("1h", 3600.0),
            ("1h30m", 5400.0),
            ("7d", 604_800.0),
            ("2w", 1_209_600.0),
            ("1.5s", 1.5),
            (" 30 sec ", 30.0),
            ("1 hour, 2 minutes", 3720.0),
            ("365d", 31_536_000.0),
        ] {
            assert_eq!(parse_duration(text), Ok(Duration::from_secs_f64(seconds)), "{text}");
        }
    }

    #[test]
    fn what_is_none_says_why() {
        for text in
            ["", "s", "soon", "5x", "1m30", "30s1m", "1h1h", "30S", "٣s", "1.5d", "PT30S", "--1s"]
        {
            assert_eq!(parse_duration(text), Err(DurationError::Malformed), "{text}");
        }
        assert_eq!(parse_duration("30"), Err(DurationError::NoUnit("30".to_owned())));
        for text in ["1mo", "1y", "2 months 3d"] {
            assert_eq!(parse_duration(text), Err(DurationError::Calendar), "{text}");
        }
        for text in ["-1s", "1h ago"] {
            assert_eq!(parse_duration(text), Err(DurationError::Negative), "{text}");
        }
        for text in [
            "366d",
            "8761h",
            "99999999999999999999s",
            "18446744073709551615m",
            "1m99999999999999999999s",
        ] {
            assert_eq!(parse_duration(text), Err(DurationError::TooLong), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_survived(
            text in any::<String>(),
            near in "[0-9]{0,25}[mshdw .-]{0,3}[0-9]{0,3}[ms]{0,2}",
        ) {
            for text in [text, near] {
                let read = parse_duration(&text);
                prop_assert!(read.map_or(true, |duration| duration <= LONGEST), "{text}");
            }
        }

        #[test]
        fn every_length_is_read(milliseconds in 0..=86_400_000_u64) {
            let read = parse_duration(&format!("{milliseconds}ms"));
            prop_assert_eq!(read, Ok(Duration::from_millis(milliseconds)));
        }
    }
}
