//! Keeping within a target's rate limit: no request before its time where the limit is known, and
//! none after a 429 for as long as the target asks. All requests to a target share both.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::rfc2822;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{Failure, FailureKind};

/// How long one request waits, all its waits together, unless told otherwise.
const DEFAULT_RATE_LIMIT_WAIT: Duration = Duration::from_mins(2);

/// Limits count requests by the minute (measured on the real API).
const WINDOW: Duration = Duration::from_mins(1);

/// The first wait after a 429 that does not say how long; it doubles.
const FIRST_WAIT: Duration = Duration::from_secs(1);

/// How those who wait go about it. Clones of a client may differ in it.
#[derive(Clone)]
pub struct RateLimitPolicy {
    /// The most that one request waits for a rate limit.
    pub most: Duration,
    /// Cancelled when waiting has become pointless.
    pub until: CancellationToken,
    /// Told of each wait before it begins.
    pub tell: Arc<dyn Fn(String) + Send + Sync>,
    /// Told first how long each wait is, also of those that others were told of; whether it says so
    /// itself.
    pub says_itself: Option<Arc<dyn Fn(Duration) -> bool + Send + Sync>>,
}

impl Default for RateLimitPolicy {
    fn default() -> Self {
        Self {
            most: DEFAULT_RATE_LIMIT_WAIT,
            until: CancellationToken::new(),
            tell: Arc::new(|_| {}),
            says_itself: None,
        }
    }
}

impl fmt::Debug for RateLimitPolicy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("RateLimitPolicy").field("most", &self.most).finish_non_exhaustive()
    }
}

/// The longest wait that is considered, whatever a target asks for.
const LONGEST_WAIT: Duration = Duration::from_hours(24);

/// What is known of a target's limit.
#[derive(Debug, Default)]
pub(super) struct RateLimit {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    a_minute: Option<usize>,
    /// When the requests of the last minute were sent, where that counts.
    sent: VecDeque<Instant>,
    /// The target wants nothing before.
    closed_until: Option<Instant>,
    /// The longest wait of each kind that was told, in seconds: a wait like it is not reported
    /// again.
    told: [f64; 2],
    /// The method of a request that the limit outlasted: no request waits until one of these is
    /// answered again, or each of a run would wait in vain for as long as the first.
    outlasted: Option<String>,
    /// Whether a wait was worth it since one was in vain: then others only use up the limit.
    lifted: bool,
}

/// Why a request has to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hold {
    /// The target answered 429.
    Refused(Duration),
    /// One more would be more than it takes in a minute.
    Paced(Duration, usize),
}

impl State {
    /// Whether a wait is longer than any of its kind that was told.
    fn is_news(&mut self, hold: Hold) -> bool {
        let kind = usize::from(matches!(hold, Hold::Paced(..)));
        let news = hold.seconds() > self.told[kind];
        self.told[kind] = self.told[kind].max(hold.seconds());
        news
    }
}

impl Hold {
    fn wait(self) -> Duration {
        match self {
            Self::Refused(wait) | Self::Paced(wait, _) => wait,
        }
    }

    /// The wait in whole seconds, as people are told it.
    fn seconds(self) -> f64 {
        self.wait().as_secs_f64().ceil()
    }
}

/// One request's waiting: how long it may, and how it grows.
pub(super) struct Waits<'a> {
    limit: &'a RateLimit,
    policy: &'a RateLimitPolicy,
    method: &'a str,
    /// What may still be waited.
    left: Duration,
    pause: Duration,
    /// Whether it was refused itself, and not only others before it.
    refused: bool,
}

impl RateLimit {
    /// Sends no more than so many requests in any minute from now on.
    pub(super) fn set(&self, a_minute: usize) {
        self.with(|state| state.a_minute = Some(a_minute.max(1)));
    }

