//! Trouble on demand: what goes wrong in the field, armed by name and disarmed again.

use std::str::FromStr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};

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
}

/// Fault, name on the command line, default of its duration in milliseconds, what it does.
const TABLE: [(Fault, &str, u64, &str); 16] = [
    (Fault::WebhookLate, "webhook-late", 5000, "webhooks come this much later"),
    (Fault::WebhookEarly, "webhook-early", 0, "webhooks come before the answer that caused them"),
    (Fault::WebhookTwice, "webhook-twice", 0, "every webhook comes twice"),
    (Fault::WebhookOutOfOrder, "webhook-out-of-order", 0, "webhooks come in reverse order"),
    (Fault::WebhookNever, "webhook-never", 0, "webhooks never come"),
    (Fault::WebhookUnsigned, "webhook-unsigned", 0, "webhooks come without a signature"),
    (Fault::WebhookBadSignature, "webhook-bad-signature", 0, "webhooks are signed with another secret"),
    (Fault::WebhookStale, "webhook-stale", 0, "webhooks are an hour old"),
    (Fault::WebhookMalformed, "webhook-malformed", 0, "webhook bodies are cut off"),
    (Fault::WebhookWithoutExternalId, "webhook-without-external-id", 0, "webhooks have lost the external id"),
    (Fault::Slow, "slow", 3000, "answers come this much later"),
    (Fault::RateLimited, "rate-limited", 0, "answers are 429"),
    (Fault::ServerError, "server-error", 0, "answers are 500"),
    (Fault::Dropped, "dropped", 0, "connections close instead of an answer"),
    (Fault::HttpsOnly, "https-only", 0, "webhook URLs have to be https and public, as on the real API"),
    (Fault::NotYetReadable, "not-yet-readable", 2000, "a new customer cannot be read for this long"),
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

    fn default_duration(self) -> Duration {
        Duration::from_millis(TABLE[self as usize].2)
    }
}

/// A fault with its duration: `NAME` or `NAME=DURATION` (`slow=500ms`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arming {
    /// Which.
    pub fault: Fault,
    /// How long, for those that take time.
    pub duration: Duration,
    /// How many times before it is disarmed by itself; `None` is for good.
    pub times: Option<u32>,
}

/// Why a fault cannot be armed.
#[derive(Debug, thiserror::Error)]
pub enum FaultError {
    /// No fault of that name.
    #[error("unknown fault `{0}`; known are {names}", names = Fault::all().map(|(_, name, _)| name).collect::<Vec<_>>().join(", "))]
    Unknown(String),
    /// Not a duration.
    #[error("`{0}` is no duration; write 500ms or 2s")]
    Duration(String),
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
        Self { fault, duration: fault.default_duration(), times: None }
    }
}

impl FromStr for Arming {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        let Some((name, duration)) = text.split_once('=') else {
            return Ok(Self::from(text.parse::<Fault>()?));
        };
        let duration = parse_duration(duration).ok_or_else(|| FaultError::Duration(duration.to_owned()))?;
        Ok(Self { duration, ..Self::from(name.parse::<Fault>()?) })
    }
}

/// `500ms` or `2s`.
#[must_use]
pub fn parse_duration(text: &str) -> Option<Duration> {
    match text.strip_suffix("ms") {
        Some(number) => number.parse().ok().map(Duration::from_millis),
        None => text.strip_suffix('s')?.parse().ok().map(Duration::from_secs),
    }
}

/// What is armed.
#[derive(Debug)]
pub(crate) struct Faults {
    /// Looked at by every request, so that nothing armed costs nothing.
    any: AtomicBool,
    armed: Mutex<Vec<Arming>>,
}

impl Faults {
    pub(crate) fn new(armed: Vec<Arming>) -> Self {
        Self { any: AtomicBool::new(!armed.is_empty()), armed: Mutex::new(armed) }
    }

    /// Whether a fault is armed, without using it up.
    pub(crate) fn armed(&self, fault: Fault) -> Option<Duration> {
        self.change(|armed| armed.iter().find(|arming| arming.fault == fault).map(|arming| arming.duration))
    }

    /// Whether a fault happens now; counts where it was armed for so many times.
    pub(crate) fn fires(&self, fault: Fault) -> Option<Duration> {
        self.change(|armed| {
            let index = armed.iter().position(|arming| arming.fault == fault)?;
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

    fn change<T>(&self, change: impl FnOnce(&mut Vec<Arming>) -> Option<T>) -> Option<T> {
        if !self.any.load(Ordering::Relaxed) {
            return None;
        }
        change(&mut self.armed.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Arms a fault, in place of what it was armed as before.
    pub(crate) fn arm(&self, arming: Arming) {
        let mut armed = self.armed.lock().unwrap_or_else(PoisonError::into_inner);
        armed.retain(|other| other.fault != arming.fault);
        armed.push(arming);
        self.any.store(true, Ordering::Relaxed);
    }

    /// Disarms one fault, or all.
    pub(crate) fn disarm(&self, fault: Option<Fault>) {
        let mut armed = self.armed.lock().unwrap_or_else(PoisonError::into_inner);
        armed.retain(|arming| fault.is_some_and(|fault| arming.fault != fault));
        self.any.store(!armed.is_empty(), Ordering::Relaxed);
    }

    /// What is armed, as JSON.
    pub(crate) fn listed(&self) -> Vec<Value> {
        let armed = self.armed.lock().unwrap_or_else(PoisonError::into_inner);
        armed
            .iter()
            .map(|arming| {
                let duration = u64::try_from(arming.duration.as_millis()).unwrap_or(u64::MAX);
                json!({"name": arming.fault.name(), "duration_ms": duration, "times": arming.times})
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
    fn a_counted_fault_disarms_itself() {
        let faults = Faults::new(vec![Arming { times: Some(2), ..Arming::from(Fault::ServerError) }]);
        let fired: Vec<_> = (0..3).map(|_| faults.fires(Fault::ServerError).is_some()).collect();
        assert_eq!(fired, [true, true, false]);
    }
}
