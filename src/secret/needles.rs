//! Known secrets, in every form in which they may come back, and finding them.

use std::collections::HashSet;
use std::sync::OnceLock;

use aho_corasick::AhoCorasick;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use super::SHORTEST;

/// What is shorter is looked for as a whole word: it may be part of any longer one.
const WORD: usize = 8;

/// The shortest piece of base64 that is told from other text.
const SHORTEST_CODE: usize = 6;

/// All that is known.
#[derive(Default)]
pub(super) struct Needles {
    values: HashSet<String>,
    forms: Vec<Form>,
    /// Made when it is needed, from all forms there are.
    finder: OnceLock<Option<AhoCorasick>>,
}

/// One spelling of a secret.
struct Form {
    text: String,
    whole_word: bool,
}

impl Needles {
    /// How many secrets there are.
    pub(super) fn count(&self) -> usize {
        self.values.len()
    }

    pub(super) fn add(&mut self, value: &str) {
        if value.len() < SHORTEST || !self.values.insert(value.to_owned()) {
            return;
        }
        let short = value.len() < WORD;
        let coded: Vec<String> = if short {
            // By itself it is too little to be told from other text; this is how it usually comes.
            let among = [format!(":{value}"), format!("{value}:")]
                .map(|text| all_base64_forms(text.as_bytes()));
            let bearer = base64_forms(format!("Bearer {value}").as_bytes(), 0);
            among.into_iter().flatten().chain(bearer).collect()
        } else {
            all_base64_forms(value.as_bytes())
        };
        let plain = Form { text: value.to_owned(), whole_word: short };
        let coded = coded.into_iter().filter(|text| text.len() >= SHORTEST_CODE);
        for form in std::iter::once(plain).chain(coded.map(|text| Form { text, whole_word: false }))
        {
            if self.forms.iter().all(|known| known.text != form.text) {
                self.forms.push(form);
            }
        }
        self.finder = OnceLock::new();
    }

    /// Whether anything that is known is in `bytes`, as they stand.
    pub(super) fn are_in(&self, bytes: &[u8]) -> bool {
        self.find(bytes).next().is_some()
    }

    /// Where it is.
    pub(super) fn find<'a>(&'a self, bytes: &'a [u8]) -> impl Iterator<Item = (usize, usize)> + 'a {
        let finder = self.finder.get_or_init(|| {
            let forms = self.forms.iter().map(|form| form.text.as_bytes());
            (!self.forms.is_empty()).then(|| AhoCorasick::new(forms).ok()).flatten()
        });
        let all =
            finder.as_ref().into_iter().flat_map(move |finder| finder.find_overlapping_iter(bytes));
        all.filter(move |found| {
            let form = &self.forms[found.pattern().as_usize()];
            !form.whole_word || stands_alone(bytes, found.start(), found.end())
        })
        .map(|found| (found.start(), found.end()))
    }

    /// Where the longest part of a secret begins with which `bytes` end.
    pub(super) fn begun(&self, bytes: &[u8]) -> Option<usize> {
        let begins = |form: &Form| {
            let form = form.text.as_bytes();
            let longest = bytes.len().min(form.len().saturating_sub(1));
            (1..=longest).rev().find(|length| bytes.ends_with(&form[..*length]))
        };
        let longest = self.forms.iter().filter_map(begins).max()?;
        Some(bytes.len() - longest)
    }
}

fn stands_alone(bytes: &[u8], start: usize, end: usize) -> bool {
    let is_part = |byte: Option<&u8>| {
        byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | 128..))
    };
    let before = start.checked_sub(1).and_then(|before| bytes.get(before));
    !is_part(before) && !is_part(bytes.get(end))
}

fn all_base64_forms(value: &[u8]) -> Vec<String> {
    (0..3).flat_map(|skipped| base64_forms(value, skipped)).collect()
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
