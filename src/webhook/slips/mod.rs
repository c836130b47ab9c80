//! What went wrong with a signature that does not verify: the usual slips are few, and each can be
//! tried. `claims` are the signatures in a header, `keys` and `messages` what they may be made of.
//!
//! Only computed for deliveries that are rejected already. What fits was made with the endpoint's
//! own secret, so it teaches its maker nothing new. Comparisons take constant time.

mod claims;
mod keys;
mod messages;

use self::claims::{claims, fitting};
use self::keys::keys;
use self::messages::{messages, other_times};
use super::rewritten::rewritten;
use super::signature::Signed;
use crate::provider::Webhook;
use crate::secret::Secret;

/// The longest body for which slips are tried.
pub(super) const LONGEST: usize = 64 * 1024;

/// A key or a message that is tried, and what is odd about it; nothing about the right ones.
struct Tried {
    bytes: Vec<u8>,
    odd: Option<String>,
}

/// What fits the signature of a rejected delivery, as it stands after "it": fragments joined by
/// "and". Nothing where no slip explains it, or where it is not the signature that is wrong.
#[must_use]
pub(super) fn find(
    facts: &Webhook,
    secret: &Secret,
    signed: Signed<'_>,
    body: &[u8],
) -> Option<String> {
    let text = |value: Option<&str>| value.map(str::trim).unwrap_or_default().to_owned();
    let (id, timestamp, header) = (text(signed.id), text(signed.timestamp), text(signed.signature));
    if body.len() > LONGEST {
        return None;
    }
    let claims = claims(&header);
    if claims.is_empty() {
        return None;
    }
    let keys = keys(facts, secret.expose());
    let right = || keys.iter().filter(|key| key.odd.is_none());
    let mut best: Option<Vec<String>> = None;
    let mut attempt = |key: &Tried, message: &Tried| {
        for (claim, hash) in fitting(&claims, &key.bytes, &message.bytes) {
            let odd = claim.odd.iter().map(|odd| (*odd).to_owned());
            let odd = odd
                .chain(message.odd.clone())
                .chain(key.odd.clone())
                .chain(hash.map(str::to_owned));
            let odd: Vec<_> = odd.collect();
            if best.as_ref().is_none_or(|best| odd.len() < best.len()) {
                best = Some(odd);
            }
        }
    };
    for message in messages(&id, &timestamp, body) {
        for key in &keys {
            attempt(key, &message);
        }
    }
    for message in other_times(facts, &id, &timestamp, body) {
        right().for_each(|key| attempt(key, &message));
    }
    for (other, how) in rewritten(&facts.payload, body) {
        for start in [format!("{id}.{timestamp}."), String::new()] {
            let alone = if start.is_empty() { " alone" } else { "" };
            let odd =
                Some(format!("is over the body{alone} {how}, not over the bytes that were sent"));
            let message = Tried { bytes: [start.as_bytes(), &other].concat(), odd };
            right().for_each(|key| attempt(key, &message));
        }
    }
    best.filter(|odd| !odd.is_empty()).map(|odd| odd.join(" and "))
}

#[cfg(test)]
mod tests;
