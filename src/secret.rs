//! Secrets: a newtype that never prints itself, and the redactor that takes known values out of
//! every text that leaves the program.
//!
//! `found` knows where secrets stand that nobody names as such, `needles` how a known one may be spelt,
//! and `unfold` takes escapes off a text.

use std::borrow::Cow;
use std::fmt;
use std::sync::{Arc, LazyLock, PoisonError, RwLock};

use regex::bytes::Regex;
use serde_json::Value;

mod found;
mod needles;
mod unfold;

pub use found::{is_secret_name, may_name_a_secret};
use needles::Needles;
use unfold::Layer;

/// What stands where a secret was.
pub const REDACTED: &str = "(redacted)";

/// Where a pattern stands for values that cannot all be learnt.
type Pattern = LazyLock<Option<Regex>>;

/// A shorter secret is not looked for: it may be part of any word.
pub const SHORTEST: usize = 4;

/// The shortest secret that is learnt from an answer, which may hold anything.
const SHORTEST_FOUND: usize = 8;

/// The most secrets that are learnt from answers, which come without end.
const MOST_FOUND: usize = 1_000;

/// How many layers of escapes are undone. An API that wraps more around its answers would not be read.
const LAYERS: usize = 4;

/// A webhook's signature. There are too many to learn each, and all look the same.
static SIGNATURE: Pattern = LazyLock::new(|| Regex::new("v1,[A-Za-z0-9+/_-]{43}=?").ok());

/// The secret of a webhook endpoint that a scenario makes or reads: by its prefix, and in what is no
/// whole JSON by its key. The prefix is that of Standard Webhooks, before which providers put their name.
static WEBHOOK_SECRET: Pattern = LazyLock::new(|| {
    Regex::new(r#"whs(?:ec)?_[A-Za-z0-9+/=_%-]{16,}|("secret"\s*:\s*")(?:[^"\\]|\\.){8,}"#).ok()
});

/// What of the patterns a text ends with that was cut off.
static CUT: Pattern = LazyLock::new(|| {
    Regex::new(r#"(?:v1,|whs(?:ec)?_)[A-Za-z0-9+/=_%-]*$|("secret"\s*:\s*")(?:[^"\\]|\\.)*\\?$"#)
        .ok()
});

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
pub struct Redactor {
    known: Arc<RwLock<Needles>>,
}

impl fmt::Debug for Redactor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Redactor")
    }
}

impl Redactor {
    /// From now on, `secret` is taken out: as it is and in base64, however that is escaped. One that is
    /// short is taken out as a whole word, and one shorter than [`SHORTEST`] is not.
    pub fn learn(&self, secret: &Secret) {
        self.known.write().unwrap_or_else(PoisonError::into_inner).add(secret.expose());
    }

    /// Learns what is secret in a header that is sent.
    pub fn learn_header(&self, name: &str, value: &str) {
        for secret in found::in_header(name, value) {
            self.learn(&Secret(secret));
        }
    }

    /// Learns what is secret in JSON that is sent.
    pub fn learn_sent(&self, body: &Value) {
        for secret in found::in_json(body, true) {
            self.learn(&Secret(secret));
        }
    }

    /// Learns what is secret in an answer; a refusal is not `granted`.
    pub fn learn_answer(&self, body: &Value, granted: bool) {
        self.learn_found(&found::in_json(body, granted));
    }

    /// Learns what is secret in a header of an answer.
    pub fn learn_answer_header(&self, name: &str, value: &str) {
        if let Some(secret) = found::in_answer_header(name, value) {
            self.learn_found(&[secret.to_owned()]);
        }
    }

    fn learn_found(&self, found: &[String]) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        for secret in found.iter().filter(|secret| secret.len() >= SHORTEST_FOUND) {
            if known.count() < MOST_FOUND {
                known.add(secret);
            }
        }
    }

    /// `text` without anything that was learnt, and without signatures and webhook secrets.
    #[must_use]
    pub fn redact<'a>(&self, text: &'a str) -> Cow<'a, str> {
        self.clean(text, false)
    }

    /// The same for the start of a text that was cut off: what may be the beginning of a secret at its
    /// end goes as well.
    #[must_use]
    pub fn redact_start<'a>(&self, text: &'a str) -> Cow<'a, str> {
        self.clean(text, true)
    }

    fn clean<'a>(&self, text: &'a str, cut: bool) -> Cow<'a, str> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let suspect =
            cut || text.contains(['%', '\\', '&']) || SIGNS.iter().any(|sign| text.contains(sign));
        if !suspect && !known.are_in(text.as_bytes()) {
            return Cow::Borrowed(text);
        }
        let mut layer = Layer::plain(text);
        let mut found = Vec::new();
        for _ in 0..=LAYERS {
            found.extend(secrets(&layer, &known));
            if let Some(start) = cut.then(|| begun(&layer, &known)).flatten() {
                found.push((start, text.len()));
            }
            let Some(next) = layer.is_folded().then(|| layer.unfolded(cut)).flatten() else {
                break;
            };
            layer = next;
        }
        if found.is_empty() { Cow::Borrowed(text) } else { Cow::Owned(without(text, found)) }
    }
}

