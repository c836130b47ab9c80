//! What the app makes of webhooks: who has access, and whether that changes when it should.

use super::course::{Course, Delivery, Look};
use super::words::types;
use crate::diagnose::finding::Finding;
use crate::event::{Code, Status};
use crate::evidence::{Exchange, StepEvidence};
use crate::provider::AppHints;
use crate::scenario::{Role, Sign};

/// What an app that refuses its webhooks, or has no user, cannot do either.
const BEFORE: &[Code] = &[
    Code::AppSignUpFailed,
    Code::AppNoCustomer,
    Code::AppExternalIdMissing,
    Code::AppExternalIdWrong,
    Code::AppHalfSignedUp,
    Code::AppRejectsValid,
    Code::AppNoHandler,
    Code::AppError,
    Code::AppSlow,
];
/// What an app that takes forged webhooks does with them.
const FORGED: &[Code] =
    &[Code::AppAcceptsUnsigned, Code::AppAcceptsBadSignature, Code::AppAcceptsStale];

/// Explains a state that is not as it should be.
pub(super) fn explain(
    course: &Course<'_>,
    index: usize,
    step: &StepEvidence,
    exchange: &Exchange,
) -> Option<Finding> {
    let Role::State { access } = step.role else { return None };
    if exchange.response.status >= 500 {
        let line = exchange.line();
        return Some(Finding::new(
            Code::AppError,
            format!(
                "The app failed with {} on {line}, which is its state.",
                exchange.response.status
            ),
            "Look at the app's log; -v shows the answer.",
        ));
    }
    // Whether it is the answer at all that is wrong.
    let failed = |path: &str| {
        step.result.checks.iter().any(|it| it.path == path && it.status == Status::Failed)
    };
    if failed("status") {
        return None;
    }
    let session = step.session.as_deref();
    let look = course.last_look(session, index);
    let from = look.map_or(0, |look| look.step);
    let since: Vec<&Delivery> = course.between(from, index).collect();
    let before: Vec<&Delivery> = course.between(0, index).collect();
    let at = At { course, index, session, look, since: &since, before: &before, exchange };
    let wanted = access.filter(|_| failed("access"));
    Some(match wanted {
        Some(true) => at.no_access(),
        Some(false) => at.access(),
        None => at.changed(),
    })
}

/// Where the state was looked at, and what went before.
struct At<'a> {
    course: &'a Course<'a>,
    index: usize,
    session: Option<&'a str>,
    /// The last look at it that was as it should be.
    look: Option<&'a Look>,
    /// What was delivered since.
    since: &'a [&'a Delivery],
    /// Everything that was delivered.
    before: &'a [&'a Delivery],
    exchange: &'a Exchange,
}

