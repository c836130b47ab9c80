//! Text from outside made printable: what a terminal would act on, hide or reorder is shown
//! instead, and what a CI system would act on (`commands`) is broken.

mod commands;

use std::borrow::Cow;

use unicode_width::UnicodeWidthStr;

pub use commands::{command_places, defused};

/// `text` with every control, bidirectional and invisible character spelt out (`\n`, `\u{202e}`),
/// commands for CI systems broken, and everything else as it is.
#[must_use]
pub fn printable(text: &str) -> Cow<'_, str> {
    match spelt_out(text) {
        Cow::Borrowed(same) => defused(same),
        Cow::Owned(shown) => Cow::Owned(defused(&shown).into_owned()),
    }
}

fn spelt_out(text: &str) -> Cow<'_, str> {
    if !text.contains(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for char in text.chars() {
        if is_hidden(char) {
            shown.extend(char.escape_default());
        } else {
            shown.push(char);
        }
    }
    Cow::Owned(shown)
}

/// [`printable`], and where that is longer than `limit` characters, its start with a `…` that
/// stands for the rest. The `…` counts.
#[must_use]
pub fn shortened(text: &str, limit: usize) -> Cow<'_, str> {
    match printable(text) {
        Cow::Borrowed(same) => start(same, limit),
        Cow::Owned(shown) => Cow::Owned(start(&shown, limit).into_owned()),
    }
}

/// `text`, or its start and a `…` where it is longer than `limit` characters; as it is otherwise,
/// for formats that escape on their own.
#[must_use]
pub fn start(text: &str, limit: usize) -> Cow<'_, str> {
    if text.chars().nth(limit).is_none() {
        return Cow::Borrowed(text);
    }
    let mut cut: String = text.chars().take(limit.saturating_sub(1)).collect();
    cut.push('…');
    Cow::Owned(cut)
}

/// How many columns `text` takes on a terminal.
#[must_use]
pub fn columns(text: &str) -> usize {
    text.width()
}

/// Whether a terminal would act on `char`, reorder by it, or show nothing for it.
#[must_use]
pub fn is_hidden(char: char) -> bool {
    char.is_control()
        || matches!(char,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{3164}' | '\u{feff}' | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}')
        // Noncharacters, among them two that XML forbids.
        || matches!(char, '\u{fdd0}'..='\u{fdef}')
        || u32::from(char) & 0xfffe == 0xfffe
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_hidden_is_spelt_out() {
        assert_eq!(printable("a\nb\tc\r\u{1b}[31m"), r"a\nb\tc\r\u{1b}[31m");
        assert_eq!(printable("user\u{202e}nimda\u{2066}"), r"user\u{202e}nimda\u{2066}");
        assert_eq!(printable("\u{feff}a\u{200b}b\u{2028}"), r"\u{feff}a\u{200b}b\u{2028}");
        assert_eq!(printable("\u{9b}31m\u{7f}\0"), r"\u{9b}31m\u{7f}\u{0}");
    }

    #[test]
    fn what_can_be_seen_is_kept() {
        for text in ["", "Zoë 名前 👍 ñ", r"back\slash 'quotes' "] {
            assert!(matches!(printable(text), Cow::Borrowed(same) if same == text));
        }
    }

    #[test]
    fn a_limit_keeps_the_start() {
        assert_eq!(shortened("abcdef", 6), "abcdef");
        assert_eq!(shortened("abcdef", 5), "abcd…");
        assert_eq!(shortened("名前名前", 3), "名前…");
        assert_eq!(shortened("ab", 1), "…");
    }

    proptest! {
        #[test]
        fn nothing_hidden_is_left(text in any::<String>()) {
            let shown = printable(&text).into_owned();
            prop_assert!(!shown.contains(is_hidden));
            prop_assert_eq!(printable(&shown), shown.as_str());
        }

        #[test]
        fn visible_characters_keep_their_order(text in any::<String>()) {
            let visible: String = text.chars().filter(|char| !is_hidden(*char)).collect();
            let shown = printable(&text);
            let mut rest = shown.chars();
            prop_assert!(visible.chars().all(|wanted| rest.any(|char| char == wanted)));
        }

        #[test]
        fn a_limit_is_kept(text in any::<String>(), limit in 1_usize..40) {
            prop_assert!(shortened(&text, limit).chars().count() <= limit);
        }
    }
}