/// Where the original text of a layer holds secrets.
fn secrets(layer: &Layer, known: &Needles) -> Vec<(usize, usize)> {
    let mut found: Vec<_> =
        known.find(&layer.bytes).map(|(start, end)| layer.place(start, end)).collect();
    // Making the expressions takes longer than most runs have need of them.
    let holds = |sign: &str| layer.bytes.windows(sign.len()).any(|part| part == sign.as_bytes());
    if !SIGNS.into_iter().any(holds) {
        return found;
    }
    for pattern in [&SIGNATURE, &WEBHOOK_SECRET] {
        found.extend(matches(layer, pattern));
    }
    found
}

/// Where a secret begins that goes on behind the end of a text that was cut off.
fn begun(layer: &Layer, known: &Needles) -> Option<usize> {
    let start = known.begun(&layer.bytes).map(|start| layer.place(start, start + 1).0);
    matches(layer, &CUT).map(|(start, _)| start).chain(start).min()
}

fn matches(layer: &Layer, pattern: &'static Pattern) -> impl Iterator<Item = (usize, usize)> {
    let all = pattern.as_ref().into_iter().flat_map(|pattern| pattern.captures_iter(&layer.bytes));
    all.filter_map(|captures| {
        let (all, shown) = (captures.get(0)?, captures.get(1));
        let start = shown.map_or_else(|| named(&layer.bytes, all.start()), |shown| shown.end());
        (start < all.end()).then(|| layer.place(start, all.end()))
    })
}

