//! Secrets that are known by the name they stand under: headers that carry credentials, and keys of
//! JSON.

use std::iter;
use std::sync::LazyLock;

use aho_corasick::AhoCorasick;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use serde_json::Value;

/// How the names of secrets end, in lower case and without `-` and `_`.
const NAMES: [&str; 14] = [
    "secret",
    "token",
    "password",
    "passwd",
    "passphrase",
    "apikey",
    "accesskey",
    "privatekey",
    "signature",
    "authorization",
    "credential",
    "credentials",
    "cookie",
    "jwt",
];

/// What else the name of a header that carries credentials may hold, as one of its words.
const HEADERS: [&str; 4] = ["auth", "token", "secret", "session"];

/// The shortest part of a credential that is a secret by itself; what is shorter may be any word.
const SHORTEST_PART: usize = 8;

/// Whether a value under `key` is a secret.
#[must_use]
pub fn is_secret_name(key: &str) -> bool {
    let name = plain(key);
    let name = name.strip_suffix('s').unwrap_or(&name);
    NAMES.iter().any(|ending| name.ends_with(ending.trim_end_matches('s')))
}

/// Whether a JSON text may have keys that [`is_secret_name`], at a glance.
#[must_use]
pub fn may_name_a_secret(text: &[u8]) -> bool {
    static SIGNS: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
        // A key with an escape in it may be any.
        let signs = [
            "secret",
            "token",
            "pass",
            "key",
            "signature",
            "authori",
            "credential",
            "cookie",
            "jwt",
            "\\u00",
        ];
        AhoCorasick::builder().ascii_case_insensitive(true).build(signs).ok()
    });
    SIGNS.as_ref().is_none_or(|signs| signs.is_match(text))
}

/// Whether a header carries credentials.
#[must_use]
pub fn is_secret_header(name: &str) -> bool {
    let plain = plain(name);
    let is_key = plain.ends_with("key") && !plain.contains("idempotency");
    let mut words = name.split(['-', '_']);
    is_key
        || is_secret_name(name)
        || words.any(|word| HEADERS.iter().any(|known| word.eq_ignore_ascii_case(known)))
}

fn plain(name: &str) -> String {
    name.chars().filter(|char| !matches!(char, '-' | '_')).flat_map(char::to_lowercase).collect()
}

/// What is secret in a header of an answer: a session that it gives out. What is said about
/// credentials (`www-authenticate`, `access-control-allow-credentials`) is none.
pub(super) fn in_answer_header<'a>(name: &str, value: &'a str) -> Option<&'a str> {
    let name = plain(name);
    let value = if name == "setcookie" {
        value.split(';').next()?.split_once('=')?.1
    } else {
        name.ends_with("token").then_some(value)?
    };
    Some(value.trim().trim_matches('"'))
}

/// What is secret in a header that is sent: the value, and each part of it that is of use alone.
pub(super) fn in_header(name: &str, value: &str) -> Vec<String> {
    if !is_secret_header(name) {
        return Vec::new();
    }
    let value = value.trim();
    let mut found = vec![value.to_owned()];
    // `Basic …`, `Bearer …`, `Digest username="…", response="…"`
    let credential = value.split_once(char::is_whitespace).map_or(value, |(_, rest)| rest.trim());
    found.extend([credential, credential.trim_end_matches('=')].map(str::to_owned));
    found.extend(base64_parts(credential));
    // `session=…; theme=…`
    let parameters = value.split([',', ';', ' ']).filter_map(|part| part.split_once('='));
    let values = parameters.map(|(_, value)| value.trim_matches(['"', ' ', '\'']));
    found.extend(values.filter(|value| value.len() >= SHORTEST_PART).map(str::to_owned));
    found
}

/// `user:password` in base64, whole and in its parts. A name alone is worth hiding where it is the
/// key.
fn base64_parts(credential: &str) -> Vec<String> {
    let unpadded = credential.trim_end_matches('=');
    let padded = format!("{unpadded}{}", "=".repeat((4 - unpadded.len() % 4) % 4));
    let decoded = STANDARD.decode(&padded).or_else(|_| URL_SAFE.decode(&padded));
    let Some(text) = decoded.ok().and_then(|bytes| String::from_utf8(bytes).ok()) else {
        return Vec::new();
    };
    let Some((user, password)) = text.split_once(':') else { return Vec::new() };
    let mut parts = vec![password.to_owned()];
    if password.is_empty() || user.len() >= SHORTEST_PART {
        parts.push(user.to_owned());
    }
    parts.push(text.clone());
    parts
}

