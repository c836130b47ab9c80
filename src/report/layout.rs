//! Lines: padding by what a terminal shows, and breaking where a reader may pause.

use crate::printable::columns;

/// The least columns in which the beginning of a sentence says anything.
const TELLING: usize = 16;

/// `text` and as many spaces as fill `width` columns.
#[must_use]
pub fn left(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(columns(text))))
}

/// As many spaces as fill `width` columns, and `text`.
#[must_use]
pub fn right(text: &str, width: usize) -> String {
    format!("{}{text}", " ".repeat(width.saturating_sub(columns(text))))
}

/// `text` in lines of at most `width` columns, broken at spaces; a longer word has its own line.
/// Lines after the first keep the spaces that the text begins with.
#[must_use]
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    broken(text, width, &[' '])
}

/// The same for values, which may be broken behind a comma as well: JSON has no spaces.
#[must_use]
pub fn wrap_value(text: &str, width: usize) -> Vec<String> {
    broken(text, width, &[' ', ','])
}

fn broken(text: &str, width: usize, at: &[char]) -> Vec<String> {
    let words = text.trim_start_matches(' ');
    let indent = &text[..text.len() - words.len()];
    let mut lines = vec![indent.to_owned()];
    let (start, mut used) = (columns(indent), columns(indent));
    for word in words.split_inclusive(at) {
        if used > start && used + columns(word.trim_end_matches(' ')) > width {
            lines.push(indent.to_owned());
            used = start;
        }
        if let Some(line) = lines.last_mut() {
            line.push_str(word);
        }
        used += columns(word);
    }
    for line in &mut lines {
        line.truncate(line.trim_end_matches(' ').len());
    }
    lines
}

/// The beginning of `text` in at most `width` columns, cut between words, with a `…` for the rest;
/// nothing where that would say nothing.
#[must_use]
pub fn beginning(text: &str, width: usize) -> String {
    if columns(text) <= width {
        return text.to_owned();
    }
    if width < TELLING {
        return String::new();
    }
    let first = wrap(text, width.saturating_sub(2)).swap_remove(0);
    if columns(&first) + 2 > width { String::new() } else { format!("{first} …") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn padding_counts_columns() {
        assert_eq!(left("名前", 6), "名前  ");
        assert_eq!(right("2.1 ms", 8), "  2.1 ms");
        assert_eq!(left("too long", 3), "too long");
    }

    #[test]
    fn lines_break_at_words() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(
            wrap("a https://example.com/very/long b", 7),
            ["a", "https://example.com/very/long", "b"]
        );
        assert_eq!(wrap("  \"a\": \"two  spaces\"", 13), ["  \"a\": \"two", "  spaces\""]);
        assert_eq!(wrap("", 7), [""]);
    }

    #[test]
    fn values_break_behind_commas() {
        assert_eq!(wrap_value(r#"{"a":1,"b":2}"#, 8), [r#"{"a":1,"#, r#""b":2}"#]);
    }

    #[test]
    fn a_beginning_ends_with_a_whole_word() {
        let text = "one two three four five";
        assert_eq!(beginning(text, 23), text);
        assert_eq!(beginning(text, 22), "one two three four …");
        assert_eq!(beginning(text, 17), "one two three …");
        assert_eq!(beginning(text, 15), "");
        assert_eq!(beginning("a_single_long_word", 16), "");
    }

    proptest! {
        #[test]
        fn no_word_is_broken_and_none_is_lost(text in "[a-z名 ,]{0,80}", width in 1_usize..40) {
            let lines = wrap(&text, width);
            let words: Vec<_> = lines.iter().flat_map(|line| line.split_whitespace()).collect();
            prop_assert_eq!(words, text.split_whitespace().collect::<Vec<_>>());
            for line in lines {
                prop_assert!(columns(&line) <= width || !line.trim_start().contains(' '));
            }
        }
    }
}
