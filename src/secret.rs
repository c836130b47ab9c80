//! Secrets: a newtype that never prints itself, and the scrubber that takes known values out of
//! every text that leaves the program.

use std::borrow::Cow;
use std::fmt;
use std::sync::{Arc, LazyLock, RwLock};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use regex::Regex;

/// What stands where a secret was.
pub const REDACTED: &str = "(redacted)";

/// Where a pattern stands for values that cannot all be learnt.
type Pattern = LazyLock<Option<Regex>>;

/// Shorter values are not looked for in texts: no real token is that short, and taking every
/// `name` out of a report would destroy it.
const SHORTEST: usize = 8;

/// A webhook's signature, as it is or percent-encoded. There are too many to learn each, and all look
/// the same.
static SIGNATURE: Pattern =
    LazyLock::new(|| Regex::new("v1(?:,|%2[Cc])(?:[A-Za-z0-9+/_-]|%2[BbFf]){43}(?:=|%3[Dd])?").ok());

/// The secret of a webhook endpoint that a scenario makes or reads: by its prefix, and by its key in the
/// API's answers, because merchants choose secrets of any shape.
static WEBHOOK_SECRET: Pattern =
    LazyLock::new(|| Regex::new(r#"(?:whsec_|polar_whs_)[A-Za-z0-9+/=_%-]{16,}|("secret"\s*:\s*")[^"]{8,}"#).ok());

/// A token, a webhook secret or a signature.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a value.
    #[must_use]
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// The value itself, for the one place that has to send or compare it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(REDACTED)
    }
}

/// Takes known secrets out of texts. Clones share what they know, because secrets are learnt while
/// the run goes on.
#[derive(Clone, Default)]
pub struct Scrubber {
    needles: Arc<RwLock<Vec<String>>>,
}

impl Scrubber {
    /// From now on, `secret` is taken out: as it is, percent-encoded, JSON-escaped and in base64.
    pub fn learn(&self, secret: &Secret) {
        let value = secret.expose();
        if value.len() < SHORTEST {
            return;
        }
        let mut forms = vec![value.to_owned(), utf8_percent_encode(value, NON_ALPHANUMERIC).to_string()];
        forms.push(
            value
                .bytes()
                .map(
                    |byte| {
                        if byte.is_ascii_alphanumeric() { (byte as char).to_string() } else { format!("%{byte:02x}") }
                    },
                )
                .collect(),
        );
        if let Ok(quoted) = serde_json::to_string(value) {
            forms.push(quoted.trim_matches('"').to_owned());
        }
        for skipped in 0..3 {
            forms.extend(base64_forms(value.as_bytes(), skipped));
        }
        let mut needles = self.needles.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        for form in forms {
            if form.len() >= SHORTEST && !needles.contains(&form) {
                needles.push(form);
            }
        }
        needles.sort_by_key(|needle| std::cmp::Reverse(needle.len()));
    }

    /// `text` without anything that was learnt, and without signatures and webhook secrets.
    #[must_use]
    pub fn scrub<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let needles = self.needles.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        let mut clean = Cow::Borrowed(text);
        for needle in needles.iter() {
            if clean.contains(needle.as_str()) {
                clean = Cow::Owned(clean.replace(needle.as_str(), REDACTED));
            }
        }
        // Making the expression takes longer than most runs have need of it.
        if (clean.contains("v1,") || clean.contains("v1%2"))
            && let Some(signature) = &*SIGNATURE
            && let Cow::Owned(replaced) = signature.replace_all(&clean, REDACTED)
        {
            clean = Cow::Owned(replaced);
        }
        if (clean.contains("whs") || clean.contains("\"secret\""))
            && let Some(secret) = &*WEBHOOK_SECRET
            && let Cow::Owned(replaced) = secret.replace_all(&clean, format!("${{1}}{REDACTED}"))
        {
            clean = Cow::Owned(replaced);
        }
        clean
    }
}

