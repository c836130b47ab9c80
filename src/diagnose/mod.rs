//! From failed checks to a cause: a code, what it means for the user's app, and what to try.
//!
//! `history` gathers what the whole scenario tells about the customers it made, each of them a
//! `created`; `transport`, `exchange` and `webhook` each explain one kind of step in its light.
//! `app` is about the app under test.
//! `record` is what an answer's body says about the mapping, `lookup` who cannot be found, `rules`
//! what it means when the API's rules are not kept. `asked` reads what a request asks for, `near`
//! what was sent in place of a key, `stands` where a value is that was looked for elsewhere;
//! `format` puts values into sentences, `paths` knows the paths of checks. What a step shows is a
//! `finding`. Pure: evidence in, diagnoses out.

mod app;
mod asked;
mod created;
mod exchange;
mod finding;
mod format;
mod history;
mod lookup;
mod near;
mod paths;
mod record;
mod rules;
mod stands;
mod transport;
mod webhook;

use crate::event::{Code, Diagnosis, Status, StepResult};
use crate::evidence::{Outcome, StepEvidence};
use crate::provider::Provider;
use app::Course;
use finding::Finding;
use history::History;

/// Explains every step that did not pass. Each cause stands on the first step that shows it; later
/// steps that merely suffer from it refer to that.
pub fn diagnose(steps: &mut [StepEvidence], provider: &Provider) {
    let history = History::read(steps, provider);
    let course = Course::read(steps, provider);
    let mut causes: Vec<(Code, String)> = Vec::new();
    for (index, step) in steps.iter_mut().enumerate() {
        if !matches!(step.result.status, Status::Failed | Status::Errored) {
            continue;
        }
        let found = app::explain(&course, index, step);
        let Some(finding) = found.or_else(|| find(&history, index, step)) else { continue };
        let result = &mut step.result;
        result.status = if finding.code.is_error() { Status::Errored } else { Status::Failed };
        if let Some((cause, name)) =
            causes.iter().find(|(cause, _)| finding.is_explained_by(*cause))
        {
            result.reason = Some(format!("follows from {} at \"{name}\"", cause.as_str()));
        } else {
            causes.push((finding.code, result.name.clone()));
            let Finding { code, message, hint, .. } = finding;
            result.diagnosis = Some(Diagnosis { code, message, hint });
        }
    }
}

fn find(history: &History, index: usize, step: &StepEvidence) -> Option<Finding> {
    Some(match &step.outcome {
        Outcome::Nothing | Outcome::Delivered(_) | Outcome::AppDown(..) => return None,
        Outcome::Unsendable(error) => Finding::new(
            Code::Mismatch,
            format!("The request could not be made: {error}."),
            "Look at where its values come from: a variable, or what a step before captured from \
             its response.",
        ),
        Outcome::Forbidden { request, why } => forbidden(request, why),
        Outcome::Failed(failure) => transport::explain(failure, &history.provider.token),
        Outcome::NoSource(why) => Finding::new(
            Code::NoEventSource,
            format!(
                "Webhooks could not be received: {why}. The request steps ran all the same; \
                 whether a webhook names the right user is not known."
            ),
            "Change what is named here, read webhooks at another place (--events listener, stream \
             or deliveries), or test the requests alone with --events none.",
        ),
        Outcome::Exchange(exchange) => exchange::explain(history, index, exchange, &step.result),
        Outcome::Arrived(payload) => webhook::arrived(history, payload, &step.result),
        Outcome::Missing(missing) => webhook::missing(missing, history.provider),
    })
}

/// What to try where a check means nothing in particular: `look` says where, and the step's note
/// why it matters.
fn look_closer(look: &str, step: &StepResult) -> String {
    let note = if step.note.is_some() { "; the step's note says why this matters" } else { "" };
    format!("Run with -v to see {look}{note}.")
}

/// Explains a request that was held back: a target that lies about ids must not do harm.
fn forbidden(request: &str, why: &str) -> Finding {
    Finding::new(
        Code::WrongCustomer,
        format!(
            "{request} was not sent: the target named this id, and the record there {why}. It may \
             be another customer's, and an app that trusts the id would change or delete that."
        ),
        "Look at the earlier answer that the id was captured from, and at GET of the same path. \
         To change a record that you name yourself, put its id into `vars` or give it with --var.",
    )
    .follows_from(&[
        Code::NotStateful,
        Code::CustomerLost,
        Code::ExternalIdLost,
        Code::ExternalIdChanged,
        Code::EmailChanged,
    ])
}

#[cfg(test)]
mod tests;
