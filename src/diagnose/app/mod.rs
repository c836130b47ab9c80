//! What the app under test got wrong, from everything that went to it and came from it.
//!
//! `course` reads off the evidence what happened to each user; `sign_up` is about becoming a
//! customer, `delivery` about what the app answers to webhooks, `state` about what it makes of
//! them. `words` puts it into sentences.

mod course;
mod delivery;
mod sign_up;
mod state;
mod words;

pub(super) use self::course::Course;
use super::finding::Finding;
use crate::event::Code;
use crate::evidence::{Outcome, StepEvidence};
use crate::scenario::{Role, TargetName};

/// Explains a step that is about the app; `None` where it is not, or shows nothing of its own.
pub(super) fn explain(course: &Course<'_>, index: usize, step: &StepEvidence) -> Option<Finding> {
    match (&step.outcome, step.role) {
        (Outcome::AppDown(code, why), _) => Some(down(*code, why)),
        (Outcome::Delivered(delivered), _) => delivery::explain(course, index, delivered),
        (_, Role::User) => Some(sign_up::failed(step)),
        (Outcome::Exchange(exchange), Role::State { .. }) => {
            state::explain(course, index, step, exchange)
        }
        (Outcome::Exchange(exchange), Role::Plain) if step.target == TargetName::Api => {
            sign_up::customer(course, index, exchange)
        }
        (Outcome::Arrived(payload), _) => sign_up::event(course, index, payload),
        (Outcome::Failed(failure), _) if step.target == TargetName::App => {
            Some(words::no_answer(failure))
        }
        _ => None,
    }
}

/// The app cannot be tested.
fn down(code: Code, why: &str) -> Finding {
    let (message, hint) = match code {
        Code::AppNotReady => (
            format!("The app was started and is not ready: {why}."),
            "Run the command of `start` by hand, in the folder of the app file. `ready` names a \
             path that is answered below 500, `within` how long that may take.",
        ),
        Code::AppNoHandler => (
            format!("Webhooks cannot be delivered to the app: {why}."),
            "Name the handler's path under `webhook.path` in the app file, and what its webhooks \
             are signed with under `webhook.secret`.",
        ),
        _ => (
            format!("The app cannot be reached: {why}."),
            "Start the app, or let `start` in the app file do it; `url` says where it answers. A \
             program under `exec` can be run by hand, in the folder of the app file.",
        ),
    };
    Finding::new(code, message, hint)
}