/// Where a webhook's secret at `at` begins with its provider's name: `name_whs_…`. This is not part of
/// the pattern, which a text is searched for much faster while it begins with fixed letters.
fn named(bytes: &[u8], at: usize) -> usize {
    let name = bytes[..at].strip_suffix(b"_").filter(|_| bytes[at..].starts_with(b"whs"));
    name.map_or(at, |before| {
        before.iter().rposition(|byte| !byte.is_ascii_lowercase()).map_or(0, |end| end + 1)
    })
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

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine as _;
    use proptest::prelude::*;

    fn knowing(value: &str) -> Redactor {
        let redactor = Redactor::default();
        redactor.learn(&Secret::new(value));
        redactor
    }

    #[test]
    fn a_secret_does_not_print_itself() {
        assert_eq!(format!("{:?}", Secret::new("polar_oat_1")), REDACTED);
    }

    #[test]
    fn every_form_is_taken_out() {
        let redactor = knowing("tok\"en/+é=123");
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
            assert_eq!(redactor.redact(&format!("<{form}>")), format!("<{REDACTED}>"));
        }
    }

    #[test]
    fn a_signature_is_taken_out_and_what_is_none_is_left() {
        let digest = "Ab/+".repeat(10) + "abc";
        let encoded = format!("v1%2c{}%3D", digest.replace('/', "%2F").replace('+', "%2b"));
        for form in [format!("v1,{digest}="), encoded] {
            assert_eq!(
                Redactor::default().redact(&format!("<{form} {form}>")),
                format!("<{REDACTED} {REDACTED}>")
            );
        }
        let php = format!("v1,{}=", digest.replace('/', r"\/"));
        assert_eq!(Redactor::default().redact(&php), REDACTED);
        for text in ["api v1, v2", "v1,short", "/v1%2Fcustomers"] {
            assert_eq!(Redactor::default().redact(text), text);
        }
    }

    #[test]
    fn the_secret_of_an_endpoint_is_taken_out_wherever_it_stands() {
        let redacted = |text: &str| Redactor::default().redact(text).into_owned();
        let own = r#"{"name": "a", "secret": "a secret of the merchant's own, cut o"#;
        assert_eq!(redacted(own), format!(r#"{{"name": "a", "secret": "{REDACTED}"#));
        assert_eq!(
            redacted(&format!("{own}\", \"url\": 1}}")),
            format!(r#"{{"name": "a", "secret": "{REDACTED}", "url": 1}}"#)
        );
        let generated = "whsec_AbCd0123AbCd0123AbCd0123";
        assert_eq!(redacted(&format!("<{generated}>")), format!("<{REDACTED}>"));
        assert_eq!(redacted("what follows whsec_ is base64"), "what follows whsec_ is base64");
        let escaped = serde_json::to_string(own).unwrap();
        assert!(
            !redacted(&escaped).contains("merchant") && redacted(&escaped).contains("secret"),
            "{escaped}"
        );
    }

    #[test]
    fn clones_share_what_they_learn() {
        let redactor = Redactor::default();
        let clone = redactor.clone();
        redactor.learn(&Secret::new("whsec_abcdef"));
        assert_eq!(clone.redact("a whsec_abcdef b"), "a (redacted) b");
    }

    #[test]
    fn short_values_are_taken_out_as_whole_words() {
        let redactor = knowing("s3cr3t7");
        for (text, clean) in [
            ("the token s3cr3t7 is wrong", "the token (redacted) is wrong"),
            ("token%3Ds3cr3t7%26", "token%3D(redacted)%26"),
            ("\"s3cr3t7\"", "\"(redacted)\""),
            ("as3cr3t7, s3cr3t77 and s3cr3t7_x", "as3cr3t7, s3cr3t77 and s3cr3t7_x"),
        ] {
            assert_eq!(redactor.redact(text), clean);
        }
        for wrapped in ["Bearer s3cr3t7", "s3cr3t7:", "someone:s3cr3t7"] {
            let encoded = base64::engine::general_purpose::STANDARD.encode(wrapped);
            assert!(redactor.redact(&encoded).contains(REDACTED), "{wrapped}");
        }
        assert_eq!(knowing("abc").redact("abc"), "abc");
    }

    #[test]
    fn what_an_answer_calls_a_secret_is_taken_out_everywhere() {
        let redactor = Redactor::default();
        let record = serde_json::json!({ "secret": "ab\"cdef ghi", "token": "none" });
        redactor.learn_answer(&record, true);
        for text in [
            record.to_string(),
            record.to_string().replace('"', "\\\""),
            "it is ab\"cdef ghi.".to_owned(),
        ] {
            assert!(!redactor.redact(&text).contains("cdef"), "{text}");
        }
        assert_eq!(redactor.redact("none"), "none");
    }

    #[test]
    fn what_a_step_sends_is_taken_out_in_its_parts() {
        let redactor = Redactor::default();
        redactor.learn_header("Authorization", "Basic dXNlcjpvcGVuIHNlc2FtZQ==");
        for echo in [
            "Basic dXNlcjpvcGVuIHNlc2FtZQ==",
            "dXNlcjpvcGVuIHNlc2FtZQ",
            "open%20sesame",
            "user:open sesame",
        ] {
            assert!(
                redactor.redact(echo).ends_with(REDACTED)
                    || redactor.redact(echo).ends_with("(redacted)=="),
                "{echo}"
            );
        }
    }

    /// Cut in the middle of it, however it is spelt, nothing of it is left.
    #[test]
    fn the_beginning_of_a_secret_at_a_cut_goes_as_well() {
        const TOKEN: &str = "polar_oat_<&\"'>_1234567890";
        let redactor = knowing(TOKEN);
        let json = serde_json::to_string(TOKEN).unwrap();
        let escaped = TOKEN
            .chars()
            .map(|char| format!("\\u{:04x}", u32::from(char)))
            .collect::<Vec<_>>()
            .concat();
        let percent =
            TOKEN.bytes().map(|byte| format!("%25{byte:02x}")).collect::<Vec<_>>().concat();
        let signature = format!("v1,{}=", "Ab/+".repeat(10) + "abc");
        let own = r#""secret": "chosen \"by\" the merchant""#;
        for (whole, kept) in
            [(TOKEN, 0), (&json[1..], 0), (&escaped, 0), (&percent, 0), (&signature, 3), (own, 11)]
        {
            for end in kept..whole.len() {
                let Some(start) = whole.get(..end) else { continue };
                let clean = redactor.redact_start(start).replace(REDACTED, "");
                // Half an escape tells nothing.
                let rest = clean.get(kept..).unwrap_or_default();
                assert!(rest.is_empty() || rest.starts_with(['\\', '%']), "{start}: {clean}");
            }
        }
        assert_eq!(redactor.redact_start("nothing to hide"), "nothing to hide");
    }

    proptest! {
        #[test]
        fn base64_hides_nothing_wherever_the_secret_stands(secret in "[ -~]{12,40}", before in "[a-z ]{0,9}", after in "[a-z ]{0,9}") {
            let encoded = base64::engine::general_purpose::STANDARD.encode(format!("{before}{secret}{after}"));
            prop_assert!(knowing(&secret).redact(&encoded).contains(REDACTED));
        }

        /// Each character in a spelling of its own, and around it whatever there may be.
        #[test]
        fn no_spelling_survives(
            secret in "[A-Za-z0-9+/=_~ \"<>&%\\\\é-]{8,40}", spellings in prop::collection::vec(0..6_usize, 40),
            twice in any::<bool>(), before in "[^%\\\\&]{0,12}", after in "\\PC{0,12}",
        ) {
            let spelt: String = secret.chars().zip(spellings).map(|(char, how)| spell(char, how)).collect();
            let spelt = if twice { spelt.replace('&', "&amp;").replace('%', "%25").replace('\\', r"\\") } else { spelt };
            let clean = knowing(&secret).redact(&format!("{before}{spelt}{after}")).into_owned();
            prop_assert!(clean.contains(REDACTED), "{} in {}", secret, clean);
            prop_assert!(!clean.contains(&spelt) || spelt.len() < SHORTEST, "{}", clean);
        }

        #[test]
        fn what_holds_no_secret_stays(text in any::<String>()) {
            let redactor = knowing("polar_oat_0123456789");
            prop_assert_eq!(redactor.redact(&text), text.as_str());
        }
    }

    /// One character in one of the ways in which it may come back.
    fn spell(char: char, how: usize) -> String {
        let bytes = char.to_string().into_bytes();
        let percent = || {
            bytes
                .iter()
                .flat_map(|byte| format!("%{byte:02X}").into_bytes())
                .map(char::from)
                .collect::<String>()
        };
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