impl At<'_> {
    fn hints(&self) -> &AppHints {
        &self.course.provider.hints.app
    }

    fn user(&self) -> String {
        let user = self.course.user(self.session).and_then(|user| user.id.clone());
        user.map_or_else(|| "the user".to_owned(), |id| format!("user {id}"))
    }

    /// The user should have access and has none.
    fn no_access(&self) -> Finding {
        let user = self.user();
        let what = types(self.since.iter().copied().filter(|one| one.valid));
        let finding = |code, message: String, hint: &str| {
            Finding::new(code, message, hint).follows_from(BEFORE)
        };
        if self.before.iter().any(|one| one.early && one.taken) {
            return finding(
                Code::AppDropsEarly,
                format!(
                    "The webhooks came before the app had finished the sign-up, and it answered \
                     2xx to {what}. {user} has no access, and never will: the API does not send \
                     again what was taken."
                ),
                "When a webhook names a customer that the app does not know yet, keep it and apply \
                 it when the user is there, or answer 409 or 503, so that the API sends it again.",
            );
        }
        if self.before.is_empty() {
            return self
                .sent_by_the_api(Code::AppNoAccess, &format!("{user} paid, and has no access"));
        }
        let had = self.look.and_then(|look| look.access) == Some(true);
        if had {
            return self.lost(&user);
        }
        if let Some(other) = self.other_by_email() {
            return finding(
                Code::AppAccessWrongUser,
                format!(
                    "{user} paid, and has no access: the webhooks carry this user's id and the \
                     e-mail address of {other}, and the app went by the address."
                ),
                WHO,
            );
        }
        let ended = self.before.iter().any(|one| one.ends);
        if !ended && out_of_order(self.since) {
            return finding(
                Code::AppOrderDependent,
                format!(
                    "{user} has no access: {what} came in another order than they happened in, and \
                     an older one undid what a newer one had said. The API promises no order."
                ),
                ORDER,
            );
        }
        let changed = self.look.is_some_and(|look| look.state != self.exchange.json);
        let refused = self.since.iter().any(|one| one.valid && !one.taken);
        if !changed && !refused && !self.since.is_empty() {
            return finding(
                Code::AppUntied,
                format!(
                    "The app answered 2xx to {what} and stored nothing: {user} paid and has no \
                     access. The API believes that the app has it, and does not send it again."
                ),
                self.hints().untied,
            );
        }
        let again = if ended { " after a subscription of theirs had ended before" } else { "" };
        finding(
            Code::AppNoAccess,
            format!("{user} paid{again}, {what} were delivered, and there is no access."),
            self.hints().grant,
        )
    }

    /// Nothing was delivered from here: the API sent its webhooks to the app itself.
    fn sent_by_the_api(&self, code: Code, what: &str) -> Finding {
        let log = self.course.provider.delivery_log.collection;
        Finding::new(
            code,
            format!("{what}. The API sent its webhooks to the app itself."),
            format!(
                "GET {log} at the API says what the app answered to each. Where it answered 2xx, \
                 the scenarios that deliver webhooks from here show which one goes wrong."
            ),
        )
        .follows_from(BEFORE)
    }

    /// The user had access, should have it still, and has lost it.
    fn lost(&self, user: &str) -> Finding {
        let what = types(self.since.iter().copied());
        let finding = |code, message: String, hint: &str| {
            Finding::new(code, message, hint).follows_from(BEFORE)
        };
        if self.since.iter().any(|one| !one.valid) {
            return self.forged("and it took effect");
        }
        let first_end = self.since.iter().find(|one| one.ends);
        if first_end.is_none() && self.since.iter().any(|one| one.ends_later) {
            return finding(
                Code::AppAccessLostEarly,
                format!(
                    "{user} canceled, which ends the subscription with the period that is paid \
                     for, and access is gone now."
                ),
                self.hints().keep_until_ended,
            );
        }
        if first_end.is_some() {
            return finding(
                Code::AppAccessLostEarly,
                format!(
                    "An old subscription of {user} ended while a newer one runs, and access is \
                     gone. What was delivered: {what}."
                ),
                "Keep a row for each subscription, by its id, and let a user have access while any \
                 of them is active.",
            );
        }
        if self.copies() {
            return finding(
                Code::AppNotIdempotent,
                format!("A second copy of {what} took the access of {user} away."),
                TWICE,
            );
        }
        finding(
            Code::AppOrderDependent,
            format!("{what} were delivered late, and {user} has lost access by it."),
            ORDER,
        )
    }

    /// The user should have no access and has it.
    fn access(&self) -> Finding {
        let user = self.user();
        let what = types(self.since.iter().copied());
        let finding = |code, message: String, hint: &str| {
            Finding::new(code, message, hint).follows_from(BEFORE)
        };
        if self.since.iter().any(|one| !one.valid) && !self.since.iter().any(|one| one.valid) {
            return self.forged("and it gave access");
        }
        let had = self.look.and_then(|look| look.access) == Some(true);
        if self.before.is_empty() && had {
            let ended =
                format!("What {user} had paid for has ended, and the access is still there");
            return self.sent_by_the_api(Code::AppAccessKept, &ended);
        }
        if self.before.is_empty() {
            return finding(
                Code::AppAccessEarly,
                format!("{user} has access right after the sign-up, before anything was paid."),
                "Let access stand on what the API said of this user; check `access` in the app \
                 file.",
            );
        }
        let own = |one: &&&Delivery| self.is_own(one);
        let ends: Vec<_> =
            self.before.iter().filter(|one| one.ends && self.is_own_or_gone(one)).collect();
        if !ends.is_empty() {
            if self.came_after_an_end() {
                return finding(
                    Code::AppOrderDependent,
                    format!(
                        "The subscription of {user} has ended. Older webhooks that came after the \
                         end gave the access back. Delivered: {what}."
                    ),
                    ORDER,
                );
            }
            return finding(
                Code::AppAccessKept,
                format!(
                    "{} ended what {user} had paid for, and the access is still there.",
                    types(ends.iter().copied().copied())
                ),
                self.hints().end,
            );
        }
        let about_others = self.since.iter().filter(|one| one.external_id.is_some()).count();
        if !self.since.iter().any(|one| own(&one)) {
            if about_others == 0 {
                return self.unmapped();
            }
            return finding(
                Code::AppAccessWrongUser,
                format!("{what} name another user, and {user} has access by them."),
                WHO,
            );
        }
        finding(
            Code::AppAccessEarly,
            format!(
                "{user} has access, though no subscription of theirs is active. Delivered: {what}."
            ),
            self.hints().only_active,
        )
    }

    /// The state changed where it had to stay, or not by what it should.
    fn changed(&self) -> Finding {
        let user = self.user();
        let what = types(self.since.iter().copied());
        let finding = |code, message: String, hint: &str| {
            Finding::new(code, message, hint).follows_from(BEFORE)
        };
        if self.since.iter().any(|one| !one.valid) {
            return self.forged("and the state changed");
        }
        if self.since.iter().any(|one| one.valid) && !self.since.iter().any(|one| self.is_own(one))
        {
            if self.since.iter().all(|one| one.external_id.is_none()) {
                return self.unmapped();
            }
            return finding(
                Code::AppAccessWrongUser,
                format!("{what} name another user, and the state of {user} changed by them."),
                WHO,
            );
        }
        let stored = self.look.is_some_and(|look| look.state != self.exchange.json);
        if !stored {
            return finding(
                Code::AppUntied,
                format!("The app answered 2xx to {what}, and nothing came of it for {user}."),
                "Every order counts, also a second one: find the user by the external ID, and \
                 store what each event says by its own id.",
            );
        }
        if self.copies() {
            let side = if self.since.iter().any(|one| one.at_once) { " side by side" } else { "" };
            return finding(
                Code::AppNotIdempotent,
                format!(
                    "{what} came twice{side} under one id, and counted more than once for {user}. \
                     The API sends a webhook again whenever an answer is late or lost."
                ),
                TWICE,
            );
        }
        finding(
            Code::AppOrderDependent,
            format!("The state of {user} is another than before, after {what}."),
            ORDER,
        )
    }

    /// What cannot be tied to any user changed something.
    fn unmapped(&self) -> Finding {
        let what = types(self.since.iter().copied());
        Finding::new(
            Code::AppGrantsUnmapped,
            format!(
                "Nothing in {what} leads to a user: the external ID is null, and the app never saw \
                 the customer's id. {} got what another customer paid for.",
                self.user()
            ),
            "Where a webhook leads to no user, give no access: keep it for a person to look at. Do \
             not fall back to the e-mail address, the newest user or the session.",
        )
        .follows_from(BEFORE)
    }

    /// What a right handler refuses changed something.
    fn forged(&self, and: &str) -> Finding {
        let Some(one) = self.since.iter().find(|one| !one.valid) else {
            return Finding::new(Code::Mismatch, "The state is another.", "");
        };
        let (code, what) = match one.sign {
            Sign::None => (Code::AppAcceptsUnsigned, "without a signature"),
            Sign::Valid if one.age > 0 => (Code::AppAcceptsStale, "minutes old"),
            Sign::Valid => (Code::AppAcceptsStale, "from the future"),
            _ => (Code::AppAcceptsBadSignature, "whose signature does not verify"),
        };
        Finding::new(
            code,
            format!("The app was sent a {} {what}, {and}.", one.event_type),
            "Verify the signature and its timestamp before anything else is done with a webhook.",
        )
        .follows_from(FORGED)
    }

    /// Whether something came after an end that had happened before it.
    fn came_after_an_end(&self) -> bool {
        let ends = self.before.iter().enumerate().filter(|(_, one)| one.ends);
        ends.into_iter().any(|(at, end)| {
            let later = &self.before[at + 1..];
            later
                .iter()
                .any(|one| !one.ends && one.active != Some(false) && one.moment < end.moment)
        })
    }

    /// Whether a webhook came more than once since the last look.
    fn copies(&self) -> bool {
        let seen =
            |one: &Delivery| self.before.iter().filter(|other| other.id == one.id).count() > 1;
        self.since.iter().any(|one| one.copy || seen(one))
    }

    fn is_own(&self, one: &Delivery) -> bool {
        let user = self.course.user(self.session);
        user.is_some_and(|user| user.id.is_some() && user.id == one.external_id)
    }

    /// Whether an event is about this user, or about a customer whose id went with it.
    fn is_own_or_gone(&self, one: &Delivery) -> bool {
        self.is_own(one) || one.external_id.is_none()
    }

    /// Another user whose e-mail address stands in webhooks that carry this user's id, and who has
    /// access by them.
    fn other_by_email(&self) -> Option<String> {
        let other = self.since.iter().find_map(|one| {
            let other = self.course.other(self.session, one.email.as_deref()?)?;
            self.is_own(one).then_some(other)
        })?;
        let gained = self.course.looks.iter().any(|look| {
            look.step > self.index && look.session == other.session && look.access == Some(true)
        });
        gained.then(|| other.id.clone().unwrap_or_else(|| "another user".to_owned()))
    }
}

/// Whether something came after what happened later.
fn out_of_order(deliveries: &[&Delivery]) -> bool {
    !deliveries.is_sorted_by(|one, next| one.moment <= next.moment)
}

const WHO: &str = "Go by the external ID alone: it is the app's own id of the user. An e-mail \
    address may be another user's, and a customer's address may change.";
const ORDER: &str = "Store with each record when it was changed (`modified_at` of the record, or \
    the webhook's `timestamp`), and leave alone what is older than what is stored. An end is \
    final: what was active before it does not bring it back.";
const TWICE: &str = "Store the id of the webhook in the same transaction as its effect, under a \
    unique index, and answer 200 to one that is there already. For an order, let its id be the \
    key.";
