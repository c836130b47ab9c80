//! A step that goes on while those after it run.

use std::pin::Pin;

use super::state::Ended;
use crate::scenario::{Action, Role, SESSION_VARIABLES, Step, TargetName, of_session};

/// A step in the background: its number, and what will come of it.
pub(super) type Going<'a> = (usize, Pin<Box<dyn Future<Output = Ended> + 'a>>);

/// Runs a step beside the one in the background. Where that ends first, what came of it is kept.
pub(super) async fn beside(
    background: &mut Option<Going<'_>>,
    running: impl Future<Output = Ended>,
) -> Ended {
    let Some((at, going)) = background else { return running.await };
    let at = *at;
    let mut running = std::pin::pin!(running);
    let early = tokio::select! {
        ended = &mut running => return ended,
        early = going => early,
    };
    *background = Some((at, Box::pin(std::future::ready(early))));
    running.await
}

/// Whether a step needs what an earlier one, which still goes on, will have found out: a variable
/// that it captures, or the cookies of its session.
pub(super) fn waits_for(step: &Step, earlier: &Step) -> bool {
    let session = earlier.session.as_deref();
    let [_, user_id] = SESSION_VARIABLES;
    let captures = |name: &str| {
        earlier.capture.iter().any(|capture| capture.name == name)
            || earlier.role == Role::User && name == of_session(session, user_id)
    };
    let same_session = step.target() == TargetName::App
        && !matches!(step.action, Action::Deliver(_))
        && step.session.as_deref() == session;
    let uses = [step.uses(), step.undo_uses()].concat();
    same_session || uses.iter().any(|(name, _)| captures(name))
}
