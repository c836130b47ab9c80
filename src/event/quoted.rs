//! Values that a sentence quotes, and that are cut once no secret is in them any more.
//!
//! A sentence is made before secrets are taken out of it. Cut at that time, the half of a secret would stay,
//! which is not found any more. So a long value stands in its sentence whole, between two marks, and
//! reporters cut it.

use super::LONGEST_TEXT;

/// The most that is shown of a quoted value, in characters.
pub const LONGEST_QUOTE: usize = 120;

/// The most that is shown of a body whose beginning is quoted, in characters.
pub const LONGEST_EXCERPT: usize = 240;

/// The marks are noncharacters, which stand for nothing in any text. One that opens says how much is shown.
const OPEN: [(char, usize); 2] = [('\u{fdd0}', LONGEST_QUOTE), ('\u{fdd2}', LONGEST_EXCERPT)];
const CLOSE: char = '\u{fdd1}';

/// `value` as a sentence quotes it: marked where it is longer than [`LONGEST_QUOTE`].
#[must_use]
pub fn quoted(value: &str) -> String {
    marked(start(value), OPEN[0])
}

/// The beginning of a body as a sentence quotes it: on one line, and marked where it is longer than
/// [`LONGEST_EXCERPT`].
#[must_use]
pub fn excerpt(body: &str) -> String {
    let line = start(body).split_whitespace().collect::<Vec<_>>().join(" ");
    marked(&line, OPEN[1])
}

/// Far more than a reporter keeps, so that it knows of the cut.
fn start(text: &str) -> &str {
    &text[..text.floor_char_boundary(2 * LONGEST_TEXT)]
}

fn marked(text: &str, (open, limit): (char, usize)) -> String {
    let clean = text.replace(is_mark, "\u{fffd}");
    if clean.chars().nth(limit).is_none() { clean } else { format!("{open}{clean}{CLOSE}") }
}

fn is_mark(char: char) -> bool {
    char == CLOSE || opens(char).is_some()
}

fn opens(char: char) -> Option<usize> {
    OPEN.into_iter().find(|(open, _)| *open == char).map(|(_, limit)| limit)
}

/// A sentence in pieces: its own words, and what it quotes, with the most that is shown of that.
#[must_use]
pub fn pieces(sentence: &str) -> Vec<(&str, Option<usize>)> {
    let mut pieces = Vec::new();
    let mut rest = sentence;
    while let Some((at, open, limit)) = rest.char_indices().find_map(|(at, char)| Some((at, char, opens(char)?))) {
        pieces.push((&rest[..at], None));
        let quote = &rest[at + open.len_utf8()..];
        let (quote, words) = quote.split_once(CLOSE).unwrap_or((quote, ""));
        pieces.push((quote, Some(limit)));
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
        let (short, long) = ("a".repeat(LONGEST_QUOTE), "é".repeat(LONGEST_QUOTE + 1));
        assert_eq!(quoted(&short), short);
        let sentence = format!("it is {}, not {}.", quoted(&long), quoted("b"));
        let expected = [("it is ", None), (long.as_str(), Some(LONGEST_QUOTE)), (", not b.", None)];
        assert_eq!(pieces(&sentence), expected);
        assert_eq!(excerpt(&format!(" a\n {long}")), format!("a {long}"));
        let body = "é ".repeat(LONGEST_EXCERPT);
        assert_eq!(pieces(&excerpt(&body))[1], (body.trim(), Some(LONGEST_EXCERPT)));
    }

    #[test]
    fn marks_from_outside_mark_nothing() {
        let evil = format!("{}\u{fdd1} \u{fdd0}\u{fdd2}", "x".repeat(300));
        let sentence = format!("a {} b {} c", quoted(&evil), excerpt(&evil));
        assert_eq!(pieces(&sentence).iter().filter(|(_, limit)| limit.is_some()).count(), 2);
        assert!(pieces(&sentence).iter().all(|(piece, _)| !piece.contains(is_mark)));
    }
}
