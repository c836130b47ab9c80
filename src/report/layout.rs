//! Lines: padding by what a terminal shows, and wrapping at words.

use crate::printable::columns;

/// How wide prose gets. Values and URLs are never broken.
pub const WIDTH: usize = 100;

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
#[must_use]
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in text.split_whitespace() {
        let taken = columns(word);
        if used > 0 && used + 1 + taken > width {
            lines.push(String::new());
            used = 0;
        }
        if let Some(line) = lines.last_mut() {
            if used > 0 {
                line.push(' ');
                used += 1;
            }
            line.push_str(word);
            used += taken;
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

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
        assert_eq!(wrap("", 7), [""]);
    }
}
