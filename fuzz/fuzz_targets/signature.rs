//! Any headers and any body: nothing verifies that was not signed, and what was signed verifies.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tieback::provider::POLAR;
use tieback::secret::Secret;
use tieback::webhook::Delivery;
use tieback::webhook::signature::{Scheme, Signed, sign, verify};

const NOW: i64 = 1_795_315_904;

fuzz_target!(|input: (String, String, String, String, Vec<u8>)| {
    let (secret, id, timestamp, header, body) = input;
    let secret = Secret::new(secret);
    let claimed = Signed { id: Some(&id), timestamp: Some(&timestamp), signature: Some(&header) };
    assert!(verify(&POLAR.webhook, &secret, claimed, &body, NOW).is_err(), "somebody guessed a signature");
    let headers = [("webhook-id", &id), ("webhook-timestamp", &timestamp), ("webhook-signature", &header)];
    let headers = headers.map(|(name, value)| (name.to_owned(), value.clone())).to_vec();
    assert!(Delivery::read(&POLAR.webhook, headers, &body, &secret, NOW).verification.is_err());
    // An identity is trimmed before it is signed over.
    let id = id.trim();
    if id.is_empty() {
        return;
    }
    for scheme in [Scheme::Standard, Scheme::Legacy] {
        let Some(right) = sign(&POLAR.webhook, &secret, scheme, id, NOW, &body) else { continue };
        let (now, many) = (NOW.to_string(), format!("{header} {right} {header}"));
        let signed = Signed { id: Some(id), timestamp: Some(&now), signature: Some(&many) };
        assert!(verify(&POLAR.webhook, &secret, signed, &body, NOW).is_ok(), "it was signed");
    }
});
