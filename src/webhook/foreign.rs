//! Deliveries that are signed, but in another scheme than the Standard Webhooks one.

use super::signature::{Signed, verify};
use super::slips;
use crate::provider::Webhook;
use crate::secret::Secret;

/// Headers of well-known schemes, and who signs that way.
const KNOWN: &[(&str, &str)] = &[
    ("stripe-signature", "Stripe's"),
    ("svix-signature", "Svix's names for the Standard Webhooks one"),
    ("x-hub-signature-256", "the one of GitHub and Meta"),
    ("x-hub-signature", "the old one of GitHub and Meta, SHA-1"),
    ("x-shopify-hmac-sha256", "Shopify's"),
    ("x-signature", "the one of Lemon Squeezy and others"),
    ("paddle-signature", "Paddle's"),
    ("x-slack-signature", "Slack's"),
    ("x-twilio-signature", "Twilio's"),
    ("paypal-transmission-sig", "PayPal's"),
    ("x-signature-ed25519", "Discord's, with a public key"),
    ("x-square-hmacsha256-signature", "Square's"),
    ("x-razorpay-signature", "Razorpay's"),
    ("x-gitlab-token", "GitLab's, which is a shared secret and no signature"),
    ("signature-input", "HTTP Message Signatures, RFC 9421"),
];

/// Parts of a header's name that show a signature.
const TELLING: &[&str] = &["signature", "signatures", "signed", "sig", "hmac"];

/// Whether a header carries a signature of any scheme: its value is never shown.
#[must_use]
pub(super) fn is_signature(name: &str) -> bool {
    let known = KNOWN.iter().any(|(known, _)| *known == name);
    known
        || name
            .split(['-', '_', '.'])
            .any(|part| TELLING.contains(&part) || part.starts_with("hmac"))
}

/// The scheme of a delivery without the provider's signature header, as it stands after "signed in
/// another way:"; `None` where no header looks like a signature. Never quotes one.
#[must_use]
pub(super) fn scheme(facts: &Webhook, headers: &[(String, String)]) -> Option<String> {
    let name = named(facts, headers)?;
    let whose =
        KNOWN.iter().find(|(known, _)| *known == name).map(|(_, whose)| format!(" ({whose})"));
    let usual = [facts.id_header, facts.timestamp_header, facts.signature_header];
    let missing: Vec<_> =
        usual.into_iter().filter(|name| filled(headers, name).is_none()).collect();
    Some(format!("`{name}` came{}, and {} did not", whose.unwrap_or_default(), missing.join(", ")))
}

/// How the signature of another scheme fits the endpoint's secret, as a fragment; nothing where it
/// does not. `now` is in Unix seconds.
#[must_use]
pub(super) fn fits(
    facts: &Webhook,
    headers: &[(String, String)],
    secret: &Secret,
    body: &[u8],
    now: i64,
) -> Option<String> {
    let name = named(facts, headers)?;
    let value = filled(headers, name)?;
    // The names that belong to it begin alike: `svix-id`, `svix-timestamp`.
    let start = name.rsplit_once(['-', '_']).map_or(name, |(start, _)| start);
    let beside = |end: &str| {
        ["-", "_"]
            .into_iter()
            .find_map(|between| filled(headers, &format!("{start}{between}{end}")))
    };
    let stamp = value.split([',', ';']).find_map(|part| {
        let (key, time) = part.trim().split_once('=')?;
        matches!(key, "t" | "ts").then_some(time)
    });
    let timestamp = beside("timestamp").or_else(|| beside("request-timestamp")).or(stamp);
    let signed = Signed {
        id: beside("id").or_else(|| filled(headers, facts.id_header)),
        timestamp: timestamp.or_else(|| filled(headers, facts.timestamp_header)),
        signature: Some(value),
    };
    if verify(facts, secret, signed, body, now).is_ok() {
        let Webhook { id_header, timestamp_header, signature_header, .. } = facts;
        return Some(format!(
            "under the names {id_header}, {timestamp_header} and {signature_header} it would verify"
        ));
    }
    slips::find(facts, secret, signed, body)
        .map(|slip| format!("it is made with this endpoint's secret, and it {slip}"))
}

