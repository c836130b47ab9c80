use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE};
use data_encoding::HEXLOWER_PERMISSIVE;
use hmac::{Hmac, KeyInit, Mac};
use proptest::prelude::*;
use serde_json::Value;
use sha1::Sha1;
use sha2::{Sha256, Sha512};

use super::*;
use crate::provider::POLAR;
use crate::webhook::signature::{Scheme, verify};

const FACTS: &Webhook = &POLAR.webhook;
const ID: &str = "msg_1";
const NOW: i64 = 1_795_315_904;
const BODY: &[u8] = concat!(
    r#"{"type":"customer.created","timestamp":"2026-11-22T10:00:00.25Z","#,
    r#""data":{"name":"é/","n":97.0,"a":[1,2]}}"#,
)
.as_bytes();
const STANDARD_SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const LEGACY: &str = "polar_whs_chosen by hand";

fn mac(key: &[u8], message: &[u8]) -> Vec<u8> {
    let mac = <Hmac<Sha256> as KeyInit>::new_from_slice(key).unwrap();
    mac.chain_update(message).finalize().into_bytes().to_vec()
}

fn key(secret: &str) -> Vec<u8> {
    Scheme::Standard.key(FACTS, secret).or_else(|| Scheme::Legacy.key(FACTS, secret)).unwrap()
}

fn whole(body: &[u8]) -> Vec<u8> {
    [format!("{ID}.{NOW}.").as_bytes(), body].concat()
}

fn told_at(secret: &str, timestamp: &str, header: &str, body: &[u8]) -> Option<String> {
    let secret = Secret::new(secret);
    let signed = Signed { id: Some(ID), timestamp: Some(timestamp), signature: Some(header) };
    let told = find(FACTS, &secret, signed, body);
    assert!(told.is_none() || verify(FACTS, &secret, signed, body, NOW).is_err(), "{told:?}");
    told
}

fn told(secret: &str, header: &str) -> String {
    told_at(secret, &NOW.to_string(), header, BODY).unwrap_or_else(|| "nothing".to_owned())
}

fn right(bytes: impl AsRef<[u8]>) -> String {
    format!("v1,{}", STANDARD.encode(bytes))
}

#[test]
fn forms_of_the_header() {
    for secret in [STANDARD_SECRET, LEGACY] {
        let sum = mac(&key(secret), &whole(BODY));
        let hex = HEXLOWER_PERMISSIVE.encode(&sum);
        for (header, slip) in [
            (format!("v1,{hex}"), "holds hexadecimal digits in place of base64"),
            (format!("v1,{}", hex.to_uppercase()), "holds hexadecimal digits in place of base64"),
            (right(&hex), "holds the base64 of hexadecimal digits, not of the bytes"),
            (STANDARD.encode(&sum), "holds no `v1,` in front"),
            (format!("v1={}", STANDARD.encode(&sum)), "holds no `v1,` in front"),
            (
                format!("sha256={hex}"),
                "holds no `v1,` in front and holds hexadecimal digits in place of base64",
            ),
            (
                format!("t={NOW},v1={hex}"),
                "holds no `v1,` in front and holds hexadecimal digits in place of base64",
            ),
            (format!("v1,{}", STANDARD_NO_PAD.encode(&sum)), "holds base64 without its padding"),
        ] {
            assert_eq!(told(secret, &header), slip, "{header}");
        }
    }
    // One with both of the characters that differ.
    let sum = (0..).map(|salt: u32| (salt, mac(&key(LEGACY), format!("{salt}.{NOW}.").as_bytes())));
    let (salt, sum) =
        sum.into_iter().find(|(_, sum)| STANDARD.encode(sum).contains(['+', '/'])).unwrap();
    let (id, timestamp, header) =
        (salt.to_string(), NOW.to_string(), format!("v1,{}", URL_SAFE.encode(sum)));
    let signed = Signed { id: Some(&id), timestamp: Some(&timestamp), signature: Some(&header) };
    assert_eq!(
        find(FACTS, &Secret::new(LEGACY), signed, b"").as_deref(),
        Some("holds base64url in place of base64")
    );
}

#[test]
fn messages_that_people_sign() {
    let with = |start: String| right(mac(&key(LEGACY), &[start.as_bytes(), BODY].concat()));
    for (header, slip) in [
        (with(String::new()), "is over the body alone"),
        (with(format!("{NOW}.")), "is over \"{timestamp}.{body}\", without the id"),
        (with(format!("{ID}.")), "is over \"{id}.{body}\", without the timestamp"),
        (
            with(format!("{NOW}.{ID}.")),
            "is over \"{timestamp}.{id}.{body}\", the id behind the timestamp",
        ),
        (
            with(format!("{ID}.{NOW}123.")),
            "is over the timestamp in milliseconds, and webhook-timestamp has seconds",
        ),
        (
            with(format!("{ID}.2026-11-22T10:00:00.25Z.")),
            "is over the `timestamp` in the body, not over webhook-timestamp",
        ),
    ] {
        assert_eq!(told(LEGACY, &header), slip);
    }
    let late = told_at(LEGACY, &format!("{NOW}000"), &with(format!("{ID}.{NOW}.")), BODY).unwrap();
    assert_eq!(late, "is over the timestamp in seconds, and webhook-timestamp has milliseconds");
}

