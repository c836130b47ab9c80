//! Webhook signatures, made and verified. Pure: the clock is handed in.
//!
//! The format is the one of the Standard Webhooks specification: `webhook-signature` holds
//! `v1,<base64 of HMAC-SHA256 over "{id}.{timestamp}.{body}">`, several of them separated by spaces.
//! How the key is made from the secret differs (measured on Polar, see [`Scheme`]).

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::secret::Secret;

/// How far a timestamp may be from now, in seconds, before or after: what the specification's own
/// libraries allow.
pub const TOLERANCE: i64 = 5 * 60;

/// How the key is made from the secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// What follows `whsec_`, decoded from base64: secrets that Polar generated since 2026-09-08.
    Standard,
    /// The bytes of the whole secret, prefix included: older ones, and those a merchant chose.
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
    fn key(self, secret: &str) -> Option<Vec<u8>> {
        match self {
            Self::Standard => {
                let encoded = secret.strip_prefix("whsec_")?.trim_end_matches('=');
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
    /// `webhook-id`
    pub id: Option<&'a str>,
    /// `webhook-timestamp`
    pub timestamp: Option<&'a str>,
    /// `webhook-signature`
    pub signature: Option<&'a str>,
}

/// One `v1,…` signature over a delivery; `None` where the secret does not fit the scheme.
#[must_use]
pub fn sign(secret: &Secret, scheme: Scheme, id: &str, timestamp: i64, body: &[u8]) -> Option<String> {
    let mac = mac(&scheme.key(secret.expose())?, id, &timestamp.to_string(), body)?;
    Some(format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())))
}

/// Verifies a delivery by both schemes, in constant time for each signature. `now` is in Unix seconds.
pub fn verify(secret: &Secret, signed: Signed<'_>, body: &[u8], now: i64) -> Result<Scheme, Rejection> {
    let present = |value: Option<&'_ str>| value.map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
    let (Some(id), Some(timestamp), Some(header)) =
        (present(signed.id), present(signed.timestamp), present(signed.signature))
    else {
        return Err(Rejection::Unsigned);
    };
    let scheme = [Scheme::Standard, Scheme::Legacy]
        .into_iter()
        .find(|scheme| {
            let Some(key) = scheme.key(secret.expose()) else { return false };
            candidates(&header)
                .any(|claimed| mac(&key, &id, &timestamp, body).is_some_and(|mac| mac.verify_slice(&claimed).is_ok()))
        })
        .ok_or(Rejection::BadSignature)?;
    let sent: i64 = timestamp.parse().map_err(|_| Rejection::BadSignature)?;
    if now.abs_diff(sent) > TOLERANCE.unsigned_abs() {
        return Err(Rejection::Stale);
    }
    Ok(scheme)
}

/// The `v1` signatures in a header; other versions and what is no base64 are passed over.
fn candidates(header: &str) -> impl Iterator<Item = Vec<u8>> {
    header.split_ascii_whitespace().filter_map(|each| STANDARD.decode(each.strip_prefix("v1,")?).ok())
}

fn mac(key: &[u8], id: &str, timestamp: &str, body: &[u8]) -> Option<Hmac<Sha256>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
    for part in [id.as_bytes(), b".", timestamp.as_bytes(), b".", body] {
        mac.update(part);
    }
    Some(mac)
}
