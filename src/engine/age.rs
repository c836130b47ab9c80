//! Whether a record is older than the scenario, by its own word and the target's own clock.

use std::time::Duration;

use jiff::civil::DateTime;
use jiff::fmt::rfc2822;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value as Json;

use crate::http::Response;
use crate::provider::Customer;

/// How far a clock may be off that the target does not show.
const UNKNOWN_SKEW: SignedDuration = SignedDuration::from_mins(5);

/// How far `date` may be from the time here, where both come from one clock: it counts whole
/// seconds.
const SAME_CLOCK: SignedDuration = SignedDuration::from_secs(2);

/// Time zones reach this far from UTC.
const WIDEST_OFFSET: SignedDuration = SignedDuration::from_hours(14);

/// A time further ahead of now than this is not a time of creation.
const FUTURE: SignedDuration = SignedDuration::from_hours(24);

/// When a record was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Age {
    /// Before the scenario began; holds what the record says.
    Before(String),
    /// Since then.
    Since,
    /// The record does not say.
    Unknown,
}

/// When the scenario began, on the clock of the target.
#[derive(Debug, Clone, Copy)]
pub(super) struct Beginning {
    earliest: Timestamp,
    now: Timestamp,
    /// Whether that is the target's clock, and not a guess.
    known: bool,
}

impl Beginning {
    /// Reads the target's clock off `answer`, which has just come. A target on this machine has the
    /// clock of this machine, unless its `date` says otherwise.
    pub(super) fn read(
        answer: &Response,
        elapsed: Duration,
        now: Timestamp,
        loopback: bool,
    ) -> Self {
        let elapsed = SignedDuration::try_from(elapsed).unwrap_or_default();
        let date = answer
            .header("date")
            .and_then(|date| rfc2822::parse(date).ok())
            .map(|date| date.timestamp());
        let ours = |date: Timestamp| loopback && date.duration_since(now).abs() <= SAME_CLOCK;
        let (now, known) = match date {
            Some(date) if !ours(date) => (date, true),
            None if !loopback => (now, false),
            _ => (now, true),
        };
        let margin = if known { SignedDuration::ZERO } else { UNKNOWN_SKEW };
        Self { earliest: shifted(now, -elapsed - margin), now, known }
    }

    /// How old `record` is.
    pub(super) fn age(&self, customer: &Customer, record: &Json) -> Age {
        let keys = [customer.created_at].into_iter().chain(customer.created_at_aliases.to_vec());
        let mut times = keys.map(|key| &record[key]);
        let Some((said, (from, to))) = times.find_map(|time| Some((time, span(time)?))) else {
            return Age::Unknown;
        };
        if to <= self.earliest {
            return Age::Before(said.as_str().map_or_else(|| said.to_string(), str::to_owned));
        }
        // A time without an offset may be hours earlier than it looks.
        let exact = to.duration_since(from) <= SignedDuration::from_secs(1);
        if self.known && exact && from <= shifted(self.now, FUTURE) {
            Age::Since
        } else {
            Age::Unknown
        }
    }
}

fn shifted(time: Timestamp, by: SignedDuration) -> Timestamp {
    time.checked_add(by).unwrap_or(time)
}

