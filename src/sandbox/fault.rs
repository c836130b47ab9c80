//! Trouble on demand: what goes wrong in the field, armed by name and disarmed again.

use std::str::FromStr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::Notify;
use uuid::Uuid;

use crate::duration::{DurationError, parse_duration};

/// One kind of trouble.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Webhooks come late.
    WebhookLate,
    /// Webhooks come before the answer of the request that caused them.
    WebhookEarly,
    /// Every webhook comes twice.
    WebhookTwice,
    /// Webhooks come in the reverse order.
    WebhookOutOfOrder,
    /// Webhooks never come.
    WebhookNever,
    /// Webhooks without signature headers.
    WebhookUnsigned,
    /// Webhooks signed with another secret.
    WebhookBadSignature,
    /// Webhooks with a timestamp of an hour ago, signed well.
    WebhookStale,
    /// Webhooks whose body is cut off, signed well.
    WebhookMalformed,
    /// Webhooks whose customer has lost its external id.
    WebhookWithoutExternalId,
    /// Answers come late.
    Slow,
    /// Answers are 429.
    RateLimited,
    /// Answers are 500.
    ServerError,
    /// Connections close instead of an answer.
    Dropped,
    /// Webhook URLs have to be https and public, as on the real API.
    HttpsOnly,
    /// A customer cannot be read right after its creation.
    NotYetReadable,
    /// Cards are declined, in checkouts and at renewals.
    PaymentDeclined,
    /// A state lags behind what changed it.
    StaleState,
    /// What a request asks for is done, and the answer waits until the fault is disarmed.
    AnswerHeld,
}

/// Fault, name on the command line, default of its duration in milliseconds where it takes time,
/// what it does.
const TABLE: [(Fault, &str, Option<u64>, &str); 19] = [
    (Fault::WebhookLate, "webhook-late", Some(5000), "webhooks come this much later"),
    (
        Fault::WebhookEarly,
        "webhook-early",
        None,
        "webhooks come before the answer that caused them",
    ),
    (Fault::WebhookTwice, "webhook-twice", None, "every webhook comes twice"),
    (Fault::WebhookOutOfOrder, "webhook-out-of-order", None, "webhooks come in reverse order"),
    (Fault::WebhookNever, "webhook-never", None, "webhooks never come"),
    (Fault::WebhookUnsigned, "webhook-unsigned", None, "webhooks come without a signature"),
    (
        Fault::WebhookBadSignature,
        "webhook-bad-signature",
        None,
        "webhooks are signed with another secret",
    ),
    (Fault::WebhookStale, "webhook-stale", None, "webhooks are an hour old"),
    (Fault::WebhookMalformed, "webhook-malformed", None, "webhook bodies are cut off"),
    (
        Fault::WebhookWithoutExternalId,
        "webhook-without-external-id",
        None,
        "webhooks have lost the external id",
    ),
    (Fault::Slow, "slow", Some(3000), "answers come this much later"),
    (Fault::RateLimited, "rate-limited", None, "answers are 429"),
    (Fault::ServerError, "server-error", None, "answers are 500"),
    (Fault::Dropped, "dropped", None, "connections close instead of an answer"),
    (
        Fault::HttpsOnly,
        "https-only",
        None,
        "webhook URLs have to be https and public, as on the real API",
    ),
    (
        Fault::NotYetReadable,
        "not-yet-readable",
        Some(2000),
        "a new customer cannot be read for this long",
    ),
    (Fault::PaymentDeclined, "payment-declined", None, "cards are declined"),
    (
        Fault::StaleState,
        "stale-state",
        Some(3000),
        "a customer's state shows a change this much later",
    ),
    (
        Fault::AnswerHeld,
        "answer-held",
        Some(10_000),
        "what was asked for is done, and its answer waits until this is disarmed",
    ),
];