/// The header that carries a signature in place of the provider's.
fn named<'a>(facts: &Webhook, headers: &'a [(String, String)]) -> Option<&'a str> {
    if filled(headers, facts.signature_header).is_some() {
        return None;
    }
    let known = KNOWN.iter().map(|(name, _)| *name).find(|name| filled(headers, name).is_some());
    let mut others = headers.iter().map(|(name, _)| name.as_str());
    known.or_else(|| others.find(|name| is_signature(name) && filled(headers, name).is_some()))
}

/// The value of a header, where it is not empty.
fn filled<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let value = headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.trim());
    value.filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use data_encoding::HEXLOWER;
    use hmac::{Hmac, KeyInit, Mac};
    use sha2::Sha256;

    use super::*;
    use crate::provider::POLAR;
    use crate::webhook::signature::{Scheme, sign};

    const NOW: i64 = 1_795_315_904;
    const BODY: &[u8] = b"{\"type\":\"customer.created\",\"data\":{}}";

    fn owned(headers: &[(&str, &str)]) -> Vec<(String, String)> {
        headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    fn told(headers: &[(&str, &str)]) -> Option<String> {
        scheme(&POLAR.webhook, &owned(headers))
    }

    fn fitting(headers: &[(&str, &str)]) -> Option<String> {
        fits(&POLAR.webhook, &owned(headers), &Secret::new("whsec_b3RoZXI="), BODY, NOW)
    }

    #[test]
    fn the_header_that_came_is_named() {
        for (name, whose) in KNOWN {
            let told = told(&[("content-type", "x"), (name, "abc")]).unwrap();
            let missing = "webhook-id, webhook-timestamp, webhook-signature did not";
            assert_eq!(told, format!("`{name}` came ({whose}), and {missing}"));
        }
        for name in [
            "polar-signature",
            "x-webhook-signature",
            "webhook_signature",
            "x-acme-hmac",
            "x-hmac256",
            "x-sig",
        ] {
            assert!(
                told(&[(name, "abc")]).unwrap().starts_with(&format!("`{name}` came, and ")),
                "{name}"
            );
        }
        let one =
            told(&[("webhook-id", "a"), ("webhook-timestamp", "1"), ("stripe-signature", "x")])
                .unwrap();
        assert!(one.ends_with("and webhook-signature did not"), "{one}");
    }

    #[test]
    fn what_is_no_signature_is_not() {
        assert_eq!(told(&[("x-request-id", "a"), ("x-design", "b"), ("x-signature", " ")]), None);
        assert_eq!(told(&[("webhook-signature", "v1,x"), ("x-signature", "a")]), None);
    }

    #[test]
    fn the_endpoint_s_own_secret_is_recognised() {
        let secret = Secret::new("whsec_b3RoZXI=");
        let signature =
            sign(&POLAR.webhook, &secret, Scheme::Standard, "evt_1", NOW, BODY).unwrap();
        let svix = fitting(&[
            ("svix-id", "evt_1"),
            ("svix-timestamp", &NOW.to_string()),
            ("svix-signature", &signature),
        ]);
        assert!(svix.unwrap().ends_with("it would verify"));
        let mac = <Hmac<Sha256> as KeyInit>::new_from_slice(b"other").unwrap();
        let mac = mac.chain_update(format!("{NOW}.")).chain_update(BODY).finalize().into_bytes();
        let stripe =
            fitting(&[("stripe-signature", &format!("t={NOW},v1={}", HEXLOWER.encode(&mac)))])
                .unwrap();
        assert!(stripe.contains("made with this endpoint's secret"), "{stripe}");
        assert!(
            stripe.contains("hexadecimal digits") && stripe.contains("without the id"),
            "{stripe}"
        );
    }
}
