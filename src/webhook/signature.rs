//! Webhook signatures, made and verified. Pure: the clock is handed in.
//!
//! The format is the one of the Standard Webhooks specification: the signature header holds
//! `v1,<base64 of HMAC-SHA256 over "{id}.{timestamp}.{body}">`, several of them separated by spaces.
//! What the headers are called, and what secrets begin with, is the provider's. How the key is made
//! from the secret differs within one provider (measured on Polar, see [`Scheme`]).

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

/// What can be seen to be wrong with the headers of a rejected delivery, as it stands after "because";
/// nothing where a signature is there and merely does not verify. Never quotes a signature.
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
            no_time.then(|| format!("{time_header} is no whole number of seconds"))
        }
        Rejection::Stale => {
            let sent: i64 = timestamp.parse().ok()?;
            // Milliseconds since 1970 have three digits more.
            if sent.abs_diff(now) > now.unsigned_abs().saturating_mul(100) {
                return Some(format!(
                    "{time_header} is {sent}, which is no time in seconds; perhaps it is in \
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
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::Value;

    use crate::provider::POLAR;
    use crate::provider::made_up::ACME;

    const FACTS: &Webhook = &POLAR.webhook;
    const ID: &str = "msg_1";
    const NOW: i64 = 1_795_315_904;
    const BODY: &[u8] = br#"{"type":"customer.created"}"#;
    const STANDARD_SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    fn secret(text: &str) -> Secret {
        Secret::new(text)
    }

    /// Verifies BODY as sent at NOW, received `later` seconds after.
    fn received(secret: &Secret, header: &str, later: i64) -> Result<Scheme, Rejection> {
        let timestamp = NOW.to_string();
        let signed = Signed { id: Some(ID), timestamp: Some(&timestamp), signature: Some(header) };
        verify(FACTS, secret, signed, BODY, NOW + later)
    }

    fn signed(secret: &Secret, scheme: Scheme) -> String {
        sign(FACTS, secret, scheme, ID, NOW, BODY).unwrap()
    }

    #[test]
    fn the_ways_to_make_a_key_have_their_names() {
        assert_eq!([Scheme::Standard, Scheme::Legacy].map(Scheme::as_str), ["standard", "legacy"]);
    }

    #[test]
    fn recorded_deliveries_verify_and_a_changed_byte_does_not() {
        let recorded = include_str!("../../tests/fixtures/recorded-deliveries.json");
        let deliveries: Vec<Value> = serde_json::from_str(recorded).unwrap();
        assert!(deliveries.len() >= 5);
        for delivery in &deliveries {
            let secret = secret(delivery["secret"].as_str().unwrap());
            let header = |name: &str| delivery["headers"][name].as_str();
            let signed = Signed {
                id: header("webhook-id"),
                timestamp: header("webhook-timestamp"),
                signature: header("webhook-signature"),
            };
            let now = signed.timestamp.unwrap().parse().unwrap();
            let body = delivery["body"].as_str().unwrap().as_bytes();
            assert_eq!(verify(FACTS, &secret, signed, body, now), Ok(Scheme::Legacy));
            let mut changed = body.to_vec();
            changed[10] ^= 1;
            assert_eq!(verify(FACTS, &secret, signed, &changed, now), Err(Rejection::BadSignature));
            let other_id = Signed { id: Some("other"), ..signed };
            assert_eq!(verify(FACTS, &secret, other_id, body, now), Err(Rejection::BadSignature));
        }
    }

    #[test]
    fn the_standard_scheme_agrees_with_the_specification_s_own_library() {
        let reference = standardwebhooks::Webhook::new(STANDARD_SECRET).unwrap();
        let theirs = reference.sign(ID, NOW, BODY).unwrap();
        assert_eq!(signed(&secret(STANDARD_SECRET), Scheme::Standard), theirs);
        assert_eq!(received(&secret(STANDARD_SECRET), &theirs, 0), Ok(Scheme::Standard));
    }

    #[test]
    fn both_schemes_are_tried_and_the_one_that_held_is_told() {
        let standard = secret(STANDARD_SECRET);
        assert_eq!(received(&standard, &signed(&standard, Scheme::Legacy), 0), Ok(Scheme::Legacy));
        let chosen = secret("a merchant's own words");
        assert_eq!(sign(FACTS, &chosen, Scheme::Standard, ID, NOW, BODY), None);
        assert_eq!(received(&chosen, &signed(&chosen, Scheme::Legacy), 0), Ok(Scheme::Legacy));
        let other = secret("whsec_b3RoZXI=");
        assert_eq!(
            received(&other, &signed(&standard, Scheme::Standard), 0),
            Err(Rejection::BadSignature)
        );
    }

    #[test]
    fn a_secret_whose_key_would_be_empty_signs_nothing_the_standard_way() {
        assert_eq!(sign(FACTS, &secret("whsec_"), Scheme::Standard, ID, NOW, BODY), None);
        assert_eq!(sign(FACTS, &secret("whsec_===="), Scheme::Standard, ID, NOW, BODY), None);
    }

    #[test]
    fn a_provider_s_own_names_are_read_and_said() {
        let facts = &ACME.webhook;
        let secret = secret("acme_b3RoZXI=");
        let right = sign(facts, &secret, Scheme::Standard, ID, NOW, BODY).unwrap();
        assert_eq!(sign(FACTS, &secret, Scheme::Standard, ID, NOW, BODY), None);
        let headers = |time: i64| {
            [("acme-id", ID), ("acme-time", &time.to_string()), ("acme-signature", &right)]
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
        };
        let sent = headers(NOW);
        let signed = Signed::find(facts, &sent);
        assert_eq!(verify(facts, &secret, signed, BODY, NOW), Ok(Scheme::Standard));
        let unnamed = Signed::find(FACTS, &sent);
        assert_eq!(verify(FACTS, &secret, unnamed, BODY, NOW), Err(Rejection::Unsigned));
        let missing = reason(facts, Rejection::Unsigned, unnamed, NOW).unwrap();
        assert_eq!(missing, "acme-id, acme-time, acme-signature are missing or empty");
        let old = headers(NOW - 400);
        let stale = reason(facts, Rejection::Stale, Signed::find(facts, &old), NOW).unwrap();
        assert!(stale.starts_with("acme-time is "), "{stale}");
    }

    #[test]
    fn padding_of_the_secret_does_not_matter() {
        let (with, without) = (secret("whsec_b3RoZXI="), secret("whsec_b3RoZXI"));
        assert_eq!(signed(&with, Scheme::Standard), signed(&without, Scheme::Standard));
    }

    #[test]
    fn one_of_several_signatures_is_enough() {
        let secret = secret(STANDARD_SECRET);
        let right = signed(&secret, Scheme::Standard);
        for header in [
            format!("v1,AAAA {right}"),
            format!("{right} v1,AAAA"),
            format!("v1a,xx  v2,yy {right}"),
        ] {
            assert_eq!(received(&secret, &header, 0), Ok(Scheme::Standard), "{header}");
        }
        for header in ["v1,AAAA", "v1", "v1,", ",", "v2,AAAA", right.trim_start_matches("v1,")] {
            assert_eq!(received(&secret, header, 0), Err(Rejection::BadSignature), "{header}");
        }
    }

    #[test]
    fn a_missing_header_is_unsigned() {
        let secret = secret(STANDARD_SECRET);
        let right = signed(&secret, Scheme::Standard);
        let timestamp = NOW.to_string();
        let whole = Signed { id: Some(ID), timestamp: Some(&timestamp), signature: Some(&right) };
        for broken in [
            Signed { id: None, ..whole },
            Signed { timestamp: None, ..whole },
            Signed { signature: None, ..whole },
            Signed { signature: Some(" "), ..whole },
        ] {
            assert_eq!(verify(FACTS, &secret, broken, BODY, NOW), Err(Rejection::Unsigned));
        }
    }

    #[test]
    fn a_timestamp_may_be_five_minutes_off_either_way() {
        let secret = secret(STANDARD_SECRET);
        let right = signed(&secret, Scheme::Standard);
        for later in [-300, 0, 300] {
            assert_eq!(received(&secret, &right, later), Ok(Scheme::Standard));
        }
        for later in [-301, 301, i64::MAX - NOW, i64::MIN + NOW] {
            assert_eq!(received(&secret, &right, later), Err(Rejection::Stale));
        }
    }

    #[test]
    fn a_stranger_s_old_delivery_is_badly_signed_before_it_is_stale() {
        let right = signed(&secret(STANDARD_SECRET), Scheme::Standard);
        assert_eq!(
            received(&secret("whsec_b3RoZXI="), &right, TOLERANCE + 1),
            Err(Rejection::BadSignature)
        );
    }

    #[test]
    fn a_rejection_says_what_can_be_seen() {
        fn told(rejection: Rejection, id: &str, timestamp: &str, header: &str) -> Option<String> {
            let signed =
                Signed { id: Some(id), timestamp: Some(timestamp), signature: Some(header) };
            reason(FACTS, rejection, signed, NOW)
        }
        let unsigned = |id, header| told(Rejection::Unsigned, id, " ", header).unwrap();
        assert_eq!(unsigned(ID, "v1,x"), "webhook-timestamp is missing or empty");
        assert_eq!(
            unsigned("", ""),
            "webhook-id, webhook-timestamp, webhook-signature are missing or empty"
        );
        let bad = |timestamp, header| told(Rejection::BadSignature, ID, timestamp, header);
        for header in ["dGVzdA==", "v1,", "v1a,dGVzdA==", "v1,-"] {
            assert_eq!(
                bad("1", header).unwrap(),
                "webhook-signature holds no `v1,` with base64 after it"
            );
        }
        assert_eq!(
            bad("now", "v1,dGVzdA==").unwrap(),
            "webhook-timestamp is no whole number of seconds"
        );
        assert_eq!(bad("1", "v1,dGVzdA=="), None);
        let stale = |sent: i64| told(Rejection::Stale, ID, &sent.to_string(), "").unwrap();
        assert!(stale(NOW - 3600).ends_with(", 3600 s before it arrived"));
        assert!(stale(NOW + 301).ends_with(", 301 s after it arrived"));
        assert!(stale(NOW * 1000).ends_with("in milliseconds"));
        assert!(stale(0).ends_with("before it arrived"));
        // The bounds, which no delivery meets: one from now is not stale.
        assert!(stale(NOW).ends_with(", 0 s after it arrived"));
        assert!(stale(NOW * 101).ends_with("s after it arrived"));
        assert!(stale(NOW * 101 + 1).ends_with("in milliseconds"));
    }

    proptest! {
        #[test]
        fn whatever_comes_is_judged_without_a_panic(
            secret in any::<String>(), id in any::<String>(), timestamp in any::<String>(), header in any::<String>(),
            body in any::<Vec<u8>>(), now in any::<i64>(),
        ) {
            let signed = Signed { id: Some(&id), timestamp: Some(&timestamp), signature: Some(&header) };
            prop_assert!(verify(FACTS, &Secret::new(secret), signed, &body, now).is_err());
        }

        /// One bit of anything that is signed, or of the signature, or of the key.
        #[test]
        fn no_single_bit_can_be_changed(
            secret in "(whsec_[A-Za-z0-9+/]{32}|[ -~]{12,40})", id in "[!-~]{1,40}",
            body in prop::collection::vec(any::<u8>(), 1..80), part in 0..5_usize, at in any::<prop::sample::Index>(), bit in 0..7_u8,
        ) {
            let timestamp = NOW.to_string();
            for scheme in [Scheme::Standard, Scheme::Legacy] {
                let Some(header) = sign(FACTS, &Secret::new(&secret), scheme, &id, NOW, &body) else { continue };
                let mut texts = [&secret, &id, &timestamp, &header].map(|text| text.clone().into_bytes());
                let mut body = body.clone();
                let changed = texts.get_mut(part).unwrap_or(&mut body);
                let at = at.index(changed.len());
                changed[at] ^= 1 << bit;
                // Headers are text, and lose the spaces around them.
                let [secret, id, timestamp, header] = texts.map(String::from_utf8);
                let (Ok(secret), Ok(id), Ok(timestamp), Ok(header)) = (secret, id, timestamp, header) else { continue };
                let signed = Signed { id: Some(&id), timestamp: Some(&timestamp), signature: Some(&header) };
                prop_assert!(verify(FACTS, &Secret::new(secret), signed, &body, NOW).is_err(), "part {}, byte {}", part, at);
            }
        }

        #[test]
        fn what_is_signed_verifies(secret in "[ -~]{1,60}", id in "[!-~]{1,40}", body in any::<Vec<u8>>(), now in 0..i64::from(u32::MAX)) {
            let secret = Secret::new(secret);
            for scheme in [Scheme::Standard, Scheme::Legacy] {
                let Some(header) = sign(FACTS, &secret, scheme, &id, now, &body) else { continue };
                let timestamp = now.to_string();
                let signed = Signed { id: Some(&id), timestamp: Some(&timestamp), signature: Some(&header) };
                prop_assert!(verify(FACTS, &secret, signed, &body, now).is_ok());
            }
        }
    }
}
