//! Points in time, the way pydantic reads them: text with an offset, or a number since 1970.

use std::sync::LazyLock;

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use regex::{Captures, Regex};
use serde_json::{Value, json};

use super::Validator;
use crate::sandbox::clock::Micros;

/// Above this, pydantic takes a number for milliseconds, below for seconds.
const MOST_SECONDS: i128 = 20_000_000_000;
/// The years 1 to 9999, in microseconds.
const FIRST: i128 = -62_135_596_800_000_000;
const LAST: i128 = 253_402_300_799_999_999;
/// The first microsecond of the year 0, which Python does not have.
const YEAR_ZERO: i128 = -62_167_219_200_000_000;

/// A number as text.
static NUMBER: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"^[+-]?\d+(\.\d+)?$").ok());
/// A date, a time and perhaps an offset. Which values are possible is looked at afterwards.
static TIME: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let pattern = concat!(
        r"^(?<date>\d{4}-\d\d-\d\d)[Tt _](?<hour>\d\d):(?<minute>\d\d)",
        r"(:(?<second>\d\d)([.,](?<fraction>\d+))?)?",
        r"(?<offset>[Zz]|(?<sign>[+-])(?<hours>\d\d):?(?<minutes>\d\d))?$",
    );
    Regex::new(pattern).ok()
});

/// A time with an offset, or seconds or milliseconds since 1970 as a number or as text.
pub(crate) fn timestamp(validator: &mut Validator, value: &Value) -> Option<Micros> {
    let (kind, what, read) = match value {
        Value::Number(number) => ("datetime_parsing", "datetime", since_1970(&number.to_string())),
        Value::String(text) if NUMBER.as_ref().is_some_and(|number| number.is_match(text)) => {
            ("datetime_from_date_parsing", "datetime or date", since_1970(text))
        }
        Value::String(text) => ("datetime_from_date_parsing", "datetime or date", written(text)),
        _ => return validator.flaw("datetime_type", "Input should be a valid datetime", value),
    };
    match read {
        Ok(Some(at)) => Some(at),
        Ok(None) => validator.flaw("timezone_aware", "Input should have timezone info", value),
        Err(reason) => {
            let kind = if reason == NO_YEAR { "datetime_parsing" } else { kind };
            let what = if reason == NO_YEAR { "datetime" } else { what };
            let msg = format!("Input should be a valid {what}, {reason}");
            validator.flaw_with(kind, msg, value, json!({"error": reason}))
        }
    }
}

const NO_YEAR: &str = "year 0 is out of range";

/// Seconds or milliseconds since 1970; what is smaller than a microsecond is cut off.
fn since_1970(text: &str) -> Result<Option<Micros>, &'static str> {
    let number: f64 = text.parse().unwrap_or(f64::INFINITY);
    let whole: Option<i128> = text.strip_prefix('+').unwrap_or(text).parse().ok();
    let micros = match whole {
        Some(whole) if whole.abs() <= MOST_SECONDS => whole * 1_000_000,
        Some(whole) => whole.saturating_mul(1000),
        None => fraction(number),
    };
    match micros {
        FIRST..=LAST => Ok(Micros::try_from(micros).ok()),
        YEAR_ZERO..FIRST => Err(NO_YEAR),
        ..YEAR_ZERO => Err("dates before 0000 are not supported as unix timestamps"),
        _ => Err("dates after 9999 are not supported as unix timestamps"),
    }
}

/// Microseconds out of a number with a fraction. Every time of the years 1 to 9999 fits into the
/// whole part.
#[expect(
    clippy::cast_possible_truncation,
    reason = "what does not fit is cut to what is out of range as well"
)]
#[expect(
    clippy::cast_precision_loss,
    reason = "the limit is far below where a float skips whole numbers"
)]
fn fraction(number: f64) -> i128 {
    let seconds = if number.abs() > MOST_SECONDS as f64 { number / 1000.0 } else { number };
    (seconds.floor() as i128)
        .saturating_mul(1_000_000)
        .saturating_add((seconds.rem_euclid(1.0) * 1e6).floor() as i128)
}

/// A date and a time as text; `None` where the offset is missing.
fn written(text: &str) -> Result<Option<Micros>, &'static str> {
    let Some(parts) = TIME.as_ref().and_then(|time| time.captures(text)) else {
        return if text.parse::<Date>().is_ok() && text.len() == DATE {
            Ok(None)
        } else {
            Err(reason(text))
        };
    };
    let at = date(&parts["date"]).zip(time(&parts)).ok_or_else(|| reason(text))?;
    if at.0.year() == 0 {
        return Err(NO_YEAR);
    }
    if parts.name("offset").is_none() {
        return Ok(None);
    }
    let offset = offset(&parts).ok_or_else(|| reason(text))?;
    let utc = DateTime::from_parts(at.0, at.1).to_zoned(TimeZone::UTC).map_err(|_| reason(text))?;
    Ok(Some(utc.timestamp().as_microsecond() - offset * 60_000_000))
}

fn date(text: &str) -> Option<Date> {
    text.parse().ok()
}

