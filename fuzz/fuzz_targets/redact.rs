//! Any text with any secret in it: the secret is gone.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tieback::secret::{Redactor, Secret};

fuzz_target!(|input: (String, String, String)| {
    let (before, secret, after) = input;
    // What is put in its place could spell it again, with what stands around.
    if secret.len() < 8 || secret.contains(['(', ')']) || "(redacted)".contains(&secret) {
        return;
    }
    let redactor = Redactor::default();
    redactor.learn(&Secret::new(secret.clone()));
    let clean = redactor.redact(&format!("{before}{secret}{after}")).into_owned();
    assert!(!clean.contains(&secret), "{clean:?}");
});
