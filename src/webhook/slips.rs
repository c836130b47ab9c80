//! What went wrong with a signature that does not verify: the usual slips are few, and each can be
//! tried.
//!
//! Only computed for deliveries that are rejected already. What fits was made with the endpoint's own
//! secret, so it teaches its maker nothing new. Comparisons take constant time.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use data_encoding::HEXLOWER_PERMISSIVE;
use hmac::{EagerHash, Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Digest as _, Sha256, Sha512};

use super::rewritten::rewritten;
use super::signature::{Scheme, Signed};
use crate::provider::Webhook;
use crate::secret::Secret;

/// The longest body for which slips are tried, and for which each millisecond of a second is.
pub(super) const LONGEST: usize = 64 * 1024;
const SHORT: usize = 8 * 1024;

/// The most signatures of one header that are looked at.
const MOST_CLAIMS: usize = 4;

/// A signature as it was read from a header, and what is odd about the way it stands there.
struct Claim {
    bytes: Vec<u8>,
    odd: Vec<&'static str>,
}

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

/// The signatures that are an HMAC of `message`, by a hash that their length tells; and what is odd
/// about it.
fn fitting<'a>(
    claims: &'a [Claim],
    key: &[u8],
    message: &[u8],
) -> Vec<(&'a Claim, Option<&'static str>)> {
    let with = |length: usize| claims.iter().any(|claim| claim.bytes.len() == length);
    let mut all = Vec::new();
    if with(32) {
        all.extend(verified::<Sha256>(claims, key, message).map(|claim| (claim, None)));
    }
    if with(20) {
        let odd = Some("is made with SHA-1 in place of SHA-256");
        all.extend(verified::<Sha1>(claims, key, message).map(|claim| (claim, odd)));
    }
    if with(64) {
        let odd = Some("is made with SHA-512 in place of SHA-256");
        all.extend(verified::<Sha512>(claims, key, message).map(|claim| (claim, odd)));
    }
    all
}

fn verified<'a, Hash: EagerHash>(
    claims: &'a [Claim],
    key: &[u8],
    message: &[u8],
) -> impl Iterator<Item = &'a Claim> + use<'a, Hash>
where
    Hmac<Hash>: KeyInit + Mac + Clone,
{
    let mac =
        <Hmac<Hash> as KeyInit>::new_from_slice(key).ok().map(|mac| mac.chain_update(message));
    let holds = move |claim: &&Claim| {
        mac.as_ref().is_some_and(|mac| mac.clone().verify_slice(&claim.bytes).is_ok())
    };
    claims.iter().filter(holds)
}

/// The signatures in a header, in any form.
fn claims(header: &str) -> Vec<Claim> {
    const BARE: &str = "holds no `v1,` in front";
    let mut found = Vec::new();
    for token in header.split_ascii_whitespace() {
        let token = token.trim_matches(['"', '\'']);
        if let Some(right) = token.strip_prefix("v1,") {
            found.extend(
                decoded(right).map(|(bytes, odd)| Claim { bytes, odd: odd.into_iter().collect() }),
            );
            continue;
        }
        for part in token.split([',', ';']) {
            // `sha256=…`, `v1=…`, `t=…`; the `=` of padding stands at the end.
            let value =
                part.split_once(['=', ':']).filter(|(_, rest)| !rest.trim_matches('=').is_empty());
            let value = value.map_or(part, |(_, value)| value);
            let odd = |odd: Option<&'static str>| [BARE].into_iter().chain(odd).collect();
            found.extend(decoded(value).map(|(bytes, form)| Claim { bytes, odd: odd(form) }));
        }
    }
    found.truncate(MOST_CLAIMS);
    found
}

/// The bytes of a signature, of the length of a hash, by each encoding that it may have.
fn decoded(text: &str) -> impl Iterator<Item = (Vec<u8>, Option<&'static str>)> {
    let hex = |text: &[u8]| HEXLOWER_PERMISSIVE.decode(text).ok();
    let standard = STANDARD.decode(text).ok();
    let twice = standard.as_deref().and_then(hex);
    let of = |bytes: Option<Vec<u8>>, odd| bytes.map(|bytes| (bytes, odd));
    let unpadded = text.trim_end_matches('=');
    let all = [
        of(standard, None),
        of(hex(text.as_bytes()), Some("holds hexadecimal digits in place of base64")),
        of(twice, Some("holds the base64 of hexadecimal digits, not of the bytes")),
        of(STANDARD_NO_PAD.decode(unpadded).ok(), Some("holds base64 without its padding")),
        of(URL_SAFE.decode(text).ok(), Some("holds base64url in place of base64")),
        of(URL_SAFE_NO_PAD.decode(unpadded).ok(), Some("holds base64url in place of base64")),
    ];
    let mut seen: Vec<Vec<u8>> = Vec::new();
    let fresh = move |(bytes, _): &(Vec<u8>, _)| {
        let fresh = matches!(bytes.len(), 20 | 32 | 64) && !seen.contains(bytes);
        seen.push(bytes.clone());
        fresh
    };
    all.into_iter().flatten().filter(fresh)
}