fn time(parts: &Captures<'_>) -> Option<Time> {
    let number =
        |name| parts.name(name).map_or(Some(0), |digits| digits.as_str().parse::<i8>().ok());
    let fraction = parts.name("fraction").map_or("", |digits| digits.as_str());
    let nanos = format!("{fraction:0<9}").get(..9).and_then(|digits| digits.parse().ok());
    Time::new(number("hour")?, number("minute")?, number("second")?, nanos?).ok()
}

/// Minutes east of Greenwich.
fn offset(parts: &Captures<'_>) -> Option<i64> {
    let (Some(hours), Some(minutes)) = (parts.name("hours"), parts.name("minutes")) else {
        return Some(0);
    };
    let (hours, minutes): (i64, i64) =
        (hours.as_str().parse().ok()?, minutes.as_str().parse().ok()?);
    let sign = if &parts["sign"] == "-" { -1 } else { 1 };
    (hours < 24 && minutes < 60).then_some(sign * (hours * 60 + minutes))
}

const DATE: usize = "2026-01-01".len();

/// pydantic reads a date where it could not read a time, and says what is wrong with that.
fn reason(text: &str) -> &'static str {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::clock::iso;

    fn read(value: &Value) -> Result<String, String> {
        let mut validator = Validator::default();
        let at = timestamp(&mut validator, value);
        validator
            .finish(at)
            .map(iso)
            .map_err(|flaws| format!("{}: {}", flaws[0].kind, flaws[0].msg))
    }

    #[test]
    fn times_are_read_as_pydantic_reads_them() {
        for (value, expected) in [
            (json!(0), "1970-01-01T00:00:00Z"),
            (json!(1_700_000_000), "2023-11-14T22:13:20Z"),
            (json!(1_700_000_000.5), "2023-11-14T22:13:20.500000Z"),
            (json!(1_700_000_000_123_i64), "2023-11-14T22:13:20.123000Z"),
            (json!(-0.5), "1969-12-31T23:59:59.500000Z"),
            (json!(20_000_000_001_i64), "1970-08-20T11:33:20.001000Z"),
            (json!(20_000_000_000_i64), "2603-10-11T11:33:20Z"),
            (json!("1700000000"), "2023-11-14T22:13:20Z"),
            (json!("1700000000.25"), "2023-11-14T22:13:20.250000Z"),
            (json!("+5"), "1970-01-01T00:00:05Z"),
            (json!("2020-01-01 10:00:00+02:00"), "2020-01-01T08:00:00Z"),
            (json!("2020-01-01T10:00Z"), "2020-01-01T10:00:00Z"),
            (json!("2020-01-01t00:00:00z"), "2020-01-01T00:00:00Z"),
            (json!("2020-01-01_00:00:00Z"), "2020-01-01T00:00:00Z"),
            (json!("2020-01-01T00:00:00,5Z"), "2020-01-01T00:00:00.500000Z"),
            (json!("2020-01-01T00:00:00.1234567Z"), "2020-01-01T00:00:00.123456Z"),
            (json!("2020-01-01T00:00:00+0200"), "2019-12-31T22:00:00Z"),
            (json!(-62_135_596_800_000_i64), "0001-01-01T00:00:00Z"),
        ] {
            assert_eq!(read(&value).as_deref(), Ok(expected), "{value}");
        }
    }

    #[test]
    fn what_is_no_time_has_the_reason_of_pydantic() {
        let text = "datetime_from_date_parsing: Input should be a valid datetime or date, ";
        let number = "datetime_parsing: Input should be a valid datetime, ";
        let extra = "unexpected extra characters at the end of the input";
        let late = "dates after 9999 are not supported as unix timestamps";
        for (value, start, expected) in [
            (json!(null), "", "datetime_type: Input should be a valid datetime"),
            (json!(true), "", "datetime_type: Input should be a valid datetime"),
            (json!({}), "", "datetime_type: Input should be a valid datetime"),
            (json!("2020-01-01T00:00:00"), "", "timezone_aware: Input should have timezone info"),
            (json!("2020-01-01"), "", "timezone_aware: Input should have timezone info"),
            (json!("nope"), text, "input is too short"),
            (json!(""), text, "input is too short"),
            (json!("1e3"), text, "input is too short"),
            (json!("inf"), text, "input is too short"),
            (json!("5 "), text, "input is too short"),
            (json!("2020-01-01T24:00:00Z"), text, extra),
            (json!("2020-01-01T00:00:60Z"), text, extra),
            (json!("2020-01-01T00:00:00+25:00"), text, extra),
            (json!("2020-01-01T00:00:00+02"), text, extra),
            (json!("2020-01-01T00:00:00Z[UTC]"), text, extra),
            (json!("2020-02-30T00:00:00Z"), text, "day value is outside expected range"),
            (json!("2020-13-01T00:00:00Z"), text, "month value is outside expected range of 1-12"),
            (json!("20200101T000000Z"), text, "invalid date separator, expected `-`"),
            (json!("253402300800000"), text, late),
            (json!(253_402_300_800_000_i64), number, late),
            (json!(1e300), number, late),
            (json!(-1e300), number, "dates before 0000 are not supported as unix timestamps"),
            (json!(-62_135_596_800_001_i64), number, NO_YEAR),
            (json!("0000-01-01T00:00:00Z"), number, NO_YEAR),
        ] {
            assert_eq!(read(&value), Err(format!("{start}{expected}")), "{value}");
        }
    }
}