    /// How a request with this method waits.
    pub(super) fn waits<'a>(&'a self, policy: &'a RateLimitPolicy, method: &'a str) -> Waits<'a> {
        Waits { limit: self, policy, method, left: policy.most, pause: FIRST_WAIT, refused: false }
    }

    fn with<T>(&self, with: impl FnOnce(&mut State) -> T) -> T {
        with(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl State {
    /// Counts a request that is sent at once, or says why it has to wait.
    fn admit(&mut self, now: Instant) -> Option<Hold> {
        if let Some(until) = self.closed_until.filter(|until| *until > now) {
            return Some(Hold::Refused(until - now));
        }
        let a_minute = self.a_minute?;
        while self.sent.front().is_some_and(|sent| *sent + WINDOW <= now) {
            self.sent.pop_front();
        }
        if let Some(oldest) = self.sent.front().filter(|_| self.sent.len() >= a_minute) {
            return Some(Hold::Paced(*oldest + WINDOW - now, a_minute));
        }
        self.sent.push_back(now);
        None
    }
}

impl Waits<'_> {
    /// Waits until a request may be sent. `on_wait` is told how long before each wait. Where that
    /// would take too long, the request is sent all the same if it never was: what others were told
    /// need not hold for it. Fails where it was, and where waiting became pointless.
    pub(super) async fn turn(&mut self, on_wait: &impl Fn(Duration)) -> Result<(), Failure> {
        while let Some(hold) = self.limit.with(|state| state.admit(Instant::now())) {
            let in_vain = || {
                matches!(hold, Hold::Refused(_))
                    && self.limit.with(|state| state.outlasted.is_some())
            };
            let too_long = hold.wait() > self.left || in_vain();
            if too_long && !self.refused {
                return Ok(());
            }
            self.hold(hold, too_long, on_wait).await?;
        }
        Ok(())
    }

    /// The target answered something else than 429.
    pub(super) fn answered(&self) {
        self.limit.with(|state| {
            state.lifted |= self.refused;
            state.outlasted.take_if(|method| method == self.method);
        });
    }

    /// The target answered 429, with this `retry-after`.
    pub(super) fn refused(&mut self, retry_after: Option<&str>) {
        self.refused = true;
        // One that asks for no wait at all, again and again, is not taken at its word.
        let wait = retry_after
            .and_then(asked)
            .map_or(self.pause, |asked| asked.clamp(self.pause / 10, LONGEST_WAIT));
        self.pause = self.pause.saturating_mul(2);
        let until = Instant::now() + wait;
        self.limit.with(|state| state.closed_until = state.closed_until.max(Some(until)));
    }

    async fn hold(
        &mut self,
        hold: Hold,
        too_long: bool,
        on_wait: &impl Fn(Duration),
    ) -> Result<(), Failure> {
        let (wait, seconds) = (hold.wait(), hold.seconds());
        if too_long {
            let most = self.policy.most.as_secs_f64();
            let others = self.limit.with(|state| {
                let others = state.outlasted.is_some();
                if !std::mem::take(&mut state.lifted) {
                    state.outlasted.get_or_insert_with(|| self.method.to_owned());
                }
                others
            });
            let which =
                if others { "a request before this one waited" } else { "one request waits" };
            return Err(limited(format!(
                "it would take another {seconds} s, and {which} {most} s at most \
                 (--rate-limit-wait)"
            )));
        }
        let why = match hold {
            Hold::Refused(_) => "because the target limits requests (429)".to_owned(),
            Hold::Paced(_, a_minute) => format!("to stay within {a_minute} requests a minute"),
        };
        self.left = self.left.saturating_sub(wait);
        on_wait(wait);
        let said = self.policy.says_itself.as_ref().is_some_and(|says| says(wait));
        if !said && self.limit.with(|state| state.is_news(hold)) {
            (self.policy.tell)(format!("waiting {seconds} s {why}"));
        }
        tokio::select! {
            () = tokio::time::sleep(wait) => Ok(()),
            () = self.policy.until.cancelled() => Err(limited("the run was told to end before the limit passed".to_owned())),
        }
    }
}

fn limited(detail: String) -> Failure {
    Failure::new(FailureKind::RateLimited, detail)
}

/// What a `retry-after` asks for: seconds, or a date (RFC 9110).
fn asked(text: &str) -> Option<Duration> {
    let text = text.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = rfc2822::DateTimeParser::new().parse_timestamp(text).ok()?;
    Some(Duration::try_from(date.duration_since(Timestamp::now())).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How long a request waits for its turn, in seconds.
    async fn turn(waits: &mut Waits<'_>) -> Result<u64, Failure> {
        let before = Instant::now();
        waits.turn(&|_| {}).await?;
        Ok(before.elapsed().as_secs())
    }

    #[tokio::test(start_paused = true)]
    async fn a_known_limit_is_kept_in_every_minute() {
        let (limit, policy) = (RateLimit::default(), RateLimitPolicy::default());
        limit.set(3);
        let mut waited = Vec::new();
        for _ in 0..7 {
            waited.push(turn(&mut limit.waits(&policy, "GET")).await.unwrap());
            tokio::time::sleep(Duration::from_secs(10)).await;
        }
        assert_eq!(waited, [0, 0, 0, 30, 0, 0, 30]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_429_holds_up_everybody_until_it_has_passed() {
        let (limit, policy) = (RateLimit::default(), RateLimitPolicy::default());
        let mut refused = limit.waits(&policy, "GET");
        assert_eq!(turn(&mut refused).await, Ok(0));
        refused.refused(Some("7"));
        assert_eq!(turn(&mut limit.waits(&policy, "GET")).await, Ok(7));
        assert_eq!(turn(&mut refused).await, Ok(0));
    }

    #[tokio::test(start_paused = true)]
    async fn those_who_wait_side_by_side_say_so_once() {
        let limit = RateLimit::default();
        let told = Arc::new(Mutex::new(Vec::new()));
        let heard = told.clone();
        let tell = move |text| heard.lock().unwrap().push(text);
        let policy = RateLimitPolicy { tell: Arc::new(tell), ..RateLimitPolicy::default() };
        for says in ["7", "8"] {
            limit.waits(&policy, "GET").refused(Some(says));
            let (mut one, mut other) = (limit.waits(&policy, "GET"), limit.waits(&policy, "GET"));
            let both = tokio::join!(turn(&mut one), turn(&mut other));
            assert_eq!(both, (Ok(says.parse().unwrap()), Ok(says.parse().unwrap())));
        }
        let said =
            |seconds| format!("waiting {seconds} s because the target limits requests (429)");
        assert_eq!(*told.lock().unwrap(), [said(7), said(8)]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_that_is_no_longer_than_the_last_is_not_told_again() {
        let limit = RateLimit::default();
        let told = Arc::new(Mutex::new(Vec::new()));
        let heard = told.clone();
        let tell = move |text: String| heard.lock().unwrap().push(text);
        let policy = RateLimitPolicy { tell: Arc::new(tell), ..RateLimitPolicy::default() };
        for says in ["2", "2", "1", "2", "3"] {
            let mut waits = limit.waits(&policy, "GET");
            waits.refused(Some(says));
            turn(&mut waits).await.unwrap();
        }
        assert_eq!(
            told.lock().unwrap().iter().filter(|text| text.starts_with("waiting 2 s")).count(),
            1
        );
        assert_eq!(told.lock().unwrap().len(), 2);
    }

    /// Two waits of a minute, and not two for each request.
    #[tokio::test(start_paused = true)]
    async fn a_limit_that_one_request_outlasted_is_waited_for_by_no_other() {
        let (limit, policy) = (RateLimit::default(), RateLimitPolicy::default());
        let begun = Instant::now();
        for method in ["POST", "GET", "DELETE", "POST"] {
            let mut waits = limit.waits(&policy, method);
            loop {
                match turn(&mut waits).await {
                    Ok(_) => waits.refused(Some("60")),
                    Err(failure) => break assert_eq!(failure.kind, FailureKind::RateLimited),
                }
            }
        }
        assert_eq!(begun.elapsed().as_secs(), 2 * 60);
        // What the limit was outlasted by is answered again: it may be waited for once more.
        limit.waits(&policy, "POST").answered();
        let mut waits = limit.waits(&policy, "GET");
        waits.refused(Some("60"));
        assert_eq!(turn(&mut waits).await, Ok(60));
    }

    /// Waits for a limit until it is answered, after so many refusals, or until that takes too
    /// long.
    async fn ask(limit: &RateLimit, refusals: usize) -> bool {
        let policy = RateLimitPolicy::default();
        let mut waits = limit.waits(&policy, "GET");
        for _ in 0..refusals {
            if turn(&mut waits).await.is_err() {
                return false;
            }
            waits.refused(Some("60"));
        }
        let answered = turn(&mut waits).await.is_ok();
        if answered {
            waits.answered();
        }
        answered
    }

    /// Several runs may use up one limit: a request that comes too late every time says nothing of
    /// others.
    #[tokio::test(start_paused = true)]
    async fn a_limit_that_was_seen_to_lift_is_waited_for_by_others_as_well() {
        let limit = RateLimit::default();
        assert!(ask(&limit, 1).await, "it lifts");
        assert!(!ask(&limit, 3).await, "this one is unlucky");
        assert!(ask(&limit, 1).await, "and that one is not");
        for _ in 0..2 {
            assert!(!ask(&limit, 3).await);
        }
        let before = Instant::now();
        assert!(!ask(&limit, 3).await);
        assert_eq!(before.elapsed(), Duration::ZERO, "two in a row were in vain");
    }

    #[tokio::test(start_paused = true)]
    async fn waits_grow_where_the_target_does_not_say_how_long() {
        for (says, expected) in
            [(None, [1, 2, 4]), (Some("soon"), [1, 2, 4]), (Some("5"), [5, 5, 5])]
        {
            let (limit, policy) = (RateLimit::default(), RateLimitPolicy::default());
            let mut waits = limit.waits(&policy, "GET");
            let mut waited = Vec::new();
            for _ in 0..3 {
                waits.refused(says);
                waited.push(turn(&mut waits).await.unwrap());
            }
            assert_eq!(waited, expected, "{says:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn one_request_waits_only_for_so_long() {
        let (limit, policy) = (RateLimit::default(), RateLimitPolicy::default());
        let mut waits = limit.waits(&policy, "GET");
        for says in ["60", "50"] {
            waits.refused(Some(says));
            assert_eq!(turn(&mut waits).await.unwrap(), says.parse::<u64>().unwrap());
        }
        waits.refused(Some("60"));
        let failure = turn(&mut waits).await.unwrap_err();
        assert_eq!(failure.kind, FailureKind::RateLimited);
        assert!(!failure.maybe_done);
        assert!(
            failure.detail.contains("60 s") && failure.detail.contains("120 s at most"),
            "{}",
            failure.detail
        );
    }

    #[tokio::test(start_paused = true)]
    async fn no_answer_makes_a_wait_that_cannot_be_counted() {
        for says in [
            "0",
            "18446744073709551615",
            "-1",
            "Fri, 01 Jan 9999 00:00:00 GMT",
            "Sat, 01 Jan 2000 00:00:00 GMT",
        ] {
            let limit = RateLimit::default();
            let policy = RateLimitPolicy { most: LONGEST_WAIT * 2, ..RateLimitPolicy::default() };
            let mut waits = limit.waits(&policy, "GET");
            waits.refused(Some(says));
            let before = Instant::now();
            waits.turn(&|_| {}).await.unwrap();
            let waited = before.elapsed();
            assert!(
                waited >= FIRST_WAIT / 10 && waited <= LONGEST_WAIT + FIRST_WAIT,
                "{says}: {waited:?}"
            );
        }
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_is_told_to_end_waits_no_longer() {
        let (limit, policy) = (RateLimit::default(), RateLimitPolicy::default());
        let mut waits = limit.waits(&policy, "GET");
        waits.refused(Some("60"));
        policy.until.cancel();
        assert_eq!(turn(&mut waits).await.unwrap_err().kind, FailureKind::RateLimited);
        assert_eq!(turn(&mut waits).await.unwrap_err().kind, FailureKind::RateLimited);
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_that_others_were_told_is_not_one_s_own() {
        let (limit, policy) = (RateLimit::default(), RateLimitPolicy::default());
        limit.waits(&policy, "GET").refused(Some("3600"));
        let mut later = limit.waits(&policy, "GET");
        assert_eq!(turn(&mut later).await, Ok(0));
        later.refused(Some("3600"));
        assert_eq!(turn(&mut later).await.unwrap_err().kind, FailureKind::RateLimited);
    }

    #[test]
    fn a_date_is_understood_as_well() {
        let later = Timestamp::now() + Duration::from_secs(90);
        let date = rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&later).unwrap();
        let wait = asked(&date).unwrap();
        assert!((88..=90).contains(&wait.as_secs()), "{date}: {wait:?}");
        assert_eq!(asked("Sat, 01 Jan 2000 00:00:00 GMT"), Some(Duration::ZERO));
        assert_eq!(asked("soon"), None);
    }
}