/// The keys that are made of a secret, the right ones first.
fn keys(facts: &Webhook, secret: &str) -> Vec<Tried> {
    let current = secret.strip_prefix(facts.secret_prefix);
    let encoded = current.unwrap_or(secret);
    let older =
        || facts.older_secret_prefixes.iter().find_map(|prefix| secret.strip_prefix(prefix));
    let rest = current.or_else(older);
    let right = [Scheme::Standard, Scheme::Legacy]
        .into_iter()
        .filter_map(|scheme| scheme.key(facts, secret));
    let mut keys: Vec<_> = right.map(|bytes| Tried { bytes, odd: None }).collect();
    let mut add = |bytes: Option<Vec<u8>>, odd: &str| {
        if let Some(bytes) =
            bytes.filter(|bytes| !bytes.is_empty() && keys.iter().all(|key| key.bytes != *bytes))
        {
            keys.push(Tried { bytes, odd: Some(format!("is made with a wrong key: {odd}")) });
        }
    };
    let lenient = |text: &str| {
        let text: String = text.chars().filter(|char| *char != '=').collect();
        let text = text.replace('-', "+").replace('_', "/");
        // Lenient decoders drop what is left over.
        let whole = text.len() - usize::from(text.len() % 4 == 1);
        STANDARD_NO_PAD.decode(text.get(..whole)?).ok()
    };
    let secret_bytes = || Some(secret.as_bytes().to_vec());
    add(
        rest.map(|rest| rest.as_bytes().to_vec()),
        "the text of the secret without its prefix, not decoded from base64",
    );
    add(
        Some(STANDARD.encode(secret).into_bytes()),
        "the secret encoded in base64 once more, where its own bytes are the key",
    );
    add(
        rest.map(|rest| STANDARD.encode(rest).into_bytes()),
        "the secret without its prefix encoded in base64 once more",
    );
    add(lenient(secret), "the whole secret decoded from base64, its prefix as well");
    add(lenient(encoded), "the secret decoded as base64url");
    add(rest.and_then(lenient), "the secret without its prefix decoded from base64");
    add(
        HEXLOWER_PERMISSIVE.decode(encoded.as_bytes()).ok(),
        "the secret decoded as hexadecimal digits",
    );
    add(Some(format!("{secret}\n").into_bytes()), "the secret with a line break at its end");
    add(Some(secret.trim().as_bytes().to_vec()), "the secret without the spaces around it");
    add(Some(format!("\"{secret}\"").into_bytes()), "the secret with quotes around it");
    add(secret_bytes().map(|bytes| Sha256::digest(bytes).to_vec()), "the SHA-256 of the secret");
    add(Some(Vec::from(secret.to_lowercase())), "the secret in lower case");
    keys
}

/// The messages that people sign, the right one first.
fn messages(id: &str, timestamp: &str, body: &[u8]) -> Vec<Tried> {
    let over = |start: String, odd: Option<&str>| Tried {
        bytes: [start.as_bytes(), body].concat(),
        odd: odd.map(|odd| format!("is over {odd}")),
    };
    vec![
        over(format!("{id}.{timestamp}."), None),
        over(String::new(), Some("the body alone")),
        over(format!("{timestamp}."), Some("\"{timestamp}.{body}\", without the id")),
        over(format!("{id}."), Some("\"{id}.{body}\", without the timestamp")),
        over(
            format!("{timestamp}.{id}."),
            Some("\"{timestamp}.{id}.{body}\", the id behind the timestamp"),
        ),
        over(format!("{id}{timestamp}"), Some("\"{id}{timestamp}{body}\", without the dots")),
        over(timestamp.to_owned(), Some("\"{timestamp}{body}\", without the id and the dots")),
        over(
            format!("{id}:{timestamp}:"),
            Some("\"{id}:{timestamp}:{body}\", with colons in place of dots"),
        ),
        over(format!("{timestamp}:"), Some("\"{timestamp}:{body}\", without the id")),
        over(format!("v0:{timestamp}:"), Some("\"v0:{timestamp}:{body}\", as Slack signs")),
        over(
            format!("v1.{id}.{timestamp}."),
            Some("\"v1.{id}.{timestamp}.{body}\", with the version in front"),
        ),
        Tried {
            bytes: [body, b".", timestamp.as_bytes()].concat(),
            odd: Some("is over \"{body}.{timestamp}\"".to_owned()),
        },
        Tried {
            bytes: format!("{id}.{timestamp}").into(),
            odd: Some("is over \"{id}.{timestamp}\", without the body".to_owned()),
        },
    ]
}