impl Fault {
    /// The name on the command line and on the control route.
    #[must_use]
    pub fn name(self) -> &'static str {
        TABLE[self as usize].1
    }

    /// Every fault with its name and what it does.
    pub fn all() -> impl Iterator<Item = (Self, &'static str, &'static str)> {
        TABLE.iter().map(|(fault, name, _, does)| (*fault, *name, *does))
    }

    /// The names of those that fit, as a list to read.
    fn names(fits: impl Fn(Self) -> bool) -> String {
        let names: Vec<_> =
            Self::all().filter(|(fault, ..)| fits(*fault)).map(|(_, name, _)| name).collect();
        names.join(", ")
    }

    /// How long it takes unless told otherwise; `None` for those that take no time.
    fn default_duration(self) -> Option<Duration> {
        TABLE[self as usize].2.map(Duration::from_millis)
    }

    /// Whether it happens to requests or webhooks one by one, so that they can be counted.
    fn is_counted(self) -> bool {
        !matches!(
            self,
            Self::WebhookLate
                | Self::WebhookOutOfOrder
                | Self::HttpsOnly
                | Self::NotYetReadable
                | Self::StaleState
        )
    }
}

/// A fault with its duration: `NAME` or `NAME=DURATION` (`slow=500ms`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arming {
    /// Which.
    pub fault: Fault,
    /// How long, for those that take time.
    pub duration: Duration,
    /// How many times before it is disarmed by itself; `None` is for good.
    pub times: Option<u32>,
    /// How many times it is passed over before.
    pub after: u32,
    /// What it is aimed at, `*` standing for anything: a request (`PATCH /v1/customers/*`), a path
    /// or a type of event (`order.*`).
    pub on: Option<String>,
    /// The endpoint whose webhooks it is aimed at.
    pub endpoint: Option<Uuid>,
}

/// What a fault could happen to.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Occasion<'o> {
    /// A request: its method and path.
    Request(&'o str, &'o str),
    /// An event of a type, before it is made into webhooks.
    Event(&'o str),
    /// A webhook of a type on its way to an endpoint.
    Webhook(&'o str, Uuid),
    /// Anything else.
    Any,
}

impl Arming {
    fn fits(&self, occasion: Occasion<'_>) -> bool {
        let on = self.on.as_deref();
        match occasion {
            Occasion::Request(method, path) => {
                on.is_none_or(|on| matches(on, path) || matches(on, &format!("{method} {path}")))
            }
            Occasion::Event(kind) => on.is_none_or(|on| matches(on, kind)),
            Occasion::Webhook(kind, endpoint) => {
                on.is_none_or(|on| matches(on, kind))
                    && self.endpoint.is_none_or(|aimed| aimed == endpoint)
            }
            Occasion::Any => on.is_none(),
        }
    }
}

/// Whether a pattern with `*` for any characters is the whole of `text`.
fn matches(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((start, rest)) => text.strip_prefix(start).is_some_and(|text| {
            text.char_indices().any(|(at, _)| matches(rest, &text[at..])) || matches(rest, "")
        }),
    }
}

/// Why a fault cannot be armed.
#[derive(Debug, thiserror::Error)]
pub enum FaultError {
    /// No fault of that name.
    #[error("unknown fault `{0}`; known are {names}", names = Fault::names(|_| true))]
    Unknown(String),
    /// Not a duration.
    #[error("`{0}` is not a duration: {1}")]
    Duration(String, DurationError),
    /// A duration for a fault that takes no time.
    #[error(
        "`{0}` takes no duration; these do: {names}",
        names = Fault::names(|fault| fault.default_duration().is_some())
    )]
    Timeless(&'static str),
    /// An aim for a fault that cannot have it.
    #[error("`{0}` cannot be aimed like that: {1}")]
    Unaimed(&'static str, &'static str),
    /// A count for a fault that is a state.
    #[error("`{0}` cannot be counted: it stays until it is disarmed; leave `times` out")]
    Uncounted(&'static str),
}

impl FromStr for Fault {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        Self::all()
            .find(|(_, name, _)| *name == text)
            .map(|(fault, ..)| fault)
            .ok_or_else(|| FaultError::Unknown(text.to_owned()))
    }
}

impl From<Fault> for Arming {
    fn from(fault: Fault) -> Self {
        Self {
            fault,
            duration: fault.default_duration().unwrap_or_default(),
            times: None,
            after: 0,
            on: None,
            endpoint: None,
        }
    }
}

