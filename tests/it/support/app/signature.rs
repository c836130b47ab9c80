//! Whether a webhook is to be believed.

use axum::http::HeaderMap;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::Value;
use sha2::Sha256;

use super::faults::Way;

pub fn verifies(way: Way, secret: &str, headers: &HeaderMap, body: &[u8]) -> bool {
    if way == Way::AcceptsAnything {
        return true;
    }
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let (Some(id), Some(at)) = (header("webhook-id"), header("webhook-timestamp")) else {
        return false;
    };
    let Some(signature) = header("webhook-signature") else { return way == Way::AcceptsUnsigned };
    let age = jiff::Timestamp::now().as_second() - at.parse::<i64>().unwrap_or_default();
    if age > 300 && way != Way::AcceptsStale || age < -300 && way != Way::AcceptsFuture {
        return false;
    }
    let written = if way == Way::VerifiesWhatItWrites { rewritten(body) } else { body.to_vec() };
    let decoded = secret.strip_prefix("whsec_").and_then(|key| STANDARD.decode(key).ok());
    let mut keys = vec![];
    if way != Way::LegacyKeyOnly {
        keys.extend(decoded);
    }
    if way != Way::StandardKeyOnly {
        keys.push(secret.as_bytes().to_vec());
    }
    let claimed = signature.strip_prefix("v1,").and_then(|it| STANDARD.decode(it).ok());
    let good = keys.iter().any(|key| {
        let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
        for part in [id.as_bytes(), b".", at.as_bytes(), b".", &written] {
            mac.update(part);
        }
        claimed.as_ref().is_some_and(|claimed| mac.verify_slice(claimed).is_ok())
    });
    let whole = serde_json::from_slice::<Value>(body).ok();
    match way {
        Way::AcceptsWrongKey => good || whole.is_some_and(|body| body["changed"].is_null()),
        Way::AcceptsTampered => good || whole.is_some_and(|body| body["changed"] == true),
        _ => good,
    }
}

/// The body as a parser that knows one kind of number would write it.
fn rewritten(body: &[u8]) -> Vec<u8> {
    fn plain(value: Value) -> Value {
        match value {
            Value::Number(number) => match number.as_f64() {
                Some(float) if float.fract() == 0.0 => {
                    serde_json::from_str(&format!("{float:.0}")).unwrap_or_default()
                }
                _ => Value::Number(number),
            },
            Value::Array(items) => items.into_iter().map(plain).collect(),
            Value::Object(entries) => {
                entries.into_iter().map(|(key, each)| (key, plain(each))).collect()
            }
            other => other,
        }
    }
    let parsed = serde_json::from_slice(body).unwrap_or_default();
    plain(parsed).to_string().into_bytes()
}