/// The right message with another reading of the time: in milliseconds where the header has seconds,
/// the other way round, or the time in the payload.
fn other_times(facts: &Webhook, id: &str, timestamp: &str, body: &[u8]) -> Vec<Tried> {
    let over = |time: String, odd: &str| Tried {
        bytes: [format!("{id}.{time}.").as_bytes(), body].concat(),
        odd: Some(format!("is over {odd}")),
    };
    let header = facts.timestamp_header;
    let mut all = Vec::new();
    if let Ok(time) = timestamp.parse::<i64>() {
        let digits = if body.len() > SHORT { 1 } else { 1000 };
        // Only a time in seconds has another one in milliseconds.
        if time.abs() < 100_000_000_000 {
            let odd = format!("the timestamp in milliseconds, and {header} has seconds");
            all.extend((0..digits).map(|part| over(format!("{time}{part:03}"), &odd)));
        } else {
            let odd = format!("the timestamp in seconds, and {header} has milliseconds");
            all.push(over((time / 1000).to_string(), &odd));
        }
    }
    let payload: serde_json::Value = crate::http::json::parse(body).unwrap_or_default();
    let key = facts.payload.timestamp;
    if let Some(time) = payload[key].as_str() {
        let odd = format!("the `{key}` in the body, not over {header}");
        all.push(over(time.to_owned(), &odd));
        if let Ok(time) = time.parse::<jiff::Timestamp>() {
            all.push(over(time.as_second().to_string(), &odd));
            all.push(over(time.as_millisecond().to_string(), &odd));
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;
    use crate::provider::POLAR;
    use crate::webhook::signature::verify;

    const FACTS: &Webhook = &POLAR.webhook;
    const ID: &str = "msg_1";
    const NOW: i64 = 1_795_315_904;
    const BODY: &[u8] = "{\"type\":\"customer.created\",\"timestamp\":\"2026-11-22T10:00:00.25Z\",\"data\":{\"name\":\"é/\",\"n\":97.0,\"a\":[1,2]}}".as_bytes();
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
                (
                    format!("v1,{}", hex.to_uppercase()),
                    "holds hexadecimal digits in place of base64",
                ),
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
                (
                    format!("v1,{}", STANDARD_NO_PAD.encode(&sum)),
                    "holds base64 without its padding",
                ),
            ] {
                assert_eq!(told(secret, &header), slip, "{header}");
            }
        }
        // One with both of the characters that differ.
        let sum =
            (0..).map(|salt: u32| (salt, mac(&key(LEGACY), format!("{salt}.{NOW}.").as_bytes())));
        let (salt, sum) =
            sum.into_iter().find(|(_, sum)| STANDARD.encode(sum).contains(['+', '/'])).unwrap();
        let (id, timestamp, header) =
            (salt.to_string(), NOW.to_string(), format!("v1,{}", URL_SAFE.encode(sum)));
        let signed =
            Signed { id: Some(&id), timestamp: Some(&timestamp), signature: Some(&header) };
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
        let late =
            told_at(LEGACY, &format!("{NOW}000"), &with(format!("{ID}.{NOW}.")), BODY).unwrap();
        assert_eq!(
            late,
            "is over the timestamp in seconds, and webhook-timestamp has milliseconds"
        );
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
            assert!(
                told.starts_with("is made with a wrong key: ") && told.contains(slip),
                "{told}"
            );
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
            "holds no `v1,` in front and holds hexadecimal digits in place of base64 and is over the body alone and is \
             made with SHA-1 in place of SHA-256"
        );
        let sum = <Hmac<Sha512> as KeyInit>::new_from_slice(LEGACY.as_bytes())
            .unwrap()
            .chain_update(whole(BODY))
            .finalize();
        assert_eq!(
            told(LEGACY, &right(sum.into_bytes())),
            "is made with SHA-512 in place of SHA-256"
        );
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
        assert_eq!(
            told_at(LEGACY, &NOW.to_string(), &right(mac(&key(LEGACY), &long)), &long),
            None
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]
        #[test]
        fn whatever_comes_is_survived(
            secret in any::<String>(), timestamp in any::<String>(), header in any::<String>(), body in any::<Vec<u8>>(),
        ) {
            let signed = Signed { id: None, timestamp: Some(&timestamp), signature: Some(&header) };
            let _ = find(FACTS, &Secret::new(secret), signed, &body);
        }
    }
}
