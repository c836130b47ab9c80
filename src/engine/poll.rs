//! Asking until an answer decides: once, until it holds (`within`), or while it goes on to
//! (`stays`).

use std::time::{Duration, Instant};

use serde_json::Value as Json;

use super::context::Context;
use super::state::State;
use crate::event::{Check, Status};
use crate::evidence::Exchange;
use crate::http::Failure;
use crate::scenario::{Role, Step};

/// The first pause between two polls. It doubles up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(50);
/// Short enough that a wait ends about when it could, long enough to go easy on a rate limit.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// How the asking ended.
pub(super) enum Polled {
    /// With an answer that decides.
    Decided { holds: bool, checks: Vec<Check>, exchange: Box<Exchange> },
    /// Without an answer.
    Failed(Failure),
    /// With the run.
    Halted((Status, &'static str)),
}

/// The pause between two looks at a state that settles.
const SETTLING_PAUSE: Duration = Duration::from_millis(100);
/// A state that never settles is looked at all the same.
const LONGEST_SETTLING: Duration = Duration::from_secs(15);

/// A state that has to be the same for a while before it counts.
struct Settling {
    wanted: Option<Duration>,
    began: Instant,
    last: Option<(Json, Instant)>,
}

impl Settling {
    fn new(step: &Step) -> Self {
        Self { wanted: step.settles, began: Instant::now(), last: None }
    }

    /// How long it still has to stay as it is, and when to look next; `None` once it has settled.
    fn left(&mut self, state: Option<&Json>) -> Option<(Duration, Duration)> {
        let wanted = self.wanted?;
        let state = state.cloned().unwrap_or_default();
        let since = match &self.last {
            Some((last, since)) if *last == state => *since,
            _ => self.last.insert((state, Instant::now())).1,
        };
        let left = wanted.saturating_sub(since.elapsed());
        if left.is_zero() || self.began.elapsed() > LONGEST_SETTLING {
            self.wanted = None;
            return None;
        }
        Some((left, left.min(SETTLING_PAUSE)))
    }
}

/// Asks as often and as long as `step` says.
pub(super) async fn poll(
    context: &Context<'_>,
    state: &State,
    number: usize,
    step: &Step,
    mut ask: impl AsyncFnMut() -> Result<(Vec<Check>, Exchange), Failure>,
) -> Polled {
    // What would have caused a change did not happen: there is nothing to wait for.
    let refused = state.all_refused && matches!(step.role, Role::State { .. });
    let within = step.within.filter(|_| state.refused.is_none() && !refused);
    let deadline = within.map(|within| Instant::now() + within);
    let mut stays_until = None;
    let mut settling = Settling::new(step);
    let mut pause = FIRST_PAUSE;
    loop {
        // The last try begins at the deadline: what holds by then has held in time.
        let last = deadline.is_none_or(|deadline| Instant::now() >= deadline);
        let (checks, exchange) = match ask().await {
            Ok(answer) => answer,
            Err(failure) => return Polled::Failed(failure),
        };
        if let Some((left, pause)) = settling.left(exchange.json.as_ref()) {
            context.waiting(number, "the state to settle", left);
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = context.shared.halt.cancelled() => {}
            }
            if let Some(halted) = context.shared.halted() {
                return Polled::Halted(halted);
            }
            continue;
        }
        let holds = checks.iter().all(|check| check.status == Status::Passed);
        let (what, until) = match step.stays {
            Some(stays) if holds => {
                let until = *stays_until.get_or_insert_with(|| Instant::now() + stays);
                ("the answer to stay as it is", Some(until))
            }
            // What has held once has to go on.
            _ => ("the answer to change", deadline.filter(|_| stays_until.is_none())),
        };
        let left = until.map_or(Duration::ZERO, |until| until - Instant::now());
        let decided = if step.stays.is_some() { left.is_zero() } else { holds };
        if decided || last && stays_until.is_none() {
            return Polled::Decided { holds, checks, exchange: Box::new(exchange) };
        }
        context.waiting(number, what, left);
        tokio::select! {
            () = tokio::time::sleep(pause.min(left)) => {}
            () = context.shared.halt.cancelled() => {}
        }
        if let Some(halted) = context.shared.halted() {
            return Polled::Halted(halted);
        }
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}