impl Arming {
    /// The same for so long. Refuses an invalid duration, and any for a fault that takes no time.
    pub(crate) fn lasting(self, text: &str) -> Result<Self, FaultError> {
        if self.fault.default_duration().is_none() {
            return Err(FaultError::Timeless(self.fault.name()));
        }
        match parse_duration(text) {
            Ok(duration) => Ok(Self { duration, ..self }),
            Err(error) => Err(FaultError::Duration(text.to_owned(), error)),
        }
    }

    /// The same at what is aimed at.
    pub(crate) fn aimed(
        self,
        after: u32,
        on: Option<String>,
        endpoint: Option<Uuid>,
    ) -> Result<Self, FaultError> {
        let name = self.fault.name();
        if !self.fault.is_counted() && (after > 0 || on.is_some() || endpoint.is_some()) {
            return Err(FaultError::Unaimed(name, "it is a state, and holds for everything"));
        }
        let at_endpoints = matches!(
            self.fault,
            Fault::WebhookTwice
                | Fault::WebhookUnsigned
                | Fault::WebhookBadSignature
                | Fault::WebhookStale
                | Fault::WebhookMalformed
        );
        if endpoint.is_some() && !at_endpoints {
            return Err(FaultError::Unaimed(name, "it does not happen at one endpoint"));
        }
        Ok(Self { after, on, endpoint, ..self })
    }

    /// The same for so many times. Refuses that where nothing counts.
    pub(crate) fn counted(self, times: u32) -> Result<Self, FaultError> {
        if self.fault.is_counted() || times == 0 {
            Ok(Self { times: Some(times), ..self })
        } else {
            Err(FaultError::Uncounted(self.fault.name()))
        }
    }
}

impl FromStr for Arming {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        match text.split_once('=') {
            Some((name, duration)) => Self::from(name.parse::<Fault>()?).lasting(duration),
            None => Ok(Self::from(text.parse::<Fault>()?)),
        }
    }
}

/// What is armed.
#[derive(Debug)]
pub(crate) struct Faults {
    /// Looked at by every request, so that nothing armed costs nothing.
    any: AtomicBool,
    armed: Mutex<Vec<Arming>>,
    /// Wakes the answers that are held.
    released: Notify,
}

impl Faults {
    pub(crate) fn new(armed: Vec<Arming>) -> Self {
        let any = AtomicBool::new(!armed.is_empty());
        Self { any, armed: Mutex::new(armed), released: Notify::new() }
    }

    /// Whether a fault is armed, without using it up.
    pub(crate) fn armed(&self, fault: Fault) -> Option<Duration> {
        self.change(|armed| {
            armed.iter().find(|arming| arming.fault == fault).map(|arming| arming.duration)
        })
    }

    /// Whether a fault happens now; counts where it was armed for so many times.
    pub(crate) fn fires(&self, fault: Fault, occasion: Occasion<'_>) -> Option<Duration> {
        self.change(|armed| {
            let fits = |arming: &Arming| arming.fault == fault && arming.fits(occasion);
            let index = armed.iter().position(fits)?;
            if armed[index].after > 0 {
                armed[index].after -= 1;
                return None;
            }
            let duration = armed[index].duration;
            if let Some(left) = &mut armed[index].times {
                *left = left.saturating_sub(1);
                if *left == 0 {
                    armed.remove(index);
                }
            }
            Some(duration)
        })
    }

    /// Waits while the answer to a request is held.
    pub(crate) async fn hold(&self, occasion: Occasion<'_>) {
        // Listens before it looks, so that no release falls between.
        let released = self.released.notified();
        if let Some(longest) = self.fires(Fault::AnswerHeld, occasion) {
            let _ = tokio::time::timeout(longest, released).await;
        }
    }

