//! An e-mail that is gone, or another.

use serde_json::Value as Json;

use super::never_sent::never_sent;
use crate::diagnose::created::Created;
use crate::diagnose::finding::{Finding, SCRIPTED};
use crate::diagnose::format::{how_it_differs, plain, shown};
use crate::diagnose::history::{History, Sent};
use crate::diagnose::stands::Stands;
use crate::event::{Check, Code};
use crate::evidence::Exchange;
use crate::provider::Customer;

/// An e-mail that is not the expected one, held against what was sent.
pub(super) fn email_differs(
    history: &History,
    step: usize,
    exchange: &Exchange,
    check: &Check,
) -> Option<Finding> {
    let fields = history.fields();
    match history.sent(step, exchange, fields.email) {
        Sent::Value(sent) if sent.is_string() => {
            if *sent == check.actual {
                return None;
            }
            let changes =
                exchange.sent.as_ref().is_some_and(|body| body.get(fields.email).is_some());
            let known =
                |created: &Created| created.texts(fields.email).any(|email| check.actual == email);
            if changes && exchange.method != "POST" && history.before(step).any(known) {
                return Some(email_kept(exchange, &plain(sent), &shown(check)));
            }
            Some(email_broken(
                fields,
                Some(sent),
                &check.expected,
                check,
                Stands::of(exchange, check, sent),
            ))
        }
        Sent::Never(created) => {
            let stands = Stands::of(exchange, check, &check.expected);
            let (line, body) = (&created.line, created.body());
            never_sent(history.provider, fields.email, line, body, check, stands)
        }
        Sent::Value(_) => None,
        Sent::Unknown if !check.expected.is_string() => None,
        Sent::Unknown => {
            let stands = Stands::of(exchange, check, &check.expected);
            Some(email_broken(fields, None, &check.expected, check, stands))
        }
    }
}

/// An update of an e-mail that did not happen.
fn email_kept(exchange: &Exchange, sent: &str, found: &str) -> Finding {
    Finding::new(
        Code::EmailChanged,
        format!(
            "{} {} was to set the e-mail {sent}, and the answer still has {found}. The app \
             believes it changed: mail and lookups go by the new address, and the target knows \
             the old one.",
            exchange.method, exchange.path
        ),
        "Check that the target stores what an update sends before it confirms it.",
    )
    .follows_from(SCRIPTED)
}

/// `sent` is what this scenario sent, where it did.
pub(super) fn email_broken(
    fields: &Customer,
    sent: Option<&Json>,
    expected: &Json,
    check: &Check,
    stands: Option<Stands>,
) -> Finding {
    let (wanted, was) = sent.map_or((expected, "expected"), |sent| (sent, "sent"));
    let shown = shown(check);
    let what = if check.actual.is_null() || check.actual == "" {
        format!("and the target's answer has {shown}")
    } else {
        format!("and {shown} came back{}", how_it_differs(wanted, &check.actual))
    };
    let stands = stands.map(|stands| stands.said()).unwrap_or_default();
    Finding::new(
        Code::EmailChanged,
        format!(
            "The e-mail {} was {was}, {what}.{stands} An app that finds its users by e-mail finds \
             another one, or none.",
            plain(wanted)
        ),
        format!(
            "Check what rewrites the address between the request and the stored customer; tie \
             users by {}, not by e-mail.",
            fields.external_id
        ),
    )
    .follows_from(SCRIPTED)
}
