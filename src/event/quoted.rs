//! Values that a sentence quotes, and that are cut once no secret is in them any more.
//!
//! A sentence is made before secrets are taken out of it. Cut at that time, the half of a secret
//! would stay, which is not found any more. So a long value stands in its sentence whole, between
//! two marks, and reporters cut it. What is done to a text otherwise, such as to put it on one
//! line, waits until then as well.

use super::LONGEST_TEXT;

/// Something that a sentence quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quote {
    /// A value.
    Value,
    /// The beginning of a body, which is to stand on one line.
    Excerpt,
}

impl Quote {
    /// The most that is shown of it, in characters.
    #[must_use]
    pub fn limit(self) -> usize {
        match self {
            Self::Value => 120,
            Self::Excerpt => 240,
        }
    }
}

/// The marks are noncharacters, which stand for nothing in any text.
const OPEN: [(char, Quote); 2] = [('\u{fdd0}', Quote::Value), ('\u{fdd2}', Quote::Excerpt)];
const CLOSE: char = '\u{fdd1}';

/// `value` as a sentence quotes it: marked where it is long.
#[must_use]
pub fn quoted(value: &str) -> String {
    let value = clean(value);
    if is_longer(&value, Quote::Value) { marked(&value, OPEN[0].0) } else { value }
}

/// The beginning of a body as a sentence quotes it: marked where it is long, or stands on several
/// lines.
#[must_use]
pub fn excerpt(body: &str) -> String {
    let body = clean(body.trim());
    let one_line =
        body.split(' ').all(|word| !word.is_empty() && !word.contains(char::is_whitespace));
    if one_line && !is_longer(&body, Quote::Excerpt) { body } else { marked(&body, OPEN[1].0) }
}

/// Far more than a reporter keeps, so that it knows of the cut, and without marks of its own.
fn clean(text: &str) -> String {
    text[..text.floor_char_boundary(2 * LONGEST_TEXT)].replace(is_mark, "\u{fffd}")
}

fn is_longer(text: &str, quote: Quote) -> bool {
    text.chars().nth(quote.limit()).is_some()
}

fn marked(text: &str, open: char) -> String {
    format!("{open}{text}{CLOSE}")
}

fn is_mark(char: char) -> bool {
    char == CLOSE || opens(char).is_some()
}

fn opens(char: char) -> Option<Quote> {
    OPEN.into_iter().find(|(open, _)| *open == char).map(|(_, quote)| quote)
}

/// A sentence in pieces: its own words, and what it quotes.
#[must_use]
pub fn pieces(sentence: &str) -> Vec<(&str, Option<Quote>)> {
    let mut pieces = Vec::new();
    let mut rest = sentence;
    while let Some((at, open, quote)) =
        rest.char_indices().find_map(|(at, char)| Some((at, char, opens(char)?)))
    {
        pieces.push((&rest[..at], None));
        let quoted = &rest[at + open.len_utf8()..];
        let (quoted, words) = quoted.split_once(CLOSE).unwrap_or((quoted, ""));
        pieces.push((quoted, Some(quote)));
        rest = words;
    }
    pieces.push((rest, None));
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_long_values_are_marked() {
        let (short, long) = ("a".repeat(120), "é".repeat(121));
        assert_eq!(quoted(&short), short);
        let sentence = format!("it is {}, not {}.", quoted(&long), quoted("b"));
        let expected = [("it is ", None), (long.as_str(), Some(Quote::Value)), (", not b.", None)];
        assert_eq!(pieces(&sentence), expected);
    }

    #[test]
    fn what_is_more_than_a_line_is_marked_as_an_excerpt() {
        assert_eq!(excerpt(" it is taken\n"), "it is taken");
        for body in ["two\nlines", "two  spaces", &"é".repeat(241)] {
            assert_eq!(pieces(&excerpt(body))[1], (body, Some(Quote::Excerpt)));
        }
    }

    #[test]
    fn marks_from_outside_mark_nothing() {
        let evil = format!("{}\u{fdd1} \u{fdd0}\u{fdd2}", "x".repeat(300));
        let sentence = format!("a {} b {} c", quoted(&evil), excerpt(&evil));
        assert_eq!(pieces(&sentence).iter().filter(|(_, quote)| quote.is_some()).count(), 2);
        assert!(pieces(&sentence).iter().all(|(piece, _)| !piece.contains(is_mark)));
    }
}
