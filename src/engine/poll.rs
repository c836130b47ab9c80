//! Asking until an answer decides: once, until it holds (`within`), or while it goes on to
//! (`stays`).

use std::time::{Duration, Instant};

use super::context::Context;
use super::state::State;
use crate::event::{Check, Status};
use crate::evidence::Exchange;
use crate::http::Failure;
use crate::scenario::Step;

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

/// Asks as often and as long as `step` says.
pub(super) async fn poll(
    context: &Context<'_>,
    state: &State,
    number: usize,
    step: &Step,
    mut ask: impl AsyncFnMut() -> Result<(Vec<Check>, Exchange), Failure>,
) -> Polled {
    // What would have caused a change did not happen: there is nothing to wait for.
    let within = step.within.filter(|_| state.refused.is_none());
    let deadline = within.map(|within| Instant::now() + within);
    let mut stays_until = None;
    let mut pause = FIRST_PAUSE;
    loop {
        // The last try begins at the deadline: what holds by then has held in time.
        let last = deadline.is_none_or(|deadline| Instant::now() >= deadline);
        let (checks, exchange) = match ask().await {
            Ok(answer) => answer,
            Err(failure) => return Polled::Failed(failure),
        };
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