    fn change<T>(&self, change: impl FnOnce(&mut Vec<Arming>) -> Option<T>) -> Option<T> {
        if !self.any.load(Ordering::Relaxed) {
            return None;
        }
        change(&mut self.armed.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Arms a fault, in place of what it was armed as before.
    pub(crate) fn arm(&self, arming: Arming) {
        let mut armed = self.armed.lock().unwrap_or_else(PoisonError::into_inner);
        let same = |other: &Arming| {
            (other.fault, &other.on, other.endpoint) == (arming.fault, &arming.on, arming.endpoint)
        };
        armed.retain(|other| !same(other));
        armed.push(arming);
        self.any.store(true, Ordering::Relaxed);
    }

    /// Disarms one fault, or all.
    pub(crate) fn disarm(&self, fault: Option<Fault>) {
        let mut armed = self.armed.lock().unwrap_or_else(PoisonError::into_inner);
        armed.retain(|arming| fault.is_some_and(|fault| arming.fault != fault));
        self.any.store(!armed.is_empty(), Ordering::Relaxed);
        if fault.is_none_or(|fault| fault == Fault::AnswerHeld) {
            self.released.notify_waiters();
        }
    }

    /// What is armed, as JSON.
    pub(crate) fn listed(&self) -> Vec<Value> {
        let armed = self.armed.lock().unwrap_or_else(PoisonError::into_inner);
        armed
            .iter()
            .map(|arming| {
                let duration = u64::try_from(arming.duration.as_millis()).unwrap_or(u64::MAX);
                json!({
                    "name": arming.fault.name(),
                    "duration_ms": duration,
                    "times": arming.times,
                    "after": arming.after,
                    "on": arming.on,
                    "endpoint": arming.endpoint,
                })
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_stands_in_the_order_of_the_faults() {
        assert!(TABLE.iter().enumerate().all(|(index, (fault, ..))| *fault as usize == index));
    }

    #[test]
    fn a_duration_belongs_to_faults_that_take_time() {
        for (fault, name, _) in Fault::all() {
            let timed = matches!(
                fault,
                Fault::WebhookLate
                    | Fault::Slow
                    | Fault::NotYetReadable
                    | Fault::StaleState
                    | Fault::AnswerHeld
            );
            let armed = format!("{name}=5s").parse::<Arming>();
            assert_eq!(
                armed.is_ok_and(|arming| arming.duration == Duration::from_secs(5)),
                timed,
                "{name}"
            );
        }
        let error = "webhook-never=5s".parse::<Arming>().unwrap_err().to_string();
        assert_eq!(
            error,
            "`webhook-never` takes no duration; these do: webhook-late, slow, \
             not-yet-readable, stale-state, answer-held"
        );
        assert!("webhook-never=".parse::<Arming>().is_err());
        assert!("slow=".parse::<Arming>().is_err());
    }

    #[test]
    fn a_counted_fault_disarms_itself() {
        let faults =
            Faults::new(vec![Arming { times: Some(2), ..Arming::from(Fault::ServerError) }]);
        let fired: Vec<_> =
            (0..3).map(|_| faults.fires(Fault::ServerError, Occasion::Any).is_some()).collect();
        assert_eq!(fired, [true, true, false]);
    }

    #[test]
    fn a_fault_is_aimed_at_requests_and_events_by_pattern() {
        for (pattern, text, fits) in [
            ("PATCH /v1/customers/*", "PATCH /v1/customers/1", true),
            ("PATCH /v1/customers/*", "GET /v1/customers/1", false),
            ("*/state", "/v1/customers/1/state", true),
            ("order.*", "order.paid", true),
            ("order.paid", "order.paid_", false),
            ("*", "", true),
        ] {
            assert_eq!(matches(pattern, text), fits, "{pattern} {text}");
        }
        let aimed = Arming::from(Fault::Slow).aimed(1, Some("/v1/orders/*".into()), None).unwrap();
        let faults = Faults::new(vec![aimed]);
        let fires = |path| faults.fires(Fault::Slow, Occasion::Request("GET", path)).is_some();
        assert_eq!(
            ["/v1/customers/", "/v1/orders/", "/v1/orders/1"].map(fires),
            [false, false, true]
        );
        assert!(Arming::from(Fault::HttpsOnly).aimed(0, Some("*".into()), None).is_err());
    }
}
