//! Points in time out of a query, with pydantic's reasons as far as they are common.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use serde_json::{Value, json};

use super::Reader;
use crate::sandbox::clock::Micros;

/// A time with an offset, or seconds since 1970.
pub(crate) fn timestamp(reader: &mut Reader, value: &Value) -> Option<Micros> {
    let text = value.as_str().unwrap_or_default();
    if let Some(seconds) = text.parse::<f64>().ok().filter(|seconds| seconds.is_finite()) {
        // Above this, pydantic takes the number for milliseconds.
        let seconds = if seconds.abs() > 2e10 { seconds / 1000.0 } else { seconds };
        let nanos = std::time::Duration::try_from_secs_f64(seconds.abs()).ok()?;
        let micros = Micros::try_from(nanos.as_micros()).ok()?;
        return Some(if seconds < 0.0 { -micros } else { micros });
    }
    if let Ok(at) = text.parse::<Timestamp>() {
        return Some(at.as_microsecond());
    }
    if text.parse::<DateTime>().is_ok() || text.parse::<Date>().is_ok() {
        return reader.flaw("timezone_aware", "Input should have timezone info", value);
    }
    let reason = reason(text);
    let msg = format!("Input should be a valid datetime or date, {reason}");
    reader.flaw_with("datetime_from_date_parsing", msg, value, json!({"error": reason}))
}

/// pydantic reads a date where it could not read a time, and says what is wrong with that.
fn reason(text: &str) -> &'static str {
    const DATE: usize = "2026-01-01".len();
    let bytes = text.as_bytes();
    if bytes.len() < DATE {
        return "input is too short";
    }
    let number = |range: std::ops::Range<usize>| {
        let digits = &bytes[range];
        digits
            .iter()
            .all(u8::is_ascii_digit)
            .then(|| digits.iter().fold(0, |sum, digit| sum * 10 + u32::from(digit - b'0')))
    };
    if number(0..4).is_none() {
        return "invalid character in year";
    }
    if bytes[4] != b'-' {
        return "invalid date separator, expected `-`";
    }
    let Some(month) = number(5..7) else { return "invalid character in month" };
    if bytes[7] != b'-' {
        return "invalid date separator, expected `-`";
    }
    let Some(day) = number(8..10) else { return "invalid character in day" };
    if !(1..=12).contains(&month) {
        return "month value is outside expected range of 1-12";
    }
    if day == 0 || text.get(..DATE).is_none_or(|date| date.parse::<Date>().is_err()) {
        return "day value is outside expected range";
    }
    "unexpected extra characters at the end of the input"
}
