//! Secrets: a newtype that never prints itself, and the scrubber that takes known values out of
//! every text that leaves the program.

use std::borrow::Cow;
use std::fmt;
use std::sync::{Arc, LazyLock, RwLock};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use regex::bytes::Regex;

mod unfold;

use unfold::Layer;

/// What stands where a secret was.
pub const REDACTED: &str = "(redacted)";

/// Where a pattern stands for values that cannot all be learnt.
type Pattern = LazyLock<Option<Regex>>;

/// Shorter values are not looked for in texts: no real token is that short, and taking every
/// `name` out of a report would destroy it.
const SHORTEST: usize = 8;

/// How many layers of escapes are undone. An API that wraps more around its answers would not be read.
const LAYERS: usize = 4;

/// A webhook's signature. There are too many to learn each, and all look the same.
static SIGNATURE: Pattern = LazyLock::new(|| Regex::new("v1,[A-Za-z0-9+/_-]{43}=?").ok());

/// The secret of a webhook endpoint that a scenario makes or reads: by its prefix, and by its key in the
/// API's answers, because merchants choose secrets of any shape.
static WEBHOOK_SECRET: Pattern =
    LazyLock::new(|| Regex::new(r#"(?:whsec_|polar_whs_)[A-Za-z0-9+/=_%-]{16,}|("secret"\s*:\s*")[^"]{8,}"#).ok());

/// What every match of a pattern holds.
const SIGNS: [&str; 3] = ["v1,", "whs", "\"secret\""];

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
    /// From now on, `secret` is taken out: as it is and in base64, however that is escaped.
    pub fn learn(&self, secret: &Secret) {
        let value = secret.expose();
        if value.len() < SHORTEST {
            return;
        }
        let encoded = (0..3).flat_map(|skipped| base64_forms(value.as_bytes(), skipped));
        let mut needles = self.needles.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        for form in std::iter::once(value.to_owned()).chain(encoded) {
            if form.len() >= SHORTEST && !needles.contains(&form) {
                needles.push(form);
            }
        }
    }

    /// `text` without anything that was learnt, and without signatures and webhook secrets.
    #[must_use]
    pub fn scrub<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let needles = self.needles.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        let suspect = text.contains(['%', '\\', '&']) || SIGNS.iter().any(|sign| text.contains(sign));
        if !suspect && !needles.iter().any(|needle| text.contains(needle.as_str())) {
            return Cow::Borrowed(text);
        }
        let mut layer = Layer::plain(text);
        let mut found = secrets(&layer, &needles);
        for _ in 0..LAYERS {
            let Some(next) = layer.is_folded().then(|| layer.unfolded()).flatten() else { break };
            found.extend(secrets(&next, &needles));
            layer = next;
        }
        if found.is_empty() { Cow::Borrowed(text) } else { Cow::Owned(without(text, found)) }
    }
}

/// Where the original text of a layer holds secrets.
fn secrets(layer: &Layer, needles: &[String]) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    for needle in needles {
        let needle = needle.as_bytes();
        let starts = layer.bytes.windows(needle.len()).enumerate().filter(|(_, part)| *part == needle);
        found.extend(starts.map(|(start, _)| layer.place(start, start + needle.len())));
    }
    // Making the expressions takes longer than most runs have need of them.
    let holds = |sign: &str| layer.bytes.windows(sign.len()).any(|part| part == sign.as_bytes());
    if !SIGNS.into_iter().any(holds) {
        return found;
    }
    for pattern in [&SIGNATURE, &WEBHOOK_SECRET].into_iter().filter_map(|pattern| pattern.as_ref()) {
        for captures in pattern.captures_iter(&layer.bytes) {
            let (Some(all), shown) = (captures.get(0), captures.get(1)) else { continue };
            found.push(layer.place(shown.map_or(all.start(), |shown| shown.end()), all.end()));
        }
    }
    found
}

/// `text` with [`REDACTED`] in place of each of `ranges`; of several that overlap, in place of all.
fn without(text: &str, mut ranges: Vec<(usize, usize)>) -> String {
    ranges.sort_unstable();
    let mut clean = Vec::new();
    let mut end = 0;
    for (from, to) in ranges {
        if from >= end {
            clean.extend_from_slice(&text.as_bytes()[end..from]);
            clean.extend_from_slice(REDACTED.as_bytes());
        }
        end = end.max(to);
    }
    clean.extend_from_slice(&text.as_bytes()[end..]);
    String::from_utf8_lossy(&clean).into_owned()
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
        for form in [
            "tok\"en/+é=123",
            r#"tok\"en/+é=123"#,
            "tok%22en%2F%2B%C3%A9%3D123",
            "tok%22en%2f%2b%c3%a9%3d123",
            // In part, as JavaScript and PHP do it, for HTML, and twice.
            "tok%22en/+%C3%A9=123",
            r#"tok\"en\/+\u00e9=123"#,
            "tok&quot;en&#x2F;&#43;é=123",
            "tok%2522en%252F%252B%25C3%25A9%253D123",
            r#"tok\\\"en\\/+é=123"#,
            r"\u0074ok\u0022en/+\u00E9=123",
        ] {
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
        let php = format!("v1,{}=", digest.replace('/', r"\/"));
        assert_eq!(Scrubber::default().scrub(&php), REDACTED);
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
        let escaped = serde_json::to_string(own).unwrap();
        assert!(!scrubbed(&escaped).contains("merchant") && scrubbed(&escaped).contains("secret"), "{escaped}");
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

        /// Each character in a spelling of its own, and around it whatever there may be.
        #[test]
        fn no_spelling_survives(
            secret in "[A-Za-z0-9+/=_~ \"<>&%\\\\é-]{8,40}", spellings in prop::collection::vec(0..6_usize, 40),
            twice in any::<bool>(), before in "[^%\\\\&]{0,12}", after in "\\PC{0,12}",
        ) {
            let spelt: String = secret.chars().zip(spellings).map(|(char, how)| spell(char, how)).collect();
            let spelt = if twice { spelt.replace('&', "&amp;").replace('%', "%25").replace('\\', r"\\") } else { spelt };
            let clean = knowing(&secret).scrub(&format!("{before}{spelt}{after}")).into_owned();
            prop_assert!(clean.contains(REDACTED), "{} in {}", secret, clean);
            prop_assert!(!clean.contains(&spelt) || spelt.len() < SHORTEST, "{}", clean);
        }

        #[test]
        fn what_holds_no_secret_stays(text in any::<String>()) {
            let scrubber = knowing("polar_oat_0123456789");
            prop_assert_eq!(scrubber.scrub(&text), text.as_str());
        }
    }

    /// One character in one of the ways in which it may come back.
    fn spell(char: char, how: usize) -> String {
        let bytes = char.to_string().into_bytes();
        let percent =
            || bytes.iter().flat_map(|byte| format!("%{byte:02X}").into_bytes()).map(char::from).collect::<String>();
        match how {
            0 => percent(),
            1 => percent().to_lowercase(),
            2 => format!("\\u{:04x}", u32::from(char)),
            3 => format!("&#{};", u32::from(char)),
            4 => format!("&#x{:X};", u32::from(char)),
            // As it is, apart from what would start an escape.
            _ if matches!(char, '%' | '\\' | '&') => percent(),
            _ => char.to_string(),
        }
    }
}