/// What is secret in a JSON value. A refusal (not `granted`) says under such names why it refuses,
/// in words.
pub(super) fn in_json(value: &Value, granted: bool) -> Vec<String> {
    let mut found = Vec::new();
    look(value, granted, &mut found);
    found
}

fn look(value: &Value, granted: bool, found: &mut Vec<String>) {
    match value {
        Value::Object(entries) => {
            for (key, value) in entries {
                if is_secret_name(key) {
                    found.extend(texts(value).filter(|text| granted || is_token(text)));
                }
                look(value, granted, found);
            }
            // A validation error quotes what it refuses: `{"loc": ["body", "secret"], "input":
            // "…"}`.
            let place = entries.get("loc").and_then(|place| place.as_array()?.last()?.as_str());
            if place.is_some_and(is_secret_name) {
                found.extend(entries.get("input").into_iter().flat_map(texts));
            }
        }
        Value::Array(items) => items.iter().for_each(|item| look(item, granted, found)),
        _ => {}
    }
}

/// The texts of a value: itself, or those of a list.
fn texts(value: &Value) -> Box<dyn Iterator<Item = String> + '_> {
    match value {
        Value::String(text) => Box::new(iter::once(text.clone())),
        Value::Number(number) => Box::new(iter::once(number.to_string())),
        Value::Array(items) => Box::new(items.iter().filter_map(Value::as_str).map(str::to_owned)),
        _ => Box::new(iter::empty()),
    }
}

/// Rather a token than a word or a sentence.
fn is_token(text: &str) -> bool {
    text.len() >= SHORTEST_PART
        && !text.contains(char::is_whitespace)
        && text.contains(|c: char| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn headers_that_carry_credentials_are_known_by_name() {
        for name in [
            "authorization",
            "Proxy-Authorization",
            "cookie",
            "set-cookie",
            "X-Api-Key",
            "apikey",
            "x-auth-token",
            "X-Access-Key",
            "webhook-signature",
            "stripe-signature",
            "x-csrf-token",
            "x-auth",
            "x-session-id",
        ] {
            assert_eq!(in_header(name, "value")[0], "value", "{name}");
        }
        for name in [
            "content-type",
            "idempotency-key",
            "accept",
            "user-agent",
            "x-request-id",
            "polar-version",
        ] {
            assert!(in_header(name, "value").is_empty(), "{name}");
        }
    }

    #[test]
    fn a_credential_is_known_in_its_parts() {
        let parts = |name: &str, value: &str| in_header(name, value);
        let basic = parts("authorization", "Basic dXNlcjpvcGVuIHNlc2FtZQ==");
        for part in [
            "Basic dXNlcjpvcGVuIHNlc2FtZQ==",
            "dXNlcjpvcGVuIHNlc2FtZQ==",
            "user:open sesame",
            "open sesame",
        ] {
            assert!(basic.iter().any(|known| known == part), "{part}: {basic:?}");
        }
        assert!(!basic.contains(&"user".to_owned()));
        // Where there is no password, the name is the key; and padding may be left out.
        assert!(parts("authorization", "basic c2tfdGVzdF8xOg").contains(&"sk_test_1".to_owned()));
        assert!(parts("authorization", "Bearer abc.def").contains(&"abc.def".to_owned()));
        let cookie = parts("cookie", "theme=dark; session=0123456789abcdef");
        assert!(
            cookie.contains(&"0123456789abcdef".to_owned()) && !cookie.contains(&"dark".to_owned())
        );
        let digest =
            parts("authorization", r#"Digest username="me", response="6629fae49393a05397""#);
        assert!(digest.contains(&"6629fae49393a05397".to_owned()));
    }

    #[test]
    fn json_is_read_and_not_its_text() {
        let found = |value: Value, granted| in_json(&value, granted);
        let record = json!({
            "items": [{ "secret": "ab\"cdef ghi" }], "accessToken": "t", "name": "x", "tokens": ["u"],
        });
        assert_eq!(found(record, true), ["ab\"cdef ghi", "t", "u"]);
        let refusal = json!({ "password": ["is too short"], "token": "required", "secret": "0123456789",
            "detail": [{ "loc": ["body", "secret"], "msg": "too short", "input": "my own" }] });
        assert_eq!(found(refusal, false), ["0123456789", "my own"]);
    }
}
