//! What the app answered to webhooks.

use super::course::Course;
use crate::diagnose::finding::Finding;
use crate::event::{Code, quoted};
use crate::evidence::{Answer, Delivered, SentWebhook};
use crate::scenario::{KeyScheme, Sign};

/// What has no say in what is wrong: the app does not work at all.
const BROKEN: &[Code] = &[Code::AppError, Code::AppSlow];

/// The first webhook of a step that was not answered as expected.
pub(super) fn explain(course: &Course<'_>, index: usize, delivered: &Delivered) -> Option<Finding> {
    let unexpected = |sent: &&SentWebhook| match sent.answer {
        Answer::Status(status) => !delivered.expected.holds(status),
        Answer::None(_) => true,
    };
    let sent = delivered.webhooks.iter().find(unexpected)?;
    let kind = &sent.event_type;
    let wants_success = delivered.expected.wants_success();
    let said = if sent.said.trim().is_empty() {
        String::new()
    } else {
        format!(" It said {}.", quoted(&crate::event::excerpt(&sent.said)))
    };
    let status = match &sent.answer {
        Answer::None(why) => return Some(no_answer(kind, why, sent)),
        Answer::Status(status) => *status,
    };
    if !wants_success {
        return Some(taken(sent, status));
    }
    let known = course.provider.webhook.event_types.contains(&kind.as_str());
    // Where the key is what is wrong, the type says nothing.
    let same_key: Vec<_> =
        course.between(0, index).filter(|one| one.valid && one.scheme == sent.scheme).collect();
    let wrong_key = !same_key.is_empty() && same_key.iter().all(|one| !one.taken);
    if !known && !wrong_key {
        return Some(Finding::new(
            Code::AppRejectsUnknownEvent,
            format!(
                "The app answered {status} to a webhook of a type that it does not know.{said} The \
                 API sends new types without notice; every refusal is tried again, and after ten \
                 in a row the endpoint is switched off: then no user gets access any more."
            ),
            "Answer 200 to every webhook whose signature verifies, and do nothing for types that \
             the app does not use. Do not let a schema of known types refuse the rest.",
        ));
    }
    if status >= 500 {
        return Some(Finding::new(
            Code::AppError,
            format!(
                "The app failed with {status} on {kind}.{said} The API tries it again for half an \
                 hour, and after ten failed events in a row it switches the endpoint off."
            ),
            "Look at the app's log for this webhook; -v shows it as it was sent.",
        ));
    }
    let finding = Finding::new(
        Code::AppRejectsValid,
        format!(
            "The app answered {status} to {kind}, which was signed and sent as the API does \
             it.{said} {}",
            why_refused(course, index, sent, status)
        ),
        hint_refused(course, sent, status),
    );
    Some(finding.follows_from(BROKEN))
}

/// What tells why a good webhook was refused.
fn why_refused(course: &Course<'_>, index: usize, sent: &SentWebhook, status: u16) -> String {
    if (300..400).contains(&status) {
        return "The API follows no redirect: to it, this webhook failed.".to_owned();
    }
    let before = || course.between(0, index).filter(|one| one.valid);
    let took_some = before().any(|one| one.taken);
    let same_type = before().any(|one| one.taken && one.event_type == sent.event_type);
    let scheme = match sent.scheme {
        KeyScheme::Standard => "the standard way (base64 after the prefix of the secret)",
        KeyScheme::Legacy => "the legacy way (the bytes of the whole secret)",
    };
    if same_type {
        format!(
            "It took the same type before. What differs here is what this step changes, and the \
             key: it was made {scheme}."
        )
    } else if took_some {
        format!("It took others before. The key was made {scheme}.")
    } else {
        format!("It has taken none so far. The key was made {scheme}.")
    }
}

fn hint_refused(course: &Course<'_>, sent: &SentWebhook, status: u16) -> &'static str {
    let hints = &course.provider.hints.app;
    match (status, sent.scheme) {
        (300..400, _) => {
            "Let the endpoint's URL be the one that answers: mind the slash at its end."
        }
        (404 | 405, _) => {
            "`webhook.path` in the app file has to be the handler's path, and it has to take POST."
        }
        (_, KeyScheme::Standard) => hints.standard_key,
        (_, KeyScheme::Legacy) => hints.legacy_key,
    }
}

/// A webhook that had to be refused was taken.
fn taken(sent: &SentWebhook, status: u16) -> Finding {
    let kind = &sent.event_type;
    let (code, what, hint) = match sent.sign {
        Sign::None => (
            Code::AppAcceptsUnsigned,
            "has no signature",
            "Refuse a webhook without the three signature headers with 401 or 403, before anything \
             in it is read.",
        ),
        Sign::Wrong => (Code::AppAcceptsBadSignature, "is signed with another key", VERIFY),
        Sign::Tampered => (Code::AppAcceptsBadSignature, "was changed after it was signed", VERIFY),
        Sign::Cut => (Code::AppAcceptsBadSignature, "ends half way", VERIFY),
        Sign::Valid => (
            Code::AppAcceptsStale,
            if sent.age > 0 { "is minutes old" } else { "comes from the future" },
            "Refuse a webhook whose timestamp is more than five minutes from now, either way. The \
             libraries for Standard Webhooks do that by themselves.",
        ),
    };
    Finding::new(
        code,
        format!(
            "The app answered {status} to a {kind} that {what}. Any sender who knows the URL can \
             give themselves access, or take it from others."
        ),
        hint,
    )
}

const VERIFY: &str = "Verify the signature over the bytes of the body as they came, with the app's \
    secret, and refuse with 401 or 403 what does not verify. A 2xx without effect hides it from \
    the API, which then believes that the app has it.";

fn no_answer(kind: &str, why: &str, sent: &SentWebhook) -> Finding {
    let seconds = sent.took.as_secs();
    if seconds >= 9 {
        return Finding::new(
            Code::AppSlow,
            format!(
                "The app gave no answer to {kind} within {seconds} s. The API waits 10 s, counts \
                 it as failed and sends it again, while the first may still be at work."
            ),
            "Write the webhook down, answer 202 at once, and do the work afterwards.",
        );
    }
    Finding::new(
        Code::AppError,
        format!("The app gave no answer to {kind}: {why}."),
        "Look at the app's log for this webhook; -v shows it as it was sent.",
    )
}
