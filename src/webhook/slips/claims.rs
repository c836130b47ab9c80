//! The signatures in a header, and the HMACs that they may be.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use data_encoding::HEXLOWER_PERMISSIVE;
use hmac::{EagerHash, Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Sha256, Sha512};

/// The most signatures of one header that are looked at.
const MOST_CLAIMS: usize = 4;

/// A signature as it was read from a header, and what is odd about the way it stands there.
pub(super) struct Claim {
    pub(super) bytes: Vec<u8>,
    pub(super) odd: Vec<&'static str>,
}

/// The signatures in a header, in any form.
pub(super) fn claims(header: &str) -> Vec<Claim> {
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

/// The signatures that are an HMAC of `message`, by a hash that their length tells; and what is odd
/// about it.
pub(super) fn fitting<'a>(
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
