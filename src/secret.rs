//! Secrets: a newtype that never prints itself, and the redactor that takes known values out of
//! every text that leaves the program.
//!
//! `found` knows where secrets stand that are not named as such, `needles` how a known one may be
//! spelt, and `unfold` takes escapes off a text.

use std::borrow::Cow;
use std::fmt;
use std::sync::{Arc, LazyLock, PoisonError, RwLock};

use regex::bytes::Regex;
use serde_json::Value;

mod found;
mod needles;
mod unfold;

pub use found::{is_secret_header, is_secret_name, may_name_a_secret};
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

/// How many layers of escapes are undone. An API that wraps more around its answers would not be
/// read.
const LAYERS: usize = 4;

/// A webhook's signature. There are too many to learn each, and all look the same.
static SIGNATURE: Pattern = LazyLock::new(|| Regex::new("v1,[A-Za-z0-9+/_-]{43}=?").ok());

/// The secret of a webhook endpoint that a scenario makes or reads: by its prefix, and in what is
/// no whole JSON by its key. The prefix is that of Standard Webhooks, before which providers put
/// their name.
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
    /// From now on, `secret` is taken out: as it is and in base64, however that is escaped. One
    /// that is short is taken out as a whole word, and one shorter than [`SHORTEST`] is not.
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

    /// The same for the start of a text that was cut off: what may be the beginning of a secret at
    /// its end goes as well.
    #[must_use]
    pub fn redact_start<'a>(&self, text: &'a str) -> Cow<'a, str> {
        self.clean(text, true)
    }

    fn clean<'a>(&self, text: &'a str, cut: bool) -> Cow<'a, str> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        if !cut && !is_suspect(text.as_bytes()) && !known.are_in(text.as_bytes()) {
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

/// Whether a text is escaped, or holds a sign of a secret. Every text that is printed is looked at
/// once, and nearly all of them are neither.
fn is_suspect(text: &[u8]) -> bool {
    text.iter().enumerate().any(|(at, byte)| match byte {
        b'%' | b'\\' | b'&' => true,
        _ => SIGNS
            .iter()
            .any(|sign| sign.as_bytes()[0] == *byte && text[at..].starts_with(sign.as_bytes())),
    })
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

/// Where a webhook's secret at `at` begins with its provider's name: `name_whs_…`. This is not part
/// of the pattern, which a text is searched for much faster while it begins with fixed letters.
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
mod tests;
