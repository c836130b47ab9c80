//! Sentences that several explanations share.

use super::course::Delivery;
use crate::diagnose::finding::Finding;
use crate::event::Code;
use crate::http::{Failure, FailureKind};

/// `a, b and c`, each once, in order.
pub(super) fn types<'a>(deliveries: impl Iterator<Item = &'a Delivery>) -> String {
    let mut names: Vec<&str> = Vec::new();
    for one in deliveries {
        if !names.contains(&one.event_type.as_str()) {
            names.push(&one.event_type);
        }
    }
    match names.as_slice() {
        [] => "nothing".to_owned(),
        [one] => (*one).to_owned(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

/// The app gave no answer.
pub(super) fn no_answer(failure: &Failure) -> Finding {
    let code = match failure.kind {
        FailureKind::Unreachable | FailureKind::Tls => Code::AppUnreachable,
        FailureKind::TimedOut => Code::AppSlow,
        _ => Code::AppError,
    };
    Finding::new(
        code,
        format!("The app gave no answer: {}.", failure.detail),
        "Look at the app's log for this request; -v shows what was sent.",
    )
}
