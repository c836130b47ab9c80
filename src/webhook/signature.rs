//! Webhook signatures, made and verified. Pure: the clock is handed in.
//!
//! The format is the one of the Standard Webhooks specification: the signature header holds
//! `v1,<base64 of HMAC-SHA256 over "{id}.{timestamp}.{body}">`, several of them separated by
//! spaces. What the headers are called, and what secrets begin with, is the provider's. How the key
//! is made from the secret differs within one provider (measured on Polar, see [`Scheme`]).

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::provider::Webhook;
use crate::secret::Secret;

/// How far a timestamp may be from now, in seconds, before or after: what the specification's own
/// libraries allow.
pub const TOLERANCE: i64 = 5 * 60;

/// How the key is made from the secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// What follows the secret's prefix, decoded from base64.
    Standard,
    /// The bytes of the whole secret, prefix included: older secrets, and those a merchant chose.
    Legacy,
}

impl Scheme {
    /// The name in reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::Legacy => "legacy",
        }
    }

    /// The key, or `None` where the secret does not fit the scheme.
    pub(super) fn key(self, facts: &Webhook, secret: &str) -> Option<Vec<u8>> {
        match self {
            Self::Standard => {
                let encoded = secret.strip_prefix(facts.secret_prefix)?.trim_end_matches('=');
                STANDARD_NO_PAD.decode(encoded).ok().filter(|key| !key.is_empty())
            }
            Self::Legacy => Some(secret.as_bytes().to_vec()),
        }
    }
}

/// Why a correct handler must reject a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Rejection {
    /// One of the three headers is missing or empty.
    Unsigned,
    /// No signature in the header verifies.
    BadSignature,
    /// The signature verifies, the timestamp is more than [`TOLERANCE`] away.
    Stale,
}

/// The three headers of a signed delivery, as they came.
#[derive(Debug, Clone, Copy)]
pub struct Signed<'a> {
    /// The event's id.
    pub id: Option<&'a str>,
    /// The time of the attempt, in Unix seconds.
    pub timestamp: Option<&'a str>,
    /// The signatures.
    pub signature: Option<&'a str>,
}

impl<'a> Signed<'a> {
    /// Finds the three among all headers, whose names are in lower case.
    #[must_use]
    pub fn find(facts: &Webhook, headers: &'a [(String, String)]) -> Self {
        let header = |name: &str| {
            headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
        };
        Self {
            id: header(facts.id_header),
            timestamp: header(facts.timestamp_header),
            signature: header(facts.signature_header),
        }
    }
}

/// One `v1,…` signature over a delivery; `None` where the secret does not fit the scheme.
#[must_use]
pub fn sign(
    facts: &Webhook,
    secret: &Secret,
    scheme: Scheme,
    id: &str,
    timestamp: i64,
    body: &[u8],
) -> Option<String> {
    let mac = mac(&scheme.key(facts, secret.expose())?, id, &timestamp.to_string(), body)?;
    Some(format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())))
}

/// Verifies a delivery by both schemes, in constant time for each signature. `now` is in Unix
/// seconds.
pub fn verify(
    facts: &Webhook,
    secret: &Secret,
    signed: Signed<'_>,
    body: &[u8],
    now: i64,
) -> Result<Scheme, Rejection> {
    let present = |value: Option<&'_ str>| {
        value.map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
    };
    let (Some(id), Some(timestamp), Some(header)) =
        (present(signed.id), present(signed.timestamp), present(signed.signature))
    else {
        return Err(Rejection::Unsigned);
    };
    let scheme = [Scheme::Standard, Scheme::Legacy]
        .into_iter()
        .find(|scheme| {
            // The body is hashed once, however many signatures a sender puts into the header.
            let key = scheme.key(facts, secret.expose());
            let Some(mac) = key.and_then(|key| mac(&key, &id, &timestamp, body)) else {
                return false;
            };
            candidates(&header).any(|claimed| mac.clone().verify_slice(&claimed).is_ok())
        })
        .ok_or(Rejection::BadSignature)?;
    let sent: i64 = timestamp.parse().map_err(|_| Rejection::BadSignature)?;
    if now.abs_diff(sent) > TOLERANCE.unsigned_abs() {
        return Err(Rejection::Stale);
    }
    Ok(scheme)
}

/// What can be seen to be wrong with the headers of a rejected delivery, as it stands after
/// "because"; nothing where a signature is there and merely does not verify. Never quotes a
/// signature.
#[must_use]
pub fn reason(
    facts: &Webhook,
    rejection: Rejection,
    signed: Signed<'_>,
    now: i64,
) -> Option<String> {
    let (id_header, time_header, header_name) =
        (facts.id_header, facts.timestamp_header, facts.signature_header);
    let text = |value: Option<&'_ str>| value.map(str::trim).unwrap_or_default().to_owned();
    let (id, timestamp, header) = (text(signed.id), text(signed.timestamp), text(signed.signature));
    match rejection {
        Rejection::Unsigned => {
            let named = [(id_header, id), (time_header, timestamp), (header_name, header)];
            let missing: Vec<_> =
                named.iter().filter(|(_, text)| text.is_empty()).map(|(name, _)| *name).collect();
            Some(match missing.as_slice() {
                [one] => format!("{one} is missing or empty"),
                several => format!("{} are missing or empty", several.join(", ")),
            })
        }
        Rejection::BadSignature if candidates(&header).all(|claimed| claimed.is_empty()) => {
            Some(format!("{header_name} holds no `v1,` with base64 after it"))
        }
        Rejection::BadSignature => {
            let no_time = timestamp.parse::<i64>().is_err();
            no_time.then(|| format!("{time_header} is not a whole number of seconds"))
        }
        Rejection::Stale => {
            let sent: i64 = timestamp.parse().ok()?;
            // Milliseconds since 1970 have three digits more.
            if sent.abs_diff(now) > now.unsigned_abs().saturating_mul(100) {
                return Some(format!(
                    "{time_header} is {sent}, which is not a time in seconds; perhaps it is in \
                     milliseconds"
                ));
            }
            let side = if sent < now { "before" } else { "after" };
            Some(format!("{time_header} is {sent}, {} s {side} it arrived", now.abs_diff(sent)))
        }
    }
}

/// The `v1` signatures in a header; other versions and what is no base64 are passed over.
fn candidates(header: &str) -> impl Iterator<Item = Vec<u8>> {
    header
        .split_ascii_whitespace()
        .filter_map(|each| STANDARD.decode(each.strip_prefix("v1,")?).ok())
}

fn mac(key: &[u8], id: &str, timestamp: &str, body: &[u8]) -> Option<Hmac<Sha256>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
    for part in [id.as_bytes(), b".", timestamp.as_bytes(), b".", body] {
        mac.update(part);
    }
    Some(mac)
}

#[cfg(test)]
mod tests;
