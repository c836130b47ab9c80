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

fn signed_as<'a>(id: &'a str, timestamp: &'a str, header: &'a str) -> Signed<'a> {
    Signed { id: Some(id), timestamp: Some(timestamp), signature: Some(header) }
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
    let recorded = include_str!("../../../tests/fixtures/recorded-deliveries.json");
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
    for header in
        [format!("v1,AAAA {right}"), format!("{right} v1,AAAA"), format!("v1a,xx  v2,yy {right}")]
    {
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
        let signed = Signed { id: Some(id), timestamp: Some(timestamp), signature: Some(header) };
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
        "webhook-timestamp is not a whole number of seconds"
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
        secret in any::<String>(), id in any::<String>(), timestamp in any::<String>(),
        header in any::<String>(), body in any::<Vec<u8>>(), now in any::<i64>(),
    ) {
        let signed = signed_as(&id, &timestamp, &header);
        prop_assert!(verify(FACTS, &Secret::new(secret), signed, &body, now).is_err());
    }

    /// One bit of anything that is signed, or of the signature, or of the key.
    #[test]
    fn no_single_bit_can_be_changed(
        secret in "(whsec_[A-Za-z0-9+/]{32}|[ -~]{12,40})", id in "[!-~]{1,40}",
        body in prop::collection::vec(any::<u8>(), 1..80), part in 0..5_usize,
        at in any::<prop::sample::Index>(), bit in 0..7_u8,
    ) {
        let timestamp = NOW.to_string();
        for scheme in [Scheme::Standard, Scheme::Legacy] {
            let header = sign(FACTS, &Secret::new(&secret), scheme, &id, NOW, &body);
            let Some(header) = header else { continue };
            let mut texts =
                [&secret, &id, &timestamp, &header].map(|text| text.clone().into_bytes());
            let mut body = body.clone();
            let changed = texts.get_mut(part).unwrap_or(&mut body);
            let at = at.index(changed.len());
            changed[at] ^= 1 << bit;
            // Headers are text, and lose the spaces around them.
            let texts = texts.map(|text| String::from_utf8(text).ok());
            let [Some(secret), Some(id), Some(timestamp), Some(header)] = texts else { continue };
            let signed = signed_as(&id, &timestamp, &header);
            let verified = verify(FACTS, &Secret::new(secret), signed, &body, NOW);
            prop_assert!(verified.is_err(), "part {}, byte {}", part, at);
        }
    }

    #[test]
    fn what_is_signed_verifies(
        secret in "[ -~]{1,60}", id in "[!-~]{1,40}", body in any::<Vec<u8>>(),
        now in 0..i64::from(u32::MAX),
    ) {
        let secret = Secret::new(secret);
        for scheme in [Scheme::Standard, Scheme::Legacy] {
            let Some(header) = sign(FACTS, &secret, scheme, &id, now, &body) else { continue };
            let timestamp = now.to_string();
            let signed = signed_as(&id, &timestamp, &header);
            prop_assert!(verify(FACTS, &secret, signed, &body, now).is_ok());
        }
    }
}
