//! The keys that are made of a secret.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use data_encoding::HEXLOWER_PERMISSIVE;
use sha2::{Digest as _, Sha256};

use super::Tried;
use crate::provider::Webhook;
use crate::webhook::signature::Scheme;

/// The keys that are made of a secret, the right ones first.
pub(super) fn keys(facts: &Webhook, secret: &str) -> Vec<Tried> {
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