/// The first moment that a time may stand for, and the one that follows the last: it may be cut to
/// seconds.
fn span(time: &Json) -> Option<(Timestamp, Timestamp)> {
    if let Some(number) = time.as_i64() {
        // Seconds, or milliseconds: the one stands for the year 5138 where the other begins.
        let (from, unit) = if number.abs() < 100_000_000_000 {
            (Timestamp::from_second(number), SignedDuration::from_secs(1))
        } else {
            (Timestamp::from_millisecond(number), SignedDuration::from_millis(1))
        };
        let from = from.ok()?;
        return Some((from, shifted(from, unit)));
    }
    let text = time.as_str()?.trim();
    let fraction = text.split_once('.').map_or("", |(_, rest)| rest);
    let digits = fraction.bytes().take_while(u8::is_ascii_digit).count();
    let unit = SignedDuration::from_nanos(
        10_i64.pow(9_u32.saturating_sub(u32::try_from(digits).unwrap_or(9))),
    );
    if let Ok(from) = text.parse::<Timestamp>() {
        return Some((from, shifted(from, unit)));
    }
    let from = text.parse::<DateTime>().ok()?.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp();
    Some((shifted(from, -WIDEST_OFFSET), shifted(from, WIDEST_OFFSET + unit)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::provider::POLAR;
    use crate::provider::made_up::ACME;

    fn at(time: &str) -> Timestamp {
        time.parse().unwrap()
    }

    /// A scenario that began at 12:00:00.5 by the clock here, ten seconds ago.
    fn beginning(date: Option<&str>, loopback: bool) -> Beginning {
        let headers = date.map(|date| ("date".to_owned(), date.to_owned())).into_iter().collect();
        let url = url::Url::parse("http://localhost/").unwrap();
        let answer = Response { status: 200, headers, body: Vec::new(), url };
        Beginning::read(&answer, Duration::from_secs(10), at("2026-03-01T12:00:10.5Z"), loopback)
    }

    fn age(beginning: Beginning, created: &Json) -> &'static str {
        match beginning.age(&ACME.customer, &json!({ "since": created })) {
            Age::Before(_) => "before",
            Age::Since => "since",
            Age::Unknown => "unknown",
        }
    }

    #[test]
    fn a_time_is_held_against_the_beginning() {
        for (created, expected) in [
            (json!("2026-03-01T12:00:00.400Z"), "before"),
            (json!("2026-03-01T12:00:00.500Z"), "since"),
            (json!("2026-03-01T12:00:00Z"), "since"),
            (json!("2026-03-01T11:59:59Z"), "before"),
            (json!("2026-03-01T14:00:00+02:00"), "since"),
            (json!("2026-03-01 12:00:03+00:00"), "since"),
            (json!("2026-03-01T12:00:03"), "unknown"),
            (json!("2026-02-27T12:00:03"), "before"),
            (json!(1_772_366_400), "since"),
            (json!(1_772_366_398), "before"),
            (json!(1_772_366_400_499_i64), "before"),
            (json!(1_772_366_400_500_i64), "since"),
            (json!("2999-03-01T12:00:00Z"), "unknown"),
            (json!("yesterday"), "unknown"),
            (json!(null), "unknown"),
        ] {
            assert_eq!(age(beginning(None, true), &created), expected, "{created}");
        }
        assert_eq!(beginning(None, true).age(&POLAR.customer, &json!({})), Age::Unknown);
        assert_eq!(
            beginning(None, true)
                .age(&POLAR.customer, &json!({ "createdAt": "2020-03-01T12:00:00Z" })),
            Age::Before("2020-03-01T12:00:00Z".to_owned())
        );
    }

    #[test]
    fn the_clock_is_the_target_s_own() {
        // An hour behind the clock here.
        let behind = Some("Sun, 01 Mar 2026 11:00:10 GMT");
        for loopback in [true, false] {
            assert_eq!(age(beginning(behind, loopback), &json!("2026-03-01T11:00:01Z")), "since");
            assert_eq!(age(beginning(behind, loopback), &json!("2026-03-01T10:59:58Z")), "before");
        }
        let ahead = Some("Sun, 01 Mar 2026 13:00:10 GMT");
        assert_eq!(age(beginning(ahead, false), &json!("2026-03-01T12:30:00Z")), "before");
        // One clock, cut to whole seconds in the header.
        let same = Some("Sun, 01 Mar 2026 12:00:10 GMT");
        assert_eq!(age(beginning(same, true), &json!("2026-03-01T12:00:00.400Z")), "before");
    }

    #[test]
    fn a_clock_that_is_not_known_proves_only_what_is_far_off() {
        for (created, expected) in [
            ("2026-03-01T11:50:00Z", "before"),
            ("2026-03-01T11:58:00Z", "unknown"),
            ("2026-03-01T12:00:05Z", "unknown"),
        ] {
            assert_eq!(age(beginning(None, false), &json!(created)), expected, "{created}");
        }
    }
}