/// The characters that `value` always has in base64 when it starts `skipped` bytes into a group of
/// three, in both alphabets. The characters that depend on its neighbours are left out.
fn base64_forms(value: &[u8], skipped: usize) -> [String; 2] {
    let mut padded = vec![0; skipped];
    padded.extend_from_slice(value);
    let encoded = STANDARD_NO_PAD.encode(&padded);
    let first = (skipped * 8).div_ceil(6);
    let last = padded.len() * 8 / 6;
    let standard = encoded.get(first..last).unwrap_or_default().to_owned();
    let url_safe = standard.replace('+', "-").replace('/', "_");
    [standard, url_safe]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn knowing(value: &str) -> Scrubber {
        let scrubber = Scrubber::default();
        scrubber.learn(&Secret::new(value));
        scrubber
    }

    #[test]
    fn a_secret_does_not_print_itself() {
        assert_eq!(format!("{:?}", Secret::new("polar_oat_1")), REDACTED);
    }

    #[test]
    fn every_form_is_taken_out() {
        let scrubber = knowing("tok\"en/+é=123");
        for form in ["tok\"en/+é=123", r#"tok\"en/+é=123"#, "tok%22en%2F%2B%C3%A9%3D123", "tok%22en%2f%2b%c3%a9%3d123"]
        {
            assert_eq!(scrubber.scrub(&format!("<{form}>")), format!("<{REDACTED}>"));
        }
    }

    #[test]
    fn a_signature_is_taken_out_and_what_is_none_is_left() {
        let digest = "Ab/+".repeat(10) + "abc";
        let encoded = format!("v1%2c{}%3D", digest.replace('/', "%2F").replace('+', "%2b"));
        for form in [format!("v1,{digest}="), encoded] {
            assert_eq!(Scrubber::default().scrub(&format!("<{form} {form}>")), format!("<{REDACTED} {REDACTED}>"));
        }
        for text in ["api v1, v2", "v1,short", "/v1%2Fcustomers"] {
            assert_eq!(Scrubber::default().scrub(text), text);
        }
    }

    #[test]
    fn the_secret_of_an_endpoint_is_taken_out_wherever_it_stands() {
        let scrubbed = |text: &str| Scrubber::default().scrub(text).into_owned();
        let own = r#"{"name": "a", "secret": "a secret of the merchant's own, cut o"#;
        assert_eq!(scrubbed(own), format!(r#"{{"name": "a", "secret": "{REDACTED}"#));
        assert_eq!(
            scrubbed(&format!("{own}\", \"url\": 1}}")),
            format!(r#"{{"name": "a", "secret": "{REDACTED}", "url": 1}}"#)
        );
        let generated = "whsec_AbCd0123AbCd0123AbCd0123";
        assert_eq!(scrubbed(&format!("<{generated}>")), format!("<{REDACTED}>"));
        assert_eq!(scrubbed("what follows whsec_ is base64"), "what follows whsec_ is base64");
    }

    #[test]
    fn clones_share_what_they_learn() {
        let scrubber = Scrubber::default();
        let clone = scrubber.clone();
        scrubber.learn(&Secret::new("whsec_abcdef"));
        assert_eq!(clone.scrub("a whsec_abcdef b"), "a (redacted) b");
    }

    #[test]
    fn short_values_are_left_alone() {
        assert_eq!(knowing("name").scrub("\"name\": 1"), "\"name\": 1");
    }

    proptest! {
        #[test]
        fn base64_hides_nothing_wherever_the_secret_stands(secret in "[ -~]{12,40}", before in "[a-z ]{0,9}", after in "[a-z ]{0,9}") {
            let encoded = base64::engine::general_purpose::STANDARD.encode(format!("{before}{secret}{after}"));
            prop_assert!(knowing(&secret).scrub(&encoded).contains(REDACTED));
        }
    }
}