#[test]
fn keys_that_people_make() {
    for (secret, key, slip) in [
        (
            STANDARD_SECRET,
            STANDARD.encode(STANDARD_SECRET).into_bytes(),
            "encoded in base64 once more",
        ),
        (LEGACY, STANDARD.encode(LEGACY).into_bytes(), "encoded in base64 once more"),
        (
            STANDARD_SECRET,
            STANDARD_SECRET[6..].into(),
            "without its prefix, not decoded from base64",
        ),
        (LEGACY, b"chosen by hand".to_vec(), "without its prefix, not decoded from base64"),
        (LEGACY, format!("{LEGACY}\n").into(), "a line break at its end"),
        ("6162636465666768", b"abcdefgh".to_vec(), "hexadecimal digits"),
        ("b3RoZXI=", b"other".to_vec(), "decoded from base64"),
    ] {
        let told = told(secret, &right(mac(&key, &whole(BODY))));
        assert!(told.starts_with("is made with a wrong key: ") && told.contains(slip), "{told}");
    }
}

#[test]
fn hashes_and_several_slips_at_once() {
    let sum = <Hmac<Sha1> as KeyInit>::new_from_slice(LEGACY.as_bytes())
        .unwrap()
        .chain_update(BODY)
        .finalize();
    let header = format!("sha1={}", HEXLOWER_PERMISSIVE.encode(&sum.into_bytes()));
    assert_eq!(
        told(LEGACY, &header),
        "holds no `v1,` in front and holds hexadecimal digits in place of base64 and is over the \
         body alone and is made with SHA-1 in place of SHA-256"
    );
    let sum = <Hmac<Sha512> as KeyInit>::new_from_slice(LEGACY.as_bytes())
        .unwrap()
        .chain_update(whole(BODY))
        .finalize();
    assert_eq!(told(LEGACY, &right(sum.into_bytes())), "is made with SHA-512 in place of SHA-256");
}

#[test]
fn bodies_that_were_written_anew() {
    let value: Value = serde_json::from_slice(BODY).unwrap();
    for (other, how) in [
        (serde_json::to_string_pretty(&value).unwrap(), "with indentation"),
        (value.to_string().replace(['é'], "\\u00e9"), "with everything but ASCII escaped"),
        (value.to_string().replace(['é'], "\\u00e9").replace('/', "\\/"), "with `/` escaped"),
        (value.to_string().replace("97.0", "97"), "as JavaScript writes numbers"),
        (format!("{value}\n"), "with a line break at its end"),
        (value["data"].to_string(), "`data`"),
        (Value::from(value.to_string()).to_string(), "JSON text"),
    ] {
        let told = told(LEGACY, &right(mac(&key(LEGACY), &whole(other.as_bytes()))));
        assert!(
            told.contains(how) && told.ends_with("not over the bytes that were sent"),
            "{told}"
        );
    }
    // The other way round: the compact form was signed, and another one sent.
    let pretty = serde_json::to_vec_pretty(&value).unwrap();
    let header = right(mac(&key(LEGACY), &whole(BODY)));
    let told = told_at(LEGACY, &NOW.to_string(), &header, &pretty).unwrap();
    assert!(told.contains("without any spaces"), "{told}");
}

#[test]
fn what_is_right_or_wholly_wrong_has_no_slip() {
    assert_eq!(told(LEGACY, &right(mac(b"another", &whole(BODY)))), "nothing");
    assert_eq!(told(LEGACY, "v1,AAAA"), "nothing");
    assert_eq!(told(LEGACY, ""), "nothing");
    let header = right(mac(&key(LEGACY), &[b"msg_1.soon.", BODY].concat()));
    assert_eq!(told_at(LEGACY, "soon", &header, BODY), None);
    let long = vec![b' '; LONGEST + 1];
    assert_eq!(told_at(LEGACY, &NOW.to_string(), &right(mac(&key(LEGACY), &long)), &long), None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]
    #[test]
    fn whatever_comes_is_survived(
        secret in any::<String>(), timestamp in any::<String>(), header in any::<String>(),
        body in any::<Vec<u8>>(),
    ) {
        let signed = Signed { id: None, timestamp: Some(&timestamp), signature: Some(&header) };
        let _ = find(FACTS, &Secret::new(secret), signed, &body);
    }
}
